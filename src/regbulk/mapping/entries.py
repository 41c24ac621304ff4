"""The entries of a mapping file: a well-shaped document as columns, constants, joins and examples."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from regbulk.mapping.document import Document
from regbulk.mapping.mapping import (
    Column,
    Constant,
    Example,
    Join,
    Reading,
    Target,
    ToCustomField,
    ToField,
    ToReference,
)
from regbulk.mapping.names import folded
from regbulk.mapping.readings import column_reading

IGNORE: Final = "ignore"
TARGETS: Final = ("field", "custom_field", "reference")
"""The keys that say where a column goes; one of them at most."""


def columns_of(document: Document, defaults: Reading) -> tuple[Column, ...]:
    """The columns a document names; a reference is padded like the key it refers to, unless it says otherwise."""
    columns = [_column(document, name, defaults) for name in document.keys("columns")]
    return tuple(_padded_alike(column, columns) for column in columns)


def constants_of(document: Document) -> tuple[Constant, ...]:
    """The fields with one value, as text."""
    return tuple(Constant(name, document.texts["constants", name]) for name in document.keys("constants"))


def joins_of(document: Document) -> tuple[Join, ...]:
    """The fields made of several columns."""
    return tuple(
        Join(
            name,
            tuple(document.at("joins", name, "columns")),
            document.at("joins", name, "separator"),
            document.place("joins", name).line,
        )
        for name in document.keys("joins")
    )


def examples_of(document: Document) -> tuple[Example, ...]:
    """The tests of a mapping."""
    return tuple(_example(document, index) for index in range(len(document.at("examples") or ())))


def _column(document: Document, name: str, defaults: Reading) -> Column:
    said = document.at("columns", name)
    line = document.place("columns", name).line
    if isinstance(said, str):
        ignored = said == IGNORE
        return Column(name, line, None if ignored else ToField(said), ignored=ignored, reading=defaults)
    target = _target(document, name)
    reading = column_reading(document, name, defaults)
    if isinstance(target, ToCustomField) and "dates" not in said:
        # A text of the tenant's own may look like a date without being one.
        reading = replace(reading, dates=())
    return Column(name, line, target, ignored=False, reading=reading)


def _target(document: Document, name: str) -> Target | None:
    said = document.at("columns", name)
    if "field" in said:
        return ToField(said["field"])
    if "custom_field" in said:
        return ToCustomField(said["custom_field"], said["as"])
    return ToReference(**said["reference"]) if "reference" in said else None


def _padded_alike(column: Column, columns: list[Column]) -> Column:
    if not isinstance(column.target, ToReference) or column.reading.pad is not None:
        return column
    to = column.target.to
    pads = [other.reading.pad for other in columns if folded(other.name) == folded(to) or other.target == ToField(to)]
    return replace(column, reading=replace(column.reading, pad=pads[0])) if pads else column


def _example(document: Document, index: int) -> Example:
    way = ("examples", index)
    row = {
        name: None if cell is None else document.texts[(*way, "row", name)]
        for name, cell in document.at(*way, "row").items()
    }
    return Example(
        index + 1,
        document.place(*way).line,
        row,
        document.at(*way, "record") or {},
        tuple(document.at(*way, "rejects") or ()),
    )
