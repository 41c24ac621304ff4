"""Pages in the manner of DynamoDB: so many records read, then filtered, and a cursor to read on from."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import orjson

from regbulk.sandbox.call import Call
from regbulk.sandbox.dialect import NULL_CURSORS, OBJECT_CURSORS
from regbulk.sandbox.faults import pages as faults
from regbulk.sandbox.lag import Read, trailing
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import Record
from regbulk.sandbox.seal import opened, sealed
from regbulk.sandbox.store import Selection

_BEFORE_ALL: Final = ""


class Page(NamedTuple):
    """What was read and passed the filter, and the cursor to read on from (None at the end)."""

    records: list[Record]
    cursor: str | None


class _Place(NamedTuple):
    """Where a page begins: behind this id, after so many pages.

    Attributes:
        empties: how many of those were empty by a fault and begin where this one does, so that no cursor comes twice.
    """

    after: str = _BEFORE_ALL
    pages: int = 0
    empties: int = 0


def page(call: Call, selection: Selection, *, cursor: str | None, keep: Callable[[Record], bool]) -> Page:
    """The page behind `cursor` (None: the first).

    Raises:
        Refused: 400 for a cursor that was not given out for this tenant and event.
    """
    place = _place(call, selection, cursor)
    if call.strike(faults.PAGE_EMPTY):
        return Page([], _sealed(call, selection, _Place(place.after, place.pages + 1, place.empties + 1)))
    size = call.sandbox.options.page_size * (2 if call.strike(faults.PAGE_LONG) else 1)
    read = _read(call, selection, after=place.after, limit=size)
    return Page([record for record in read.records if keep(record)], _following(call, selection, place, read=read))


def every(call: Call, selection: Selection) -> list[Record]:
    """All records, without pages."""
    return _read(call, selection, after=_BEFORE_ALL, limit=-1).records


def last_key(call: Call, cursor: str | None) -> dict[str, Any]:
    """The member `LastEvaluatedKey` of a page as the tenant's dialect writes it; none at the end."""
    if OBJECT_CURSORS in call.dialects:
        return {"LastEvaluatedKey": {"tenant_id": call.tenant, "key": cursor} if cursor else {}}
    return {"LastEvaluatedKey": cursor} if cursor or NULL_CURSORS in call.dialects else {}


def _read(call: Call, selection: Selection, *, after: str, limit: int) -> Read:
    read = call.sandbox.store.read(call.tenant, selection, after=after, limit=limit)
    past = call.sandbox.lag.past(call.tenant, seconds=call.trail_seconds)
    return trailing(read, past, selection, after=after, limit=limit)


def _following(call: Call, selection: Selection, place: _Place, *, read: Read) -> str | None:
    """The cursor of a page, faults of cursors included."""
    if place.pages and call.strike(faults.CURSOR_REPEATED):
        return _sealed(call, selection, place)
    if place.pages > 1 and call.strike(faults.CURSOR_CYCLE):
        read, place = _read(call, selection, after=_BEFORE_ALL, limit=call.sandbox.options.page_size), _Place()
    end = read.end
    if end and len(read.records) > 1 and call.strike(faults.PAGE_OVERLAP):
        end = read.records[(len(read.records) - 1) // 2]["id"]
    elif end is None and read.records and call.strike(faults.CURSOR_AFTER_LAST):
        end = read.records[-1]["id"]
    return None if end is None else _sealed(call, selection, _Place(end, place.pages + 1))


def _place(call: Call, selection: Selection, cursor: str | None) -> _Place:
    if cursor is None:
        return _Place()
    if call.strike(faults.CURSOR_EXPIRED):
        raise Refused(HTTPStatus.BAD_REQUEST, "exclusiveStartKey: the cursor has expired")
    text = _unwrapped(cursor) if OBJECT_CURSORS in call.dialects else cursor
    content = opened(text, purpose=_walk(call, selection), secret=call.sandbox.store.secret)
    if content is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "exclusiveStartKey: not a cursor of this query")
    return _Place(*content)


def _unwrapped(cursor: str) -> str:
    """The text in an object cursor; empty where there is none."""
    try:
        key = orjson.loads(cursor)["key"]
    except (orjson.JSONDecodeError, TypeError, KeyError):
        return ""
    return key if isinstance(key, str) else ""


def _sealed(call: Call, selection: Selection, place: _Place) -> str:
    return sealed(list(place), purpose=_walk(call, selection), secret=call.sandbox.store.secret)


def _walk(call: Call, selection: Selection) -> list[str | None]:
    # Filters may change between pages, the records that are walked along may not.
    return ["page", call.tenant, selection.event_id]
