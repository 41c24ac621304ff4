"""The samples as a typed Arrow table: real structs, lists, timestamps and numbers, null where a CSV cell is empty."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

import pyarrow as pa
from columns import BADGE, COLUMNS, Record, json_text

_CUSTOM_FIELD_VALUES: Final = pa.list_(
    pa.struct(
        {
            "custom_field_id": pa.string(),
            "string_value": pa.string(),
            "numeric_value": pa.float64(),
            "boolean_value": pa.bool_(),
            "file_url_value": pa.string(),
            "list_value": pa.list_(pa.string()),
            "table_value": pa.list_(pa.struct({"leg": pa.string(), "code": pa.string()})),
        }
    )
)
_FLAGS: Final = (
    *("is_guest_registration", "is_transient_guest"),
    *("add_membership_package", "registrant_acknowledges_scheduling_conflicts"),
)
_TYPES: Final = {
    **dict.fromkeys(_FLAGS, pa.bool_()),
    **dict.fromkeys(("order_total", "order_amount_paid", "order_balance_due"), pa.float64()),
    **dict.fromkeys(("order_number", "group_order"), pa.int64()),
    "membership_information": pa.struct({"membership_package_id": pa.string()}),
    "badge": pa.struct({leaf: pa.string() for leaf in BADGE}),
    "sessions": pa.list_(pa.struct({"session_id": pa.string(), "custom_field_values": _CUSTOM_FIELD_VALUES})),
    "courses": pa.list_(pa.struct({"course_offering_id": pa.string()})),
    "functions": pa.list_(pa.struct({"function_id": pa.string(), "quantity": pa.int64()})),
    "add_ons": pa.list_(pa.struct({"add_on_product_id": pa.string(), "quantity": pa.int64()})),
    "ribbon_ids": pa.list_(pa.string()),
    "custom_field_values": _CUSTOM_FIELD_VALUES,
}
_FIELDS: Final = tuple(dict.fromkeys(column.partition(".")[0] for column in COLUMNS))


def _type(field: str) -> pa.DataType:
    return pa.timestamp("us", "UTC") if field.endswith("date") else _TYPES.get(field, pa.string())


_SCHEMA: Final = pa.schema({field: _type(field) for field in _FIELDS})


def table(records: Iterable[Record]) -> pa.Table:
    """The records as one table; guests stay JSON text, because nobody documents their shape."""
    return pa.Table.from_pylist([{field: _typed(field, record) for field in record} for record in records], _SCHEMA)


def _typed(field: str, record: Record) -> object:
    match record[field]:
        case datetime() as moment:
            return moment.astimezone(UTC)
        case Decimal() as money:
            return float(money)
        case list() as guests if field == "guests":
            return json_text(guests)
        case value:
            return value
