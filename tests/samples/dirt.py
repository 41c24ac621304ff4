"""A file of good records and broken ones in turn, and the errors a reader must find in it."""

from __future__ import annotations

from typing import Final, NamedTuple

from columns import COLUMNS, Cells, cells, csv_text
from registrations import EVENTS, registration

_FIRST_NUMBER: Final = 900_000
_FIRST_CONTACT: Final = 2_000
_BLANK_LINES_AFTER: Final = {6: 1, 43: 2, 90: 1}
_MULTI_LINE: Final = (1, 21, 22, 60, 81)
"""Records whose notes are given several lines, so that line numbers run away from record numbers."""


class Expected(NamedTuple):
    """One error to be found; `field` is empty where the record as a whole is at fault."""

    record_no: int
    line_no: int
    field: str
    code: str


class _Dirt(NamedTuple):
    """What is wrong with one record.

    Attributes:
        errors: `field code` of each broken rule.
        changed: the cells that differ from the good record; a lone surrogate U+DC80 to U+DCFF stands for that raw byte.
        surplus: cells too many, or too few where negative.
    """

    errors: tuple[str, ...]
    changed: Cells
    surplus: int = 0


def _one(code: str, field: str, *values: str) -> list[_Dirt]:
    """For each value a record in which it stands in this field and breaks one rule."""
    column = field.partition("[")[0]
    return [_Dirt((f"{field} {code}",), {column: value}) for value in values]


_TYPES: Final = [
    *_one("type-error", "is_guest_registration", "maybe", "oui"),
    *_one("type-error", "order_total", "12,50", "€ 95"),
    *_one("type-error", "order_number", "N/A"),
    *_one("type-error", "sessions", '{"session_id":"ses-annual-2027-01"}'),
    *_one("type-error", "ribbon_ids", '"rib-board"'),
    *_one("type-error", "sessions[0].session_id", '[{"session_id":7}]'),
    *_one("type-error", "add_ons[0].quantity", '[{"add_on_product_id":"prd-proceedings","quantity":"two"}]'),
    *_one("type-error", "ribbon_ids[1]", '["rib-board",4]'),
]
_TEXTS: Final = [
    *_one("enum-error", "status", "Active", "canceled", "pending"),
    *_one("enum-error", "order_status", "paid", "COMPLETED"),
    *_one("length-error", "order_currency_code", "EURO", "E", "€"),
    *_one("format-error", "date", "2027-01-15 09:30", "15/01/2027", "2027-02-30T10:00:00Z", "46037"),
    *_one("format-error", "checkin_date", "2027-03-13T24:30:00Z", "tomorrow"),
    *_one("format-error", "departure_date", "2027-03-18T12:00:00"),
    *_one("range-error", "group_order", "-1", "-0.5"),
]
_NESTED: Final = [
    *_one("json-error", "sessions", '[{"session_id":"ses-annual-2027-01"', "[{'session_id':'ses-annual-2027-01'}]"),
    *_one("json-error", "custom_field_values", "diet=vegan"),
    *_one("json-error", "add_ons", '[{"add_on_product_id":"prd-proceedings","quantity":+2}]'),
    *_one("json-error", "membership_information", '{"membership_package_id":"mpk-regular-2027",}'),
    *_one(
        "pattern-error",
        "custom_field_values[0].custom_field_id",
        '[{"custom_field_id":"diet","string_value":"vegan"}]',
        '[{"custom_field_id":"Events-Registrations__Diet__c","string_value":"halal"}]',
    ),
    *_one("missing-value", "custom_field_values[0].custom_field_id", '[{"string_value":"vegan"}]'),
    *_one("missing-value", "sessions[1].session_id", '[{"session_id":"ses-annual-2027-01"},{}]'),
    *_one("missing-value", "add_ons[0].add_on_product_id", '[{"quantity":1}]'),
]
_ABSENT: Final = [
    *_one("missing-value", "sys_external_id", "", ""),
    *_one("missing-value", "event_id", ""),
    *_one("missing-value", "contact_id", ""),
    *_one("missing-value", "type_id", ""),
    *_one("missing-value", "package_id", ""),
    _Dirt(("contact_id missing-value", "type_id missing-value"), {"contact_id": "", "type_id": ""}),
    _Dirt(("cancellation_date condition-error",), {"status": "cancelled", "cancellation_date": ""}),
    _Dirt(
        ("cancellation_date condition-error", "package_id missing-value"),
        {"status": "cancelled", "cancellation_date": "", "package_id": ""},
    ),
    _Dirt(
        ("membership_information condition-error",), {"add_membership_package": "true", "membership_information": ""}
    ),
    _Dirt(("name missing-value",), {"name": "", "first_name": ""}),
]
_SEVERAL: Final = [
    _Dirt(("date format-error", "status enum-error"), {"date": "soon", "status": "ACTIVE"}),
    _Dirt(
        ("group_order range-error", "is_transient_guest type-error", "order_currency_code length-error"),
        {"group_order": "-3", "is_transient_guest": "n/a", "order_currency_code": "Euros"},
    ),
    _Dirt(
        ("sys_external_id missing-value", "order_status enum-error", "sessions json-error"),
        {"sys_external_id": "", "order_status": "unpaid", "sessions": "[{]"},
    ),
    _Dirt(
        ("custom_field_values[0].custom_field_id pattern-error", "custom_field_values[1].numeric_value type-error"),
        {
            "custom_field_values": '[{"custom_field_id":"topics__C","string_value":"AI"},'
            '{"custom_field_id":"events-registrations__member_years__c","numeric_value":"3"}]'
        },
    ),
]
_DUPLICATES: Final = [
    *_one("duplicate-key", "sys_external_id", *["LEG-899001"] * 2),
    *_one("duplicate-key", "sys_external_id", *["LEG-899002"] * 3),
    _Dirt(("sys_external_id duplicate-key", "status enum-error"), {"sys_external_id": "LEG-899003", "status": "none"}),
    *_one("duplicate-key", "sys_external_id", "LEG-899003"),
]
_UNREADABLE: Final = [
    *(_Dirt((" ragged-row",), {}, surplus) for surplus in (-1, -7, 1, 3)),
    _Dirt((" encoding-error",), {"last_name": "Lef\udce8vre"}),
    _Dirt((" encoding-error",), {"notes": "cut in a character: \udce2\udc82, and\na second line"}),
    _Dirt((" encoding-error",), {"city": "\udcff\udcfe"}),
]
_DIRT: Final = (*_TYPES, *_TEXTS, *_NESTED, *_ABSENT, *_SEVERAL, *_DUPLICATES, *_UNREADABLE)


def good_records() -> list[Cells]:
    """What the records of the dirty file should have been, in its order."""
    return [_good(number) for number in range(1, 2 * len(_DIRT) + 2)]


def _good(record_no: int) -> Cells:
    record = registration(_FIRST_NUMBER + record_no, EVENTS[0], _FIRST_CONTACT + record_no)
    notes = {"notes": 'First line,\n"second line"\nthird'} if record_no in _MULTI_LINE else {}
    return cells(record | notes)


def dirty_file() -> tuple[bytes, list[Expected]]:
    """The bytes of the file, every second record broken, and the errors ordered by record, field and code."""
    content = csv_text([COLUMNS])
    expected = []
    for record_no, good in enumerate(good_records(), start=1):
        dirt = _DIRT[record_no // 2 - 1] if record_no % 2 == 0 else _Dirt((), {})
        line_no = content.count("\n") + 1
        errors = sorted(tuple(error.split(" ")) for error in dirt.errors)
        expected += [Expected(record_no, line_no, field, code) for field, code in errors]
        content += csv_text([_row(good | dirt.changed, dirt.surplus)]) + "\n" * _BLANK_LINES_AFTER.get(record_no, 0)
    return content.encode(errors="surrogateescape"), expected


def _row(row: Cells, surplus: int) -> list[str]:
    full = [row.get(column, "") for column in COLUMNS]
    return full[:surplus] if surplus < 0 else [*full, *["?"] * surplus]
