"""The columns of an export: every field of a registration in document order, each with one fixed Arrow type.

| JSON | Arrow |
| --- | --- |
| string | string |
| string, date-time | timestamp[us, UTC] |
| number, float (all of them counts and sequence numbers) | int64 |
| number, double (money) | decimal128(18, 4) |
| number inside an object | double |
| boolean | bool |
| object or array of documented shape | struct, list |
| object or array of open shape | string, as JSON text |

Behind them stands `_raw`: null, or a JSON object with the exact value of every field of this record that its column
cannot hold, and of every field the document does not know: `{"field": {"value": …, "cell": …}}`, where `cell` is the
text an import reads from the typed cell beside it, null where there is none. A field named there is read from there
unless its typed cell was edited, which shows in its text; then the whole field is the edited one. Null means absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import pyarrow as pa

from regbulk.errors import SettingsError
from regbulk.export import fit
from regbulk.schema import nearest, registration_schema
from regbulk.source.contract import RAW

ALWAYS: Final = ("id", "sys_version")
"""Fields every export asks for: the key, and what tells a changed record from an unchanged one."""


class Shape(NamedTuple):
    """An Arrow type, how a value fits into it, and the Python type whose values Arrow takes as they are, if any."""

    type: pa.DataType
    fit: fit.Fit
    plain: type | None = None


@dataclass(frozen=True)
class Column:
    """One field of a registration as a column."""

    name: str
    shape: Shape


_TEXT: Final = Shape(pa.string(), fit.text, str)
_FLAG: Final = Shape(pa.bool_(), fit.flag, bool)
_COUNT: Final = Shape(pa.int64(), fit.count, int)
_NUMBER: Final = Shape(pa.float64(), fit.number, float)
_MONEY: Final = Shape(pa.decimal128(fit.MONEY_PRECISION, fit.MONEY_SCALE), fit.money)
_INSTANT: Final = Shape(pa.timestamp("us", tz="UTC"), fit.instant)
_OPEN: Final = Shape(pa.string(), fit.json_text)
_NESTED_OPEN: Final = Shape(pa.string(), fit.nested_json_text)
_SCALARS: Final = {"string": _TEXT, "boolean": _FLAG, "number": _NUMBER}


def export_columns(fields: Sequence[str] | None = None) -> tuple[Column, ...]:
    """The columns of an export in document order, `_raw` not among them.

    Args:
        fields: names of the fields asked for, `id` and `sys_version` come with them; None means all 78.

    Raises:
        SettingsError: a name is not a field of a registration; the nearest one is given.
    """
    known = registration_schema().fields
    for name in fields or ():
        if name not in known:
            near = nearest(name, known)
            hint = f"did you mean {near!r}?" if near else "see schemas/registration.schema.json"
            raise SettingsError(f"--fields: {name!r} is not a field of a registration; {hint}")
    wanted = known.keys() if fields is None else {*fields, *ALWAYS}
    return tuple(Column(name, _field(field.schema)) for name, field in known.items() if name in wanted)


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of these columns with `_raw` behind them."""
    return pa.schema([*((column.name, column.shape.type) for column in columns), (RAW, pa.string())])


def _field(schema: Mapping[str, Any]) -> Shape:
    if schema.get("type") == "number":
        return _MONEY if schema.get("format") == "double" else _COUNT
    shape = _nested(schema)
    return _OPEN if shape is _NESTED_OPEN else shape


def _nested(schema: Mapping[str, Any]) -> Shape:
    kind = schema.get("type", "")
    if kind == "object" and schema.get("properties"):
        return _struct(schema["properties"])
    if kind == "array" and (item := _nested(schema.get("items", {}))) is not _NESTED_OPEN:
        return Shape(pa.list_(item.type), fit.list_of(item.fit))
    if kind == "string" and schema.get("format") == "date-time":
        return _INSTANT
    return _SCALARS.get(kind, _NESTED_OPEN)


def _struct(properties: Mapping[str, Mapping[str, Any]]) -> Shape:
    members = {name: _nested(schema) for name, schema in properties.items()}
    fits = fit.struct_of({name: shape.fit for name, shape in members.items()})
    return Shape(pa.struct([(name, shape.type) for name, shape in members.items()]), fits)
