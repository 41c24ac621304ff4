"""Records into a record batch, column by column; what does not fit goes to `_raw`, nothing is dropped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, TypeAlias

import polars as pl
import pyarrow as pa

from regbulk.export.columns import Column, arrow_schema
from regbulk.export.fit import dump
from regbulk.source import cells

Record: TypeAlias = Mapping[str, Any]
Kept: TypeAlias = dict[str, Any]


class Encoded(NamedTuple):
    """A batch, and for each field how many of its values are kept in `_raw`."""

    batch: pa.RecordBatch
    kept_raw: Counter[str]


def encode(records: Sequence[Record], columns: Sequence[Column]) -> Encoded:
    """One row per record, in the order given; fields that are no column of their own are kept in `_raw`."""
    names = frozenset(column.name for column in columns)
    kept = [_strangers(record, names) for record in records]
    arrays = [_array(records, column, kept=kept) for column in columns]
    raw = _raw(pa.RecordBatch.from_arrays(arrays, [column.name for column in columns]), kept)
    batch = pa.RecordBatch.from_arrays([*arrays, raw], schema=arrow_schema(columns))
    return Encoded(batch, Counter(name for values in kept for name in values))


def _strangers(record: Record, names: frozenset[str]) -> Kept:
    if names.issuperset(record):
        return {}
    return {name: value for name, value in record.items() if name not in names and value is not None}


def _array(records: Sequence[Record], column: Column, *, kept: Sequence[Kept]) -> pa.Array:
    values = [record.get(column.name) for record in records]
    types = set(map(type, values)) - {type(None)}
    if not types:
        return pa.nulls(len(values), column.shape.type)
    if types == {column.shape.plain}:
        try:
            return pa.array(values, column.shape.type)
        except (ValueError, OverflowError):  # a lone surrogate, an integer beyond 64 bits: find it one by one
            pass
    return _fitted(values, column, kept=kept)


def _fitted(values: Sequence[Any], column: Column, *, kept: Sequence[Kept]) -> pa.Array:
    nearest: list[Any] = []
    for value, misfits in zip(values, kept, strict=True):
        typed, exact = (None, True) if value is None else column.shape.fit(value)
        if not exact:
            misfits[column.name] = value
        nearest.append(typed)
    return pa.array(nearest, column.shape.type)


def _raw(typed: pa.RecordBatch, kept: Sequence[Kept]) -> pa.Array:
    """Kept values, each with the text of the typed cell it stands beside: from it an import tells edited cells."""
    rows = [row for row, values in enumerate(kept) if values]
    texts = _cell_texts(typed, rows, names={name for row in rows for name in kept[row]})
    raw: list[str | None] = [None] * len(kept)
    for place, row in enumerate(rows):
        raw[row] = dump(
            {
                name: {"value": value, "cell": texts[name][place] if name in texts else None}
                for name, value in kept[row].items()
            }
        )
    return pa.array(raw, pa.string())


def _cell_texts(typed: pa.RecordBatch, rows: Sequence[int], *, names: AbstractSet[str]) -> dict[str, list[str | None]]:
    misfits = [name for name in typed.schema.names if name in names]
    frame = pl.DataFrame(typed.select(misfits).take(pa.array(rows, pa.int64())))
    return frame.select(cells.text(name, frame.schema[name]) for name in misfits).to_dict(as_series=False)
