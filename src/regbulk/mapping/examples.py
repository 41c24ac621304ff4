"""The examples of a mapping: rows that must come out as it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
import polars as pl

from regbulk.errors import SourceError
from regbulk.mapping.compiled import compile_mapping
from regbulk.mapping.converter import Converted
from regbulk.mapping.links import TO
from regbulk.mapping.mapping import Example, Mapping
from regbulk.mapping.names import folded
from regbulk.schema import Kind, Schema, canonical
from regbulk.schema.fields import NESTED
from regbulk.schema.phrases import as_json, as_text, found_cell
from regbulk.source.contract import CLEARS, LINE_NO, RECORD_NO


class ExampleFailure(NamedTuple):
    """An example that does not hold.

    Attributes:
        number: its place among the examples, counted from 1.
        line: where it stands in the mapping file, counted from 1.
        message: the field, what was found and what was expected.
    """

    number: int
    line: int
    message: str


def check_examples(mapping: Mapping, schema: Schema) -> list[ExampleFailure]:
    """Convert the row of each example and compare what comes out; an empty list means that all hold.

    Args:
        mapping: the mapping with its examples.
        schema: the import schema; its rules about values are not part of what is compared.
    """
    return [
        ExampleFailure(example.number, example.line, message)
        for example in mapping.examples
        for message in _failures(example, mapping, schema)
    ]


def _failures(example: Example, mapping: Mapping, schema: Schema) -> Iterator[str]:
    row = _row(example, mapping)
    try:
        converter = compile_mapping(mapping, list(row), schema, source_name=mapping.name)
    except SourceError as error:
        yield from error.problems
        return
    converted = converter.convert(_records(row))
    rejected = [" ".join(filter(None, rule)) for rule in converted.faults.select("code", "field").iter_rows()]
    if unexpected := sorted(set(rejected) - set(example.rejects)):
        told = converted.faults.filter(
            pl.concat_str("code", "field", separator=" ", ignore_nulls=True) == unexpected[0]
        )
        yield f"found the reject {unexpected[0]}, expected none: {told['message'][0]}"
    if missing := sorted(set(example.rejects) - set(rejected)):
        yield f"found no reject {missing[0]}, expected one"
    for field, expected in example.record.items():
        yield from _compared(converted, field, expected, schema)


def _row(example: Example, mapping: Mapping) -> dict[str, str | None]:
    """The cells of every column of the mapping, and of the fields the example names besides."""
    joined = (part for join in mapping.joins for part in join.columns)
    names = {folded(name): name for name in (*joined, *(column.name for column in mapping.columns))}
    row: dict[str, str | None] = dict.fromkeys(names.values())
    for name, cell in example.row.items():
        row[names.get(folded(name), name)] = cell or None
    return row


def _records(row: dict[str, str | None]) -> pl.DataFrame:
    clears = [name for name, cell in row.items() if cell == r"\N"]
    cells = {name: None if name in clears else cell for name, cell in row.items()}
    own = {RECORD_NO: [1], LINE_NO: [None], CLEARS: [clears]}
    types = {RECORD_NO: pl.Int64(), LINE_NO: pl.Int64(), CLEARS: pl.List(pl.String())}
    texts = {name: [cell] for name, cell in cells.items()}
    return pl.DataFrame(own | texts, schema={**types, **dict.fromkeys(texts, pl.String())})


def _compared(converted: Converted, field: str, expected: object, schema: Schema) -> Iterator[str]:
    column = f"{TO}{field}" if f"{TO}{field}" in converted.records.columns else field
    if column not in converted.records.columns:
        yield f"{field}: found nothing that the mapping gives it, expected {as_json(expected)}"
        return
    text = converted.records[column][0]
    kind = schema.field(field).kind if column == field else Kind.STRING
    if _value(text, kind) != _value(None if expected is None else as_text(expected), kind):
        shown = "nothing" if expected is None else as_json(expected)
        yield f"{field}: {'found nothing' if text is None else found_cell(text)}, expected {shown}"


def _value(text: str | None, kind: Kind) -> Any:  # noqa: ANN401 - any JSON value
    """What a text stands for; malformed text stands for itself."""
    if text is None:
        return None
    value = pl.select(canonical(pl.lit(text), kind)).item()
    if value is None:
        return text
    return orjson.loads(value) if kind in NESTED else value
