"""Pages in the manner of DynamoDB: so many records read, then filtered, and a cursor to read on from."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Final, NamedTuple

from regbulk.sandbox.call import Call
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import Record
from regbulk.sandbox.seal import opened, sealed
from regbulk.sandbox.store import Selection

_BEFORE_ALL: Final = ""


class Page(NamedTuple):
    """What was read and passed the filter, and the cursor to read on from (None at the end)."""

    records: list[Record]
    cursor: str | None


def page(call: Call, selection: Selection, *, cursor: str | None, keep: Callable[[Record], bool]) -> Page:
    """The page behind `cursor` (None: the first).

    Raises:
        Refused: 400 for a cursor that was not given out for this tenant and event.
    """
    secret, size = call.sandbox.store.secret, call.sandbox.options.page_size
    # Filters may change between pages, the records that are walked along may not.
    walk = ["page", call.tenant, selection.event_id]
    after = opened(cursor, purpose=walk, secret=secret) if cursor is not None else _BEFORE_ALL
    if after is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "exclusiveStartKey: not a cursor of this query")
    read = call.sandbox.store.read(call.tenant, selection, after=after, limit=size)
    more = sealed(read[-1]["id"], purpose=walk, secret=secret) if len(read) == size else None
    return Page([record for record in read if keep(record)], more)


def projected(record: Record, fields: str | None) -> Record:
    """Only the fields named (joined by commas); all of them when None or empty."""
    names = {name.strip() for name in (fields or "").split(",")} - {""}
    return {name: value for name, value in record.items() if name in names} if names else record
