from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.export.columns import RAW, Column, export_columns
from regbulk.export.encode import encode
from regbulk.source import open_source
from regbulk.source.contract import RECORD_NO

Decode = Callable[[dict[str, Any]], dict[str, Any]]
COLUMNS = {column.name: column for column in export_columns()}


def encode_one(record: dict[str, Any]) -> dict[str, Any]:
    return encode([record], tuple(COLUMNS.values())).batch.to_pylist()[0]


def raw_of(record: dict[str, Any]) -> dict[str, Any]:
    return exact(encode_one(record))


def exact(row: dict[str, Any]) -> dict[str, Any]:
    return {name: kept["value"] for name, kept in json.loads(row[RAW] or "{}").items()}


def strict(value: Any) -> Any:
    """Python takes True for 1; JSON does not."""
    match value:
        case bool():
            return ("boolean", value)
        case dict():
            return {name: strict(member) for name, member in value.items()}
        case list():
            return [strict(item) for item in value]
        case _:
            return value


texts = st.text(max_size=8) | st.text(st.characters(categories=["Cs", "L", "Cc"]), max_size=3)
numbers = st.integers() | st.integers(-(2**80), 2**80) | st.floats(allow_nan=False, allow_infinity=False)
instants = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat().replace("+00:00", "Z"))
odd_instants = st.sampled_from(
    [
        "2026-03-01T09:00:00+02:00",
        "2026-03-01T09:00:00.123456789Z",
        "2026-03-01T09:00:00",
        "2026-03-01t09:00:00z",
        "0000-00-00T00:00:00Z",
        "0001-01-01T00:00:00+10:00",
        "2026-12-31T23:59:60Z",
        "2026-12-31T24:00:00Z",
    ]
)
scalars = st.none() | st.booleans() | numbers | texts | instants | odd_instants
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)


def of_type(kind: pa.DataType) -> st.SearchStrategy[Any]:
    """Values a column of this type is made for, with some strays inside nested ones."""
    if pa.types.is_struct(kind):
        members = {field.name: of_type(field.type) | scalars for field in kind}
        return st.fixed_dictionaries({}, optional=members | {"surprise": scalars})
    if pa.types.is_list(kind):
        return st.lists(of_type(kind.value_type), max_size=3)
    if pa.types.is_timestamp(kind):
        return instants
    if pa.types.is_boolean(kind):
        return st.booleans()
    return texts if pa.types.is_string(kind) else numbers


records = st.fixed_dictionaries(
    {}, optional={name: of_type(column.shape.type) | anything for name, column in COLUMNS.items()}
).flatmap(lambda record: st.dictionaries(texts, anything, max_size=2).map(lambda more: more | record))


@settings(max_examples=150, deadline=None)
@given(st.lists(records, min_size=1, max_size=3))
def test_every_record_comes_back_as_it_was(decode: Decode, batch: list[dict[str, Any]]) -> None:
    rows = encode(batch, tuple(COLUMNS.values())).batch.to_pylist()
    present = [{name: value for name, value in record.items() if value is not None} for record in batch]
    assert [strict(decode(row)) for row in rows] == [strict(record) for record in present]


@settings(max_examples=40, deadline=None)
@given(st.lists(records, min_size=1, max_size=3))
def test_values_kept_in_raw_are_what_an_import_reads(
    tmp_path_factory: pytest.TempPathFactory, batch: list[dict[str, Any]]
) -> None:
    encoded = encode(batch, tuple(COLUMNS.values())).batch
    path = tmp_path_factory.mktemp("law") / "x.parquet"
    pq.write_table(pa.Table.from_batches([encoded]), path)
    (block,) = open_source(str(path)).blocks()
    assert set(block.faults["code"]) <= {"encoding-error"}
    for record in block.records.to_dicts():
        for name, value in exact(encoded.to_pylist()[record[RECORD_NO] - 1]).items():
            if name in COLUMNS:
                text = record[name]
                assert text == (value or None) if isinstance(value, str) else strict(json.loads(text)) == strict(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("city", "Øresund"),
        ("sys_version", 3),
        ("sys_version", 3.0),
        ("number", 2**63 - 1),
        ("order_total", 1234567.8),
        ("order_total", -0.0001),
        ("is_guest_registration", False),
        ("badge", {"full_name": "Ana"}),
        ("badge", {}),
        ("ribbon_ids", []),
        ("ribbon_ids", ["a", "a"]),
        ("add_ons", [{"add_on_product_id": "x", "quantity": 2}]),
        ("sessions", [{"session_id": "s", "custom_field_values": [{"custom_field_id": "c", "list_value": ["x"]}]}]),
        ("functions", [{"anything": [None, {"deep": 2**70}]}]),
        ("guests", []),
    ],
)
def test_a_value_that_fits_its_column_is_not_kept_twice(decode: Decode, name: str, value: Any) -> None:
    row = encode_one({name: value})
    assert row[RAW] is None
    assert decode(row) == {name: value}


@pytest.mark.parametrize(
    ("spelled", "canonical"),
    [
        ("2026-03-01T09:00:00.000Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00.120+00:00", "2026-03-01T09:00:00.120000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_an_instant_in_utc_fits_however_it_is_spelled(decode: Decode, spelled: str, canonical: str) -> None:
    row = encode_one({"date": spelled})
    assert (row[RAW], decode(row)) == (None, {"date": canonical})


def test_null_is_absent() -> None:
    assert set(encode_one({"city": None, "badge": None, "novel": None}).values()) == {None}


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("city", 12, None),
        ("city", "\ud800", None),
        ("number", 1.5, None),
        ("number", "17", None),
        ("number", True, None),
        ("number", 2**63, None),
        ("is_guest_registration", 1, None),
        ("order_total", 0.30000000000000004, Decimal("0.3000")),
        ("order_total", 1e300, None),
        ("date", "soon", None),
        ("date", "2026-03-01T09:00:00", None),
        ("date", "2026-03-01T09:00:00+02:00", datetime(2026, 3, 1, 7, tzinfo=UTC)),
        ("date", "2026-03-01T09:00:00.1234567Z", datetime(2026, 3, 1, 9, 0, 0, 123456, tzinfo=UTC)),
        ("ribbon_ids", ["a", None], ["a", None]),
        ("ribbon_ids", "a", None),
        ("membership_information", {"membership_package_id": "m", "tier": 1}, {"membership_package_id": "m"}),
        ("membership_information", {"membership_package_id": None}, {"membership_package_id": None}),
        ("unknown_field", {"new": 1}, None),
    ],
)
def test_a_value_that_does_not_fit_is_kept_exactly_and_the_column_holds_the_nearest(
    name: str, value: Any, typed: Any
) -> None:
    row = encode_one({name: value})
    assert exact(row) == {name: value}
    assert row.get(name) == typed


def test_a_table_in_a_custom_field_is_readable_in_the_struct_and_exact_in_raw() -> None:
    values = [{"custom_field_id": "c", "table_value": [{"a": 1}]}]
    row = encode_one({"custom_field_values": values})
    assert row["custom_field_values"][0]["table_value"] == '[{"a":1}]'
    cell = '[{"custom_field_id":"c","table_value":[{"a":1}]}]'
    assert json.loads(row[RAW]) == {"custom_field_values": {"value": values, "cell": cell}}


def test_values_kept_aside_are_counted_by_field() -> None:
    columns: tuple[Column, ...] = tuple(COLUMNS.values())
    encoded = encode([{"number": 1.5}, {"number": 2}, {"number": "x", "novel": 1}, {"novel": None}], columns)
    assert dict(encoded.kept_raw) == {"number": 2, "novel": 1}
    assert encoded.batch.column("number").to_pylist() == [None, 2, None, None]
