"""Typed values as the text a CSV cell would hold, column by column.

| type | text |
| --- | --- |
| string, categorical, enum | as it is; empty is null |
| integer, float, decimal | JSON number: shortest, no `.0`, no `-0`; NaN and infinities stay what no rule accepts |
| boolean | `true`, `false` |
| timestamp with a zone | RFC 3339 in UTC with `Z`, 3, 6 or 9 digits of a second where it has a fraction |
| timestamp without one | the same without `Z`: a mapping says in which zone it is, or no rule accepts it |
| date, time of day | `2027-03-01`, `09:30:00` |
| struct, map, list | JSON; null members of a struct are left out, null elements of a list are `null` |
| null | null |

A string member `table_value` of a struct that holds a JSON array is that array: custom fields hold tables, which the
API document calls arrays of objects of any shape. No Arrow type holds those, so an export writes them as JSON text,
and no other field of a registration has a member of that name.

Days are counted by the Gregorian calendar, also before 1582. Moments so far away that polars cannot name their year
(beyond 262,000) are written as the number they are stored as, which no rule accepts either.

Durations and binary data have no such text: which one is meant is not ours to guess.
"""

from __future__ import annotations

import json
from typing import Final

import polars as pl
from polars.datatypes import DataTypeClass

_FORMATS: Final = {pl.Date: "%Y-%m-%d", pl.Datetime: "%Y-%m-%dT%H:%M:%S%.f", pl.Time: "%H:%M:%S%.f"}
_NAMED_DAYS: Final = 262_000 * 365
"""Days from 1970 to either side of which polars can write the date; beyond, it ends with a panic."""
_DAY: Final = {"ms": 86_400_000, "us": 86_400_000_000}
_JSON_OF_ONE: Final = '{"v":'
_JSON_SPACE: Final = " \t\r\n"
_TABLE: Final = "table_value"


def type_problems(name: str, dtype: pl.DataType) -> list[str]:
    """Why values of a type have no text, and what to do; empty when they have one.

    `name` is the column, dotted for members, with `[]` for elements.
    """
    members = {f"{name}{place}": member for place, member in _members(dtype).items()}
    if members:
        return [problem for place, member in members.items() for problem in type_problems(place, member)]
    if isinstance(dtype, pl.Duration | pl.Binary | pl.Object):
        return [f"column {name!r} is of type {dtype.base_type()}, which no field has; write it as text"]
    return []


def _members(dtype: pl.DataType) -> dict[str, pl.DataType]:
    if isinstance(dtype, pl.Struct):
        return {f".{field.name}": _made(field.dtype) for field in dtype.fields}
    if isinstance(dtype, pl.List | pl.Array):
        return {"[]": _made(dtype.inner)}
    if isinstance(dtype, pl.Map):
        return {" (keys)": _made(dtype.key), "[]": _made(dtype.value)}
    return {}


def text(name: str, dtype: pl.DataType) -> pl.Expr:
    """A column as text; the type must have no `type_problems`."""
    value = pl.col(name)
    if isinstance(dtype, pl.Struct | pl.List | pl.Array | pl.Map):
        return _json(value, dtype).alias(name)
    plain = _plain(value, dtype)
    return pl.when(plain != "").then(plain).alias(name)


def _plain(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    written = value.cast(pl.String)
    if dtype.is_float():
        written = written.str.strip_suffix(".0")
        return pl.when(written == "-0").then(pl.lit("0")).otherwise(written)
    if isinstance(dtype, pl.Decimal) and dtype.scale:
        return written.str.strip_chars_end("0").str.strip_suffix(".")
    if isinstance(dtype, pl.Date | pl.Datetime | pl.Time):
        return _moment(value, dtype)
    return written


def _moment(value: pl.Expr, dtype: pl.Date | pl.Datetime | pl.Time) -> pl.Expr:
    pattern = _FORMATS[dtype.base_type()]
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        pattern, value = f"{pattern}Z", value.dt.convert_time_zone("UTC")
    if isinstance(dtype, pl.Time) or (isinstance(dtype, pl.Datetime) and dtype.time_unit not in _DAY):
        return value.dt.strftime(pattern)
    count = value.to_physical().cast(pl.Int64)
    limit = _NAMED_DAYS * (_DAY[dtype.time_unit] if isinstance(dtype, pl.Datetime) else 1)
    named = count.is_between(-limit, limit)
    return pl.when(named).then(pl.when(named).then(value).dt.strftime(pattern)).otherwise(count.cast(pl.String))


def _json(value: pl.Expr, dtype: pl.DataType) -> pl.Expr:
    """JSON text, null where the value is."""
    if isinstance(dtype, pl.Struct):
        members = [_member(value, field.name, _made(field.dtype)) for field in dtype.fields]
        inside = pl.concat_str(members, separator=",", ignore_nulls=True) if members else pl.lit("")
        return _wrapped(value, "{", inside, "}")
    if isinstance(dtype, pl.Array):
        return _json(value.arr.to_list(), pl.List(dtype.inner))
    if isinstance(dtype, pl.List):
        elements = value.list.eval(_json(pl.element(), _made(dtype.inner)).fill_null("null"))
        return _wrapped(value, "[", elements.list.join(","), "]")
    if isinstance(dtype, pl.Map):
        entry = pl.element().struct
        key, mapped = (
            _quoted(_plain(entry.field("key"), _made(dtype.key))),
            _json(entry.field("value"), _made(dtype.value)),
        )
        pairs = value.map.entries().list.eval(pl.concat_str(key, pl.lit(":"), mapped.fill_null("null")))
        return _wrapped(value, "{", pairs.list.join(","), "}")
    return _plain(value, dtype) if dtype.is_numeric() or dtype == pl.Boolean else _quoted(_plain(value, dtype))


def _member(value: pl.Expr, name: str, dtype: pl.DataType) -> pl.Expr:
    member = value.struct.field(name)
    written = _table(member) if name == _TABLE and dtype == pl.String else _json(member, dtype)
    return pl.lit(json.dumps(name, ensure_ascii=False) + ":") + written


def _table(value: pl.Expr) -> pl.Expr:
    """JSON text of an array as it is, any other text as a JSON string."""
    is_json = value.str.json_path_match("$").is_not_null()
    is_array = is_json & value.str.strip_chars_start(_JSON_SPACE).str.starts_with("[")
    return pl.when(is_array).then(value).otherwise(_quoted(value))


def _wrapped(value: pl.Expr, opening: str, inside: pl.Expr, closing: str) -> pl.Expr:
    return pl.when(value.is_not_null()).then(pl.concat_str(pl.lit(opening), inside, pl.lit(closing)))


def _quoted(value: pl.Expr) -> pl.Expr:
    """A JSON string: polars writes one only inside an object, which is cut off again."""
    encoded = pl.struct(v=value).struct.json_encode().str.slice(len(_JSON_OF_ONE)).str.head(-1)
    return pl.when(value.is_not_null()).then(encoded)


def _made(dtype: pl.DataType | DataTypeClass) -> pl.DataType:
    """Members of nested types may be named by their class."""
    return dtype if isinstance(dtype, pl.DataType) else dtype()
