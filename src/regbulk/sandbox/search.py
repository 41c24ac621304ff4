"""Search by event, and the list of an event and contact."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from math import nan
from typing import Any, Final

from regbulk.sandbox.call import Call
from regbulk.sandbox.dialect import BARE_LISTS, EMPTY_LISTS, NO_COUNT, SEARCH_NEEDS_NAME
from regbulk.sandbox.paging import Page, every, last_key, page
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import Record, problems, validator
from regbulk.sandbox.shapes import shown
from regbulk.sandbox.store import Selection

_TEXTS: Final = ("first_name", "last_name", "name", "email_address", "city", "state", "country", "job_title")
_CHOICES: Final = {
    "organization_id": "string",
    "order_id": "string",
    "order_number": "number",
    "order_status": "string",
    "status": "string",
    "is_guest_registration": "boolean",
    "type_id": "string",
    "package_id": "string",
    "group_id": "string",
    "deadline_id": "string",
    "parent_registration_id": "string",
}
_RANGES: Final = ("order_balance_due", "order_amount_paid", "order_total")
_DATE: Final = "date"


def _list_of(**item: str) -> dict[str, Any]:
    return {"type": "array", "items": item}


_VALIDATOR: Final = validator(
    {
        "type": "object",
        "required": ["event_id"],
        "additionalProperties": False,
        "properties": {
            "event_id": {"type": "string", "minLength": 1},
            "ids": _list_of(type="string"),
            "contact_id": _list_of(type="string"),
            **{name: {"type": "string"} for name in _TEXTS},
            **{name: _list_of(type=kind) for name, kind in _CHOICES.items()},
            **{name: _list_of(type="number") | {"minItems": 2, "maxItems": 2} for name in _RANGES},
            _DATE: _list_of(type="string", format="date-time") | {"minItems": 2, "maxItems": 2},
        },
    }
)


def search(call: Call, body: object, *, fields: str | None, cursor: str | None) -> dict[str, Any]:
    """One page of a search: `{Items, LastEvaluatedKey}`, without the key at the end.

    Raises:
        Refused: 400 for a query without event_id, with an unknown key or a wrong type, or a cursor of another query.
    """
    query = _checked(body, needs_name=SEARCH_NEEDS_NAME in call.dialects)
    selection = Selection(query["event_id"], ids=query.get("ids", ()), contact_ids=query.get("contact_id", ()))
    found = page(call, selection, cursor=cursor, keep=lambda record: _matches(record, query))
    return {"Items": _shown(call, found.records, fields), **last_key(call, found.cursor)}


def event_contact(
    call: Call, event_id: str, contact_id: str, *, fields: str | None, cursor: str | None
) -> dict[str, Any] | list[Record]:
    """One page of a contact's registrations for an event: `{Count, Items, LastEvaluatedKey}`.

    Raises:
        Refused: 404 when there is none, 400 for a cursor of another query.
    """
    selection = Selection(event_id, contact_ids=(contact_id,))
    found = Page(every(call, selection), None) if BARE_LISTS in call.dialects else _page(call, selection, cursor)
    if not found.records and found.cursor is None and cursor is None and EMPTY_LISTS not in call.dialects:
        raise Refused(HTTPStatus.NOT_FOUND, "unable to locate records")
    records = _shown(call, found.records, fields)
    if BARE_LISTS in call.dialects:
        return records
    count = {} if NO_COUNT in call.dialects else {"Count": len(records)}
    return {**count, "Items": records, **last_key(call, found.cursor)}


def _page(call: Call, selection: Selection, cursor: str | None) -> Page:
    return page(call, selection, cursor=cursor, keep=lambda _: True)


def _shown(call: Call, records: Iterable[Record], fields: str | None) -> list[Record]:
    return [shown(record, call.dialects, fields=fields) for record in records]


def _checked(body: object, *, needs_name: bool) -> dict[str, Any]:
    found = problems(_VALIDATOR, body)
    if found or not isinstance(body, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "; ".join(found))
    if needs_name and "name" not in body:
        raise Refused(HTTPStatus.BAD_REQUEST, "name: is required")
    return body


def _matches(record: Record, query: dict[str, Any]) -> bool:
    return all(_meets(record.get(field), field, wanted) for field, wanted in query.items())


def _meets(value: Any, field: str, wanted: Any) -> bool:  # noqa: ANN401 - any JSON value, checked by _VALIDATOR
    if field in _TEXTS:
        return not wanted or (isinstance(value, str) and wanted.casefold() in value.casefold())
    if field in _CHOICES:
        return not wanted or value in wanted
    if field in _RANGES:
        return isinstance(value, int | float) and wanted[0] <= value <= wanted[1]
    if field == _DATE:
        return isinstance(value, str) and _instant(wanted[0]) <= _instant(value) <= _instant(wanted[1])
    return True  # event_id, ids and contact_id have chosen what was read


def _instant(text: str) -> float:
    """Seconds since the epoch; not a number, which lies in no range, for what Python's calendar does not have."""
    try:
        # RFC 3339 allows a lower-case z and a leap second, Python neither.
        return datetime.fromisoformat(re.sub(r"^(.{17})60", r"\g<1>59", text.upper())).timestamp()
    except (ValueError, OverflowError):
        return nan
