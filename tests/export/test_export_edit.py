"""An exported file as the source of an import: exact where nobody touched it, and the edit where somebody did."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regbulk.export import RAW, export_columns
from regbulk.export.encode import encode
from regbulk.source import open_source

TABLE = [{"size": 1.0, "huge": 2**70, "none": None}]
VALUES = [
    {"custom_field_id": "c", "string_value": "old"},
    {"custom_field_id": "t", "table_value": TABLE},
    {"custom_field_id": "u", "surprise": None},
]
RECORD = {"id": "a", "city": 12, "number": 1.5, "custom_field_values": VALUES, "novel": {"x": 1}}

Edit = Callable[[dict[str, Any]], object]


def imported(folder: Path, *, edit: Edit = lambda _: None, without_raw: bool = False) -> dict[str, Any]:
    """What the source gives for the exported record after an edit, JSON read."""
    batch = encode([RECORD], export_columns()).batch
    (row,) = batch.to_pylist()
    edit(row)
    table = pa.Table.from_pylist([row], batch.schema)
    path = folder / "x.parquet"
    pq.write_table(table.drop_columns([RAW]) if without_raw else table, path)
    (block,) = open_source(str(path)).blocks()
    assert block.faults.is_empty()
    (record,) = block.records.select("city", "number", "custom_field_values").to_dicts()
    return record | {"custom_field_values": json.loads(record["custom_field_values"])}


def change(row: dict[str, Any]) -> None:
    row["custom_field_values"][0]["string_value"] = "new"


def cut(row: dict[str, Any]) -> None:
    del row["custom_field_values"][1:]


def change_table(row: dict[str, Any]) -> None:
    row["custom_field_values"][1]["table_value"] = '[{"size": 2}]'


def test_an_untouched_row_gives_the_exact_values(tmp_path: Path) -> None:
    assert imported(tmp_path) == {"city": "12", "number": "1.5", "custom_field_values": VALUES}


NEW = {"custom_field_id": "c", "string_value": "new"}


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (change, [NEW, VALUES[1], {"custom_field_id": "u"}]),
        (cut, VALUES[:1]),
        (change_table, [VALUES[0], {"custom_field_id": "t", "table_value": [{"size": 2}]}, {"custom_field_id": "u"}]),
    ],
)
def test_an_edited_cell_wins_and_the_other_fields_stay_exact(tmp_path: Path, edit: Edit, expected: Any) -> None:
    assert imported(tmp_path, edit=edit) == {"city": "12", "number": "1.5", "custom_field_values": expected}


def test_a_value_written_where_the_column_could_hold_none_wins(tmp_path: Path) -> None:
    assert imported(tmp_path, edit=lambda row: row.update(city="Oslo"))["city"] == "Oslo"


def test_tables_of_custom_fields_are_arrays_without_raw_too(tmp_path: Path) -> None:
    found = imported(tmp_path, without_raw=True)["custom_field_values"]
    assert found == [*VALUES[:2], {"custom_field_id": "u"}]
