"""A reject: one broken rule of one record, as a value.

Every stage that can refuse a record emits frames of this one shape. `record_no` counts data records from 1; `line_no`
is the physical line on which a CSV record starts, counted from 1 (null for Parquet); `field` is null when the record as
a whole is at fault; `value` is the offending text as found (null when nothing was found).
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import polars as pl

Code = Literal[
    "missing-value",
    "type-error",
    "enum-error",
    "pattern-error",
    "format-error",
    "range-error",
    "length-error",
    "json-error",
    "condition-error",
    "duplicate-key",
    "ragged-row",
    "encoding-error",
    "blank-row",
    "footer-row",
    "damaged-value",
    "lookup-error",
    "reference-error",
]
CODES: Final[tuple[str, ...]] = get_args(Code)

SCHEMA: Final[dict[str, pl.DataType]] = {
    "record_no": pl.Int64(),
    "line_no": pl.Int64(),
    "field": pl.String(),
    "code": pl.String(),
    "message": pl.String(),
    "value": pl.String(),
}


def none() -> pl.DataFrame:
    """An empty frame of rejects."""
    return pl.DataFrame(schema=SCHEMA)


def merge(*frames: pl.DataFrame) -> pl.DataFrame:
    """All rejects of several frames, ordered by record number, then as given."""
    return pl.concat([none(), *frames]).sort("record_no", maintain_order=True)


def counts(rejects: pl.DataFrame) -> list[dict[str, object]]:
    """How often each rule was broken: `code, field, count`, most frequent first."""
    grouped = rejects.group_by("code", "field").len("count")
    return grouped.sort(["count", "code", "field"], descending=[True, False, False]).to_dicts()


def records(rejects: pl.DataFrame) -> int:
    """How many records were refused (a record may break several rules)."""
    return rejects["record_no"].n_unique()
