"""Text as a source writes it → the one text that stands for a value (canonical text), null where it is malformed.

- number: the number grammar of JSON (RFC 8259, section 6), written as the shortest text of its float64, a whole
  number without `.0`, minus zero as `0`. Refused because they would be changed in silence: whole parts beyond 2^53 - 1
  (the interoperable range of RFC 7493), more than 17 significant digits, and what is too small for a float64.
- date-time: RFC 3339 with a zone, written in UTC with `Z`, the fraction only if it is not zero. `t` and `z` may be
  small (RFC 3339, section 5.6), a space cannot stand for the `T`. Refused: days that do not exist, second 60 (most
  readers of JSON refuse it), fractions finer than a microsecond, years outside 0001 to 9999 in UTC.
- boolean: `true` or `false`; string: as it is; object and array: the JSON text as written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from regbulk.schema.fields import NESTED, Kind
from regbulk.schema.json_cells import parse_cells

NUMBER: Final = r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$"
_TOO_LONG: Final = r"^-?[0.]*[1-9](?:\.?[0-9]){16,}\.?[1-9]"
_NOT_ZERO: Final = r"^[-0.]*[1-9]"
_GREATEST: Final = 2.0**53 - 1

_DAYS: Final = (
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    r"|02-(?:0[1-9]|1[0-9]|2[0-8]))"
)
_TIME: Final = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
_USUAL: Final = rf"^(?:[1-9][0-9]{{3}}|0[1-9][0-9]{{2}}|00[1-9][0-9]|000[1-9])-{_DAYS}{_TIME}Z$"
_INSTANT: Final = (
    rf"^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}{_TIME}(?:\.[0-9]{{1,6}}0*)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"
)


def canonical(expr: pl.Expr, kind: Kind) -> pl.Expr:
    """Canonical text of values of a kind, null where the text is malformed; row by row."""
    if kind is Kind.NUMBER:
        return _number(expr)
    if kind is Kind.DATETIME:
        return expr.map_batches(_instants, return_dtype=pl.String, is_elementwise=True)
    if kind is Kind.BOOLEAN:
        return pl.when(expr.is_in(["true", "false"])).then(expr)
    if kind in NESTED:
        return expr.map_batches(_nested(kind), return_dtype=pl.String, is_elementwise=True)
    return expr


def _number(text: pl.Expr) -> pl.Expr:
    value = text.cast(pl.Float64, strict=False)
    vanished = (value == 0) & text.str.contains(_NOT_ZERO)
    kept = text.str.contains(NUMBER) & (value.abs() <= _GREATEST) & ~text.str.contains(_TOO_LONG) & ~vanished
    shortest = pl.when(value == 0).then(pl.lit("0")).otherwise(value.cast(pl.String).str.strip_suffix(".0"))
    return pl.when(kept).then(shortest)


def _instants(texts: pl.Series) -> pl.Series:
    """Nearly all are in the usual form, which is canonical already; only the others are taken apart."""
    usual = texts.str.contains(_USUAL)
    if usual.all():
        return texts
    others = (~usual).fill_null(value=False)
    rewritten = texts.filter(others).to_frame("text").select(_rewritten(pl.col("text").str.to_uppercase())).to_series()
    return texts.clone().scatter(others.arg_true(), rewritten)


def _rewritten(text: pl.Expr) -> pl.Expr:
    well_formed = text.str.contains(_INSTANT)
    local = text.str.slice(0, 19).str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    fraction = text.str.extract(r"\.([0-9]{1,6})").fill_null("").str.pad_end(6, "0").cast(pl.Int64, strict=False)
    offset = text.str.extract_groups(r"([+-])([0-9]{2}):([0-9]{2})$")
    minutes = offset.struct[1].cast(pl.Int64, strict=False) * 60 + offset.struct[2].cast(pl.Int64, strict=False)
    ahead = pl.when(offset.struct[0] == "-").then(-minutes).otherwise(minutes).fill_null(0)
    instant = local + pl.duration(microseconds=fraction) - pl.duration(minutes=ahead)
    seconds = instant.dt.strftime("%Y-%m-%dT%H:%M:%S")
    part = pl.when(fraction > 0).then(pl.lit(".") + text.str.extract(r"\.([0-9]{0,5}[1-9])")).otherwise(pl.lit(""))
    return pl.when(well_formed & instant.dt.year().is_between(1, 9999)).then(seconds + part + "Z")


def _nested(kind: Kind) -> Callable[[pl.Series], pl.Series]:
    wanted = dict if kind is Kind.OBJECT else list

    def kept(texts: pl.Series) -> pl.Series:
        cells = texts.unique().drop_nulls().to_list()
        sound = [cell for cell, value in zip(cells, parse_cells(cells), strict=True) if isinstance(value, wanted)]
        return texts.to_frame("text").select(pl.when(pl.col("text").is_in(sound)).then("text")).to_series()

    return kept
