"""Faults of reading: pages and cursors that mislead whoever walks along them, and reads that trail behind writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from regbulk.sandbox.faults.kinds import ContentFault, InnerFault
from regbulk.sandbox.faults.values import choice, number

PAGE_EMPTY: Final = "page-empty"
PAGE_LONG: Final = "page-long"
PAGE_OVERLAP: Final = "page-overlap"
CURSOR_EXPIRED: Final = "page-cursor-expired"
CURSOR_REPEATED: Final = "page-cursor-repeated"
CURSOR_CYCLE: Final = "page-cursor-cycle"
CURSOR_AFTER_LAST: Final = "page-cursor-after-last"
LAG: Final = "lag"
BROKEN: Final = ("not-object", "without-id")

_CURSOR: Final = "LastEvaluatedKey"
_Body = dict[str, Any]


def _kind(value: str | None) -> None:
    choice(value, BROKEN, default=BROKEN[0])


def _seconds(value: str | None) -> None:
    number(value, "seconds")


def _broken(body: _Body, random: Random, value: str | None) -> _Body:
    items = list(body.get("Items") or [])
    if not items:
        return body
    place = random.randrange(len(items))
    found = items[place]
    if value == "without-id" and isinstance(found, dict):
        items[place] = {name: content for name, content in found.items() if name != "id"}
    else:
        items[place] = "[object Object]"
    return body | {"Items": items}


def _twice(body: _Body, random: Random, _: str | None) -> _Body:
    items = list(body.get("Items") or [])
    return body | {"Items": [*items, random.choice(items)]} if items else body


def _ending_with(end: object) -> Callable[[_Body, Random, str | None], _Body]:
    """A change of the last page alone: it has this cursor."""

    def changed(body: _Body, _: Random, __: str | None) -> _Body:
        return body if "Items" not in body or body.get(_CURSOR) else body | {_CURSOR: end}

    return changed


PAGE_FAULTS: Final[Mapping[str, ContentFault]] = {
    "page-broken-record": ContentFault(
        _broken, "One record of a page is a text (not-object) or has lost its id (without-id).", "read", _kind
    ),
    "page-record-twice": ContentFault(_twice, "A page holds one of its records twice.", "read"),
    "page-null-cursor": ContentFault(_ending_with(None), "The last page has the cursor null.", "read"),
    "page-object-cursor": ContentFault(_ending_with({}), "The last page has the cursor {}.", "read"),
    "page-text-cursor": ContentFault(_ending_with(""), "The last page has an empty text as its cursor.", "read"),
}
WALK_FAULTS: Final[Mapping[str, InnerFault]] = {
    PAGE_EMPTY: InnerFault("A page is empty; its cursor leads to the records it should have had.", "read"),
    PAGE_LONG: InnerFault("A page holds twice as many records as pages do.", "read"),
    PAGE_OVERLAP: InnerFault("The page behind this one begins with some of its records.", "read"),
    CURSOR_EXPIRED: InnerFault("A cursor is refused with 400, as if it had expired.", "read"),
    CURSOR_REPEATED: InnerFault("A page behind a cursor has that same cursor.", "read"),
    CURSOR_CYCLE: InnerFault("A page behind the second cursor or a later one has the first cursor again.", "read"),
    CURSOR_AFTER_LAST: InnerFault("The last page has a cursor that leads to an empty page.", "read"),
    LAG: InnerFault(
        "Searches, lists and reads without consistentRead=true do not show the writes of the last SECONDS; a write "
        "that is not struck shows at once.",
        "any",
        _seconds,
        "always",
        "SECONDS",
    ),
}
