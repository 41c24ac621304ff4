"""JSON text in cells: strict JSON (RFC 8259), exactly one value to a cell, and the rules about such values.

Many cells of a column are parsed and judged by one call, each distinct text once.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import jsonschema_rs
import orjson
import polars as pl

from regbulk.rejects import Code
from regbulk.schema import phrases
from regbulk.schema.fields import Kind
from regbulk.schema.keywords import JsonSchema

_AT_ONCE: Final = 128
"""Cells judged by one call: enough to make the call cheap, few enough that one broken cell, or the garbage collector's
interest in many young objects, does not cost more than it."""
_CLASSES: Final[Mapping[Kind, type]] = {Kind.OBJECT: dict, Kind.ARRAY: list}


class _Malformed:
    """What stands for the value of a cell that holds no JSON."""

    def __repr__(self) -> str:
        return "MALFORMED"


MALFORMED: Final = _Malformed()


class Fault(NamedTuple):
    """One broken rule inside a cell; `value` is what was found there as JSON, null where nothing was."""

    field: str
    code: Code
    message: str
    value: str | None


def parse_cells(cells: Sequence[str]) -> list[Any]:
    """The values of cells in their order, `MALFORMED` where a cell is not exactly one JSON value.

    All cells are parsed as one document, which saves a call per cell. A random mark stands between any two of them: a
    cell that closes what another one opened, or holds two values, cannot put the marks where they belong.
    """
    mark = f'"{secrets.token_hex(16)}"'
    between = f",{mark},"
    try:
        document = orjson.loads(f"[{mark},{between.join(cells)},{mark}]")
    except ValueError:
        return [_parse(cell) for cell in cells]
    values: list[Any] = document[1::2]
    marks = document[0::2]
    if len(values) == len(cells) and marks == [mark[1:-1]] * (len(cells) + 1):
        return values
    return [_parse(cell) for cell in cells]


class CellRules:
    """The rules of one JSON column."""

    def __init__(self, name: str, kind: Kind, schemas: Sequence[JsonSchema]) -> None:
        """Compile schemas that all apply to the values of a field of kind object or array."""
        self.name = name
        self._kind = kind
        self._validator = jsonschema_rs.Draft202012Validator({"items": {"allOf": list(schemas)}}, validate_formats=True)

    def faults(self, cells: pl.Series) -> dict[str, list[Fault]]:
        """The broken rules of each distinct text that breaks any."""
        texts = cells.drop_nulls().unique().to_list()
        broken: dict[str, list[Fault]] = {}
        for first in range(0, len(texts), _AT_ONCE):
            broken |= self._judge(texts[first : first + _AT_ONCE])
        return broken

    def _judge(self, texts: Sequence[str]) -> dict[str, list[Fault]]:
        broken: dict[str, list[Fault]] = {}
        sound: list[str] = []
        values: list[Any] = []
        for text, value in zip(texts, parse_cells(texts), strict=True):
            if type(value) is _CLASSES[self._kind]:
                sound.append(text)
                values.append(value)
            else:
                broken[text] = [self._misshapen(text, value)]
        for error in self._validator.iter_errors(values):
            index, *inside = error.instance_path
            told = broken.setdefault(sound[int(index)], [])
            if (fault := _fault(_path(self.name, inside), error)) not in told:
                told.append(fault)
        return broken

    def _misshapen(self, text: str, value: object) -> Fault:
        if value is MALFORMED:
            return Fault(self.name, "json-error", f"{phrases.found_cell(text)}, expected JSON (RFC 8259)", text)
        message = f"{phrases.found(value)}, expected {phrases.expected('type', str(self._kind))}"
        return Fault(self.name, "type-error", message, text)


def _parse(cell: str) -> object:
    try:
        return orjson.loads(cell)
    except ValueError:
        return MALFORMED


def _path(name: str, inside: Sequence[str | int]) -> str:
    return name + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in inside)


def _fault(field: str, error: jsonschema_rs.ValidationError) -> Fault:
    keyword, limit = error.kind.name, error.kind.value
    expected = phrases.expected(keyword, limit)
    if keyword == "required":
        return Fault(f"{field}.{limit}", phrases.code(keyword), f"found nothing, expected {expected}", None)
    message = f"{phrases.found(error.instance)}, expected {expected}"
    return Fault(field, phrases.code(keyword), message, phrases.as_json(error.instance))
