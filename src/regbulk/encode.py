"""Records as JSON text, column by column.

Values come as canonical text (see `regbulk.schema`), so only strings and date-times need quotes; numbers, booleans,
objects and arrays are JSON already. A null value leaves its member out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import polars as pl

from regbulk.schema import Kind, Schema

_PLAIN = r'["\\\x00-\x1f]'
_WRAPPER = len('{"v":')


def string_json(text: pl.Expr) -> pl.Expr:
    """Text as a JSON string; null stays null."""
    escaped = pl.struct(text.alias("v")).struct.json_encode().str.slice(_WRAPPER).str.head(-1)
    quoted = pl.concat_str(pl.lit('"'), text, pl.lit('"'))
    return pl.when(text.str.contains(_PLAIN)).then(escaped).otherwise(quoted)


def value_json(value: pl.Expr, kind: Kind) -> pl.Expr:
    """Canonical text of a kind as JSON text; null stays null."""
    return string_json(value) if kind in {Kind.STRING, Kind.DATETIME} else value


def object_json(members: Mapping[str, pl.Expr]) -> pl.Expr:
    """JSON objects from members in JSON text; null members are left out."""
    parts = [pl.concat_str(pl.lit(f"{json.dumps(name)}:"), value) for name, value in members.items()]
    return pl.concat_str(pl.lit("{"), pl.concat_str(parts, separator=",", ignore_nulls=True), pl.lit("}"))


def leaves(columns: Sequence[str]) -> dict[str, list[str]]:
    """Dotted columns by the object they belong to: `badge` has `badge.first_name` and its other members."""
    groups: dict[str, list[str]] = {}
    for column in columns:
        parent, dot, _ = column.partition(".")
        if dot:
            groups.setdefault(parent, []).append(column)
    return groups


def assembled(columns: Sequence[str], schema: Schema) -> dict[str, pl.Expr]:
    """The objects that dotted columns make, in JSON text; null where no leaf has a value."""
    objects: dict[str, pl.Expr] = {}
    for parent, group in leaves(columns).items():
        members = {column.partition(".")[2]: value_json(pl.col(column), schema.field(column).kind) for column in group}
        present = pl.any_horizontal(pl.col(group).is_not_null())
        objects[parent] = pl.when(present).then(object_json(members))
    return objects


def record_json(columns: Sequence[str], schema: Schema) -> pl.Expr:
    """Whole registrations as JSON text from columns of canonical text, dotted columns put together."""
    members = {column: value_json(pl.col(column), schema.field(column).kind) for column in columns if "." not in column}
    return object_json(members | assembled(columns, schema))
