"""The operations on one registration."""

from __future__ import annotations

from http import HTTPStatus
from uuid import uuid4

from regbulk.sandbox.call import Call
from regbulk.sandbox.dialect import TEXT_VALUES, dropped_fields, kept
from regbulk.sandbox.patching import patched
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import Record, check, server_made


def create(call: Call, body: object) -> Record:
    """Keep a new registration and give it back with what the server made of it.

    Raises:
        Refused: 400 for a body that is no object, names a server-made field, or may not be stored.
    """
    call.sandbox.tally.operations["create"] += 1
    if not isinstance(body, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "a registration is a JSON object")
    if given := [field for field in body if server_made(field)]:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "; ".join(f"{field}: is made by the server, do not send it" for field in given)
        )
    check(body)
    store, dropped = call.sandbox.store, dropped_fields(call.sandbox.options.dialects)
    record = {
        "id": str(uuid4()),
        **kept(body, {}, dropped),
        "number": store.next_number(call.tenant),
        "sys_version": 1,
        "sys_created_at": call.at,
        "sys_created_by_id": call.actor,
        "sys_last_modified_at": call.at,
        "sys_last_modified_by_id": call.actor,
    }
    store.insert(call.tenant, record)
    return record


def get(call: Call, registration_id: str) -> Record:
    """The full record; refused with 404 when the tenant has none of that id."""
    record = call.sandbox.store.find(call.tenant, registration_id)
    if record is None:
        raise Refused(HTTPStatus.NOT_FOUND, "the registration could not be found")
    return record


def patch(call: Call, registration_id: str, directives: object) -> Record:
    """Apply an RFC 6902 patch, all of it or nothing, and give the new record back.

    Raises:
        Refused: 404 for an unknown id, 403 for a locked record, 400 for a patch that cannot be applied or whose result
            may not be stored.
    """
    call.sandbox.tally.operations["patch"] += 1
    before = _unlocked(get(call, registration_id))
    dialects = call.sandbox.options.dialects
    after = patched(before, directives, text_values=TEXT_VALUES in dialects)
    check(after)
    after = _touched(kept(after, before, dropped_fields(dialects)), call)
    call.sandbox.store.update(call.tenant, after)
    return after


def delete(call: Call, registration_id: str) -> str:
    """Forget a registration and give its id back; refused with 404 for an unknown id, 403 for a locked record."""
    call.sandbox.tally.operations["delete"] += 1
    _unlocked(get(call, registration_id))
    call.sandbox.store.delete(call.tenant, registration_id)
    return registration_id


def edit(call: Call, registration_id: str, changes: Record) -> Record:
    """Set top-level fields past every rule, as the vendor's own staff can; a null removes the field."""
    merged = get(call, registration_id) | changes
    after = _touched({field: value for field, value in merged.items() if value is not None}, call)
    call.sandbox.store.update(call.tenant, after)
    return after


def _unlocked(record: Record) -> Record:
    if record.get("sys_locked") is True:
        raise Refused(HTTPStatus.FORBIDDEN, "the registration is locked (sys_locked)")
    return record


def _touched(record: Record, call: Call) -> Record:
    stamps = {"sys_last_modified_at": call.at, "sys_last_modified_by_id": call.actor}
    return record | stamps | {"sys_version": record["sys_version"] + 1}
