"""Text in Parquet that is no UTF-8, which Arrow hands on unseen and polars would end on with a panic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa


class Sound(NamedTuple):
    """A batch that can be read, and for each row, from 0, the columns whose value could not."""

    batch: pa.RecordBatch
    broken: Mapping[int, Sequence[str]]


def sound(batch: pa.RecordBatch) -> Sound:
    """The batch with U+FFFD in place of bytes that are no UTF-8, or null in place of a nested value with such bytes."""
    if _is_sound(batch):
        return Sound(batch, {})
    broken: dict[int, list[str]] = defaultdict(list)
    columns = []
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        rows = [] if _is_sound(column) else [row for row in range(len(column)) if not _is_sound(column.take([row]))]
        for row in rows:
            broken[row].append(name)
        columns.append(_mended(column, rows) if rows else column)
    return Sound(pa.RecordBatch.from_arrays(columns, names=batch.schema.names), broken)


def _is_sound(values: pa.RecordBatch | pa.Array) -> bool:
    try:
        values.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _mended(column: pa.Array, rows: Sequence[int]) -> pa.Array:
    if pa.types.is_dictionary(column.type) and pa.types.is_string(column.type.value_type):
        column = column.dictionary.view(pa.binary()).take(column.indices).view(pa.string())
    if pa.types.is_string(column.type):
        octets = column.view(pa.binary()).to_pylist()
        return pa.array([value if value is None else value.decode(errors="replace") for value in octets], pa.string())
    lost = set(rows)
    return column.take(pa.array([None if row in lost else row for row in range(len(column))], pa.int64()))
