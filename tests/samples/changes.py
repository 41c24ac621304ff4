"""A later version of the registrations: 300 changed in at most three fields each, and some only written differently."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Final, NamedTuple

from columns import Cells, Record, cells
from registrations import CUSTOM

CLEAR: Final = r"\N"
_RECORDS_PER_CHANGE: Final = 25
_REWRITTEN: Final = 60


class _Change(NamedTuple):
    """A change and the registrations it is possible for."""

    fits: Callable[[Record], bool]
    apply: Callable[[Record], Record]


def updated(records: Sequence[Record]) -> list[Cells]:
    """The rows of the later version, in the same order; nothing but the cells of the changes differs."""
    later = deepcopy(list(records))
    untouched = set(range(len(later)))
    for change in _CHANGES:
        for place in _take(later, untouched, change.fits, _RECORDS_PER_CHANGE):
            later[place] |= change.apply(later[place])
    for place in _take(later, untouched, lambda record: not record["date"].utcoffset(), _REWRITTEN):
        later[place]["date"] = later[place]["date"].astimezone(timezone(timedelta(hours=-7)))
    return [cells(record) for record in later]


def _take(records: Sequence[Record], untouched: set[int], fits: Callable[[Record], bool], count: int) -> Iterator[int]:
    """The first `count` untouched places, spread over the file, whose registration fits."""
    spread = sorted(untouched, key=lambda place: place * 7919 % len(records))
    for place in [place for place in spread if fits(records[place])][:count]:
        untouched.remove(place)
        yield place


def _cancel(record: Record) -> Record:
    return {"status": "cancelled", "cancellation_date": record["date"] + timedelta(days=5)}


def _marry(record: Record) -> Record:
    family = f"{record['last_name']}-Ōta"
    return {"last_name": family, "name": f"{record['first_name']} {family}"}


def _promote(record: Record) -> Record:
    return {"badge": record["badge"] | {"job_title": "Emeritus", "organization_name": "Ministry of Books, Dept. 04"}}


def _pay(record: Record) -> Record:
    return {
        "order_amount_paid": record["order_total"],
        "order_balance_due": Decimal("0.00"),
        "order_status": "completed",
    }


def _arrive_later(record: Record) -> Record:
    return {"checkin_date": record["checkin_date"] + timedelta(hours=3, milliseconds=500)}


def _swap_session(record: Record) -> Record:
    first, *others = record["sessions"]
    return {"sessions": [first, *others[:-1], {"session_id": f"{others[-1]['session_id']}-late"}]}


def _change_custom_value(record: Record) -> Record:
    first, *others = record["custom_field_values"]
    slot = next(member for member in first if member != "custom_field_id")
    other: dict[str, object] = {
        "string_value": "kosher, no onions",
        "numeric_value": 41.5,
        "boolean_value": not first.get("boolean_value"),
        "file_url_value": "https://files.example.org/visa/reissued.pdf",
        "list_value": ["ethics"],
        "table_value": [{"leg": "departure", "code": "EX000"}],
    }
    return {"custom_field_values": [first | {slot: other[slot]}, *others]}


def _add_custom_value(record: Record) -> Record:
    shirt = {"custom_field_id": CUSTOM.format("shirt_size"), "string_value": "XXL"}
    return {"custom_field_values": [*record.get("custom_field_values", []), shirt]}


def _join(record: Record) -> Record:
    package = {"membership_package_id": "mpk-regular-2028"}
    return {"add_membership_package": True, "membership_information": package, "type_id": "typ-member"}


def _has(field: str) -> Callable[[Record], bool]:
    return lambda record: field in record


_CHANGES: Final = (
    _Change(_has("notes"), lambda _: {"notes": CLEAR}),
    _Change(lambda record: "notes" not in record, lambda _: {"notes": 'Called:\n"late, after 22:00" 🌙'}),
    _Change(_has("checkin_date"), _arrive_later),
    _Change(lambda record: record.get("order_balance_due", 0) > 0, _pay),
    _Change(_has("badge"), _promote),
    _Change(lambda record: "badge" not in record, lambda _: {"badge": {"location": "00, Foyer"}}),
    _Change(_has("sessions"), _swap_session),
    _Change(_has("custom_field_values"), _change_custom_value),
    _Change(lambda record: record["status"] == "active", _add_custom_value),
    _Change(lambda record: not record.get("add_membership_package"), _join),
    _Change(lambda record: record.get("name") == f"{record['first_name']} {record['last_name']}", _marry),
    _Change(lambda record: record["status"] == "active", _cancel),
)
