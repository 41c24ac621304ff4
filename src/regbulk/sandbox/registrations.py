"""The operations on one registration."""

from __future__ import annotations

from http import HTTPStatus
from secrets import SystemRandom
from string import ascii_letters, digits
from typing import Final
from uuid import uuid4

from regbulk.sandbox.call import Call
from regbulk.sandbox.dialect import FULL_RECORDS, LOCKED_CONFLICT, ODD_IDS, TEXT_VALUES, UNIQUE_CONTACTS, kept
from regbulk.sandbox.patching import patched
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import Record, check, check_marks, server_made
from regbulk.sandbox.store import Selection

_ID_CHARACTERS: Final = ascii_letters + digits + "_|-"


def create(call: Call, body: object) -> Record:
    """Keep a new registration and give it back with what the server made of it.

    Raises:
        Refused: 400 for a body that is no object, names a server-made field, or may not be stored; 409 for a contact's
            second registration where the tenant takes one only.
    """
    call.sandbox.tally.operations["create"] += 1
    if not isinstance(body, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "a registration is a JSON object")
    if given := [field for field in body if server_made(field)]:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "; ".join(f"{field}: is made by the server, do not send it" for field in given)
        )
    check(body)
    if FULL_RECORDS in call.dialects:
        check_marks(body)
    if UNIQUE_CONTACTS in call.dialects:
        _refuse_second(call, body)
    record = _made(call, body)
    call.sandbox.store.insert(call.tenant, record)
    call.wrote(record["id"], None)
    return record


def _made(call: Call, body: Record) -> Record:
    return {
        "id": _new_id(call),
        **kept(body, {}, call.dialects),
        "number": call.sandbox.store.next_number(call.tenant),
        "sys_version": 1,
        "sys_created_at": call.at,
        "sys_created_by_id": call.actor,
        "sys_last_modified_at": call.at,
        "sys_last_modified_by_id": call.actor,
    }


def _new_id(call: Call) -> str:
    if ODD_IDS in call.dialects:
        return "".join(SystemRandom().sample(_ID_CHARACTERS, len(_ID_CHARACTERS)))
    return str(uuid4())


def _refuse_second(call: Call, body: Record) -> None:
    same = Selection(body["event_id"], contact_ids=(body["contact_id"],))
    if call.sandbox.store.read(call.tenant, same, after="", limit=1):
        raise Refused(HTTPStatus.CONFLICT, "the contact has a registration for the event")


def get(call: Call, registration_id: str, *, trails: bool = False) -> Record:
    """The full record, a read that `trails` may show an older one; refused with 404 when there is none of that id."""
    record = call.sandbox.store.find(call.tenant, registration_id)
    if trails:
        record = call.sandbox.lag.find(call.tenant, registration_id, record, seconds=call.trail_seconds)
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
    before = _unlocked(call, registration_id)
    after = patched(before, directives, text_values=TEXT_VALUES in call.dialects)
    check(after)
    return _replaced(call, before, kept(after, before, call.dialects))


def delete(call: Call, registration_id: str) -> str:
    """Forget a registration and give its id back; refused with 404 for an unknown id, 403 for a locked record."""
    call.sandbox.tally.operations["delete"] += 1
    before = _unlocked(call, registration_id)
    call.sandbox.store.delete(call.tenant, registration_id)
    call.wrote(registration_id, before)
    return registration_id


def edit(call: Call, registration_id: str, changes: Record) -> Record:
    """Set top-level fields past every rule, as the vendor's own staff can; a null removes the field."""
    before = get(call, registration_id)
    return _replaced(call, before, {name: value for name, value in (before | changes).items() if value is not None})


def _unlocked(call: Call, registration_id: str) -> Record:
    record = get(call, registration_id)
    if record.get("sys_locked") is True:
        status = HTTPStatus.CONFLICT if LOCKED_CONFLICT in call.dialects else HTTPStatus.FORBIDDEN
        raise Refused(status, "the registration is locked (sys_locked)")
    return record


def _replaced(call: Call, before: Record, after: Record) -> Record:
    stamps = {"sys_last_modified_at": call.at, "sys_last_modified_by_id": call.actor}
    after = after | stamps | {"sys_version": after["sys_version"] + 1}
    call.sandbox.store.update(call.tenant, after)
    call.wrote(after["id"], before)
    return after
