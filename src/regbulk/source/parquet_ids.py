"""Ids that are stored as numbers: what was lost before anyone could see it, and what can still be seen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import polars as pl

_ID: Final = re.compile(r"(?:.*[._\s-])?id", re.IGNORECASE)
_WHOLE_32: Final = 2**24
_WHOLE_64: Final = 2**53
"""The greatest numbers up to which every whole number has a floating-point number (of 32, 64 bits) of its own."""


def id_remarks(types: Mapping[str, pl.DataType | None]) -> list[str]:
    """One sentence for each column of ids that holds numbers, which are accepted."""
    return [
        f"column {name!r}: ids are stored as numbers ({dtype}); leading zeros, if there were any, are lost"
        for name, dtype in types.items()
        if dtype is not None and dtype.is_numeric() and _ID.fullmatch(name)
    ]


def inexact_ids(frame: pl.DataFrame) -> pl.Series | None:
    """For each row what is wrong with its ids in floating-point columns, null where nothing is; None without any."""
    told = [
        pl.when(_inexact(pl.col(name), dtype)).then(pl.lit(repr(name)))
        for name, dtype in frame.schema.items()
        if dtype.is_float() and _ID.fullmatch(name)
    ]
    if not told:
        return None
    names = pl.concat_str(told, separator=", ", ignore_nulls=True)
    advice = "ids stored as floating point lose their digits; export the column as text"
    message = pl.concat_str(pl.lit("found no exact whole number in "), names, pl.lit(f"; {advice}"))
    return frame.select(pl.when(names != "").then(message).alias("inexact"))["inexact"]


def _inexact(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    limit = _WHOLE_32 if isinstance(dtype, pl.Float32) else _WHOLE_64
    # Not `>`: that would let pass what is no number.
    return value.abs().le(limit).not_() | value.ne(value.round())
