from __future__ import annotations

import pyarrow as pa
import pytest

from regbulk.errors import SettingsError
from regbulk.export import RAW, arrow_schema, export_columns
from regbulk.schema import registration_schema

VALUE = [
    ("custom_field_id", pa.string()),
    ("string_value", pa.string()),
    ("numeric_value", pa.float64()),
    ("boolean_value", pa.bool_()),
    ("file_url_value", pa.string()),
    ("list_value", pa.list_(pa.string())),
    ("table_value", pa.string()),
]
VALUES = pa.list_(pa.struct(VALUE))


def test_an_export_has_every_field_in_document_order_and_raw_behind_them() -> None:
    schema = arrow_schema(export_columns())
    assert schema.names == [*registration_schema().fields, RAW]
    assert len(schema.names) == 79


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("id", pa.string()),
        ("status", pa.string()),
        ("sys_bulk_load_at", pa.string()),
        ("sys_last_bulk_data_operation_sys_version", pa.string()),
        ("date", pa.timestamp("us", tz="UTC")),
        ("sys_created_at", pa.timestamp("us", tz="UTC")),
        *((name, pa.int64()) for name in ("number", "order_number", "group_order", "sys_version")),
        *((name, pa.int64()) for name in ("sys_bulk_load_record_no", "sys_snapshot_base_version")),
        *((name, pa.decimal128(18, 4)) for name in ("order_balance_due", "order_amount_paid", "order_total")),
        ("sys_locked", pa.bool_()),
        ("ribbon_ids", pa.list_(pa.string())),
        ("membership_information", pa.struct([("membership_package_id", pa.string())])),
        ("add_ons", pa.list_(pa.struct([("add_on_product_id", pa.string()), ("quantity", pa.float64())]))),
        ("custom_field_values", VALUES),
        ("sessions", pa.list_(pa.struct([("session_id", pa.string()), ("custom_field_values", VALUES)]))),
        ("courses", pa.list_(pa.struct([("course_offering_id", pa.string()), ("custom_field_values", VALUES)]))),
        ("functions", pa.string()),
        ("guests", pa.string()),
        ("sys_last_security_context", pa.string()),
        (RAW, pa.string()),
    ],
)
def test_a_field_has_one_fixed_type(name: str, kind: pa.DataType) -> None:
    assert arrow_schema(export_columns()).field(name).type == kind


def test_chosen_fields_come_in_document_order_with_key_and_version() -> None:
    names = [column.name for column in export_columns(["status", "event_id"])]
    assert names == ["id", "event_id", "status", "sys_version"]


def test_an_unknown_field_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingsError, match="'statsu' is not a field of a registration; did you mean 'status'"):
        export_columns(["statsu"])
