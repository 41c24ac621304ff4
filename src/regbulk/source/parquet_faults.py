"""Faults of Parquet records that their typed values show, or the folder they lie in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.source.contract import CELL_LIMIT, LINE_NO, RECORD_NO
from regbulk.source.parquet_ids import inexact_ids


class Stored(NamedTuple):
    """What is known of consecutive rows before they became text.

    Attributes:
        values: as they are stored.
        broken: for each row, from 0, the columns whose value was no text.
        partition: what the folders say of all of them; None: no value.
    """

    values: pl.DataFrame
    broken: Mapping[int, Sequence[str]]
    partition: Mapping[str, str | None]


def record_faults(stored: Stored, records: pl.DataFrame) -> pl.DataFrame:
    """Broken rules in the shape of `rejects.SCHEMA`; `records` are the same rows as text, with their numbers."""
    return rejects.merge(*_all_faults(stored, records))


def _all_faults(stored: Stored, records: pl.DataFrame) -> Iterator[pl.DataFrame]:
    if stored.broken:
        yield _found(records, "encoding-error", _no_text(stored.broken, records.height))
    if (inexact := inexact_ids(stored.values)) is not None:
        yield _found(records, "damaged-value", inexact)
    yield from _too_long(records, [name for name in records.columns if name in stored.values.columns])
    for name, expected in stored.partition.items():
        yield _found(records, "condition-error", _conflicts(records, name, expected))


def _no_text(broken: Mapping[int, Sequence[str]], height: int) -> pl.Series:
    told = {
        row: f"found bytes that are no UTF-8 text in {', '.join(map(repr, names))}; write it again as UTF-8"
        for row, names in broken.items()
    }
    return pl.Series([told.get(row) for row in range(height)], dtype=pl.String)


def _too_long(records: pl.DataFrame, names: list[str]) -> Iterator[pl.DataFrame]:
    sizes = records.select(pl.col(name).str.len_bytes() for name in names)
    longest = sizes.max().row(0)
    for name, size in zip(names, longest, strict=True):
        if size is not None and size > CELL_LIMIT:
            told = pl.concat_str(
                pl.lit("found "),
                pl.col(name),
                pl.lit(f" bytes in column {name!r}, expected at most {CELL_LIMIT:,} in a cell"),
            )
            messages = sizes.select(pl.when(pl.col(name) > CELL_LIMIT).then(told).alias(name))[name]
            yield _found(records, "length-error", messages)


def _conflicts(records: pl.DataFrame, name: str, expected: str | None) -> pl.Series:
    """A number in the name of a folder may have leading zeros (`month=03`)."""
    same = {expected, str(int(expected)) if expected and expected.isdecimal() else expected}
    fits = pl.any_horizontal(pl.col(name).eq_missing(pl.lit(text, pl.String)) for text in same)
    shown = "no value" if expected is None else repr(expected)
    message = f"found another value in column {name!r} than in the name of its folder, expected {shown}; correct one"
    return records.select(pl.when(~fits).then(pl.lit(message)).alias(name))[name]


def _found(records: pl.DataFrame, code: rejects.Code, messages: pl.Series) -> pl.DataFrame:
    """One fault for each record that has a message."""
    told = records.select(
        record_no=RECORD_NO,
        line_no=LINE_NO,
        field=pl.lit(None, pl.String),
        code=pl.lit(code),
        message=messages,
        value=pl.lit(None, pl.String),
    )
    return told.drop_nulls("message")
