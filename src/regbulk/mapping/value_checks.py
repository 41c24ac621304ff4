"""Whether the values that a mapping itself names are ones their fields can have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson
import polars as pl

from regbulk.mapping.cells import Cells
from regbulk.mapping.custom_fields import slot_check
from regbulk.mapping.document import Document, Way
from regbulk.mapping.mapping import Column, ToCustomField, ToField
from regbulk.mapping.mapping import Mapping as MappingFile
from regbulk.mapping.problems import Problem
from regbulk.schema import Kind, Schema, compile_rules
from regbulk.source.contract import CLEARS, LINE_NO, RECORD_NO


def value_problems(mapping: MappingFile, document: Document, schema: Schema) -> Iterator[Problem]:
    """What is wrong with the constants of a mapping and with what its `values` make of texts.

    Args:
        mapping: a mapping whose columns and constants go to fields that exist.
        document: its file.
        schema: the import schema.
    """
    for constant in mapping.constants:
        way = ("constants", constant.field)
        yield from _judged({way: constant.text}, constant.field, document, schema)
    for column in mapping.columns:
        texts: dict[Way, str] = {
            ("columns", column.name, "values", word): text
            for word, text in (column.reading.values or {}).items()
            if text is not None
        }
        if isinstance(column.target, ToField):
            yield from _judged(_wrapped(texts, column), column.target.name, document, schema)
        elif isinstance(column.target, ToCustomField) and column.reading.split is None:
            yield from _slotted(texts, column.target, document)


def _judged(texts: Mapping[Way, str], field: str, document: Document, schema: Schema) -> Iterator[Problem]:
    kind = schema.field(field).kind
    for way in texts:
        if isinstance(document.at(*way), bool) and kind is not Kind.BOOLEAN:
            yield document.problem(f"found {document.texts[way]}, expected text; put it in quotes", *way)
    broken = compile_rules(schema, (field,)).check_values(_records(field, list(texts.values()))).broken
    ways = list(texts)
    for number, message in broken.select("record_no", "message").iter_rows():
        yield document.problem(message, *ways[number - 1])


def _records(field: str, texts: list[str]) -> pl.DataFrame:
    """The texts as records numbered from 1."""
    numbers = pl.Series(RECORD_NO, range(1, len(texts) + 1), pl.Int64)
    frame = pl.DataFrame([numbers, pl.Series(field, texts, pl.String)])
    return frame.with_columns(pl.lit(None, pl.Int64).alias(LINE_NO), pl.lit([], pl.List(pl.String)).alias(CLEARS))


def _wrapped(texts: Mapping[Way, str], column: Column) -> dict[Way, str]:
    """What becomes of each text: of one of several values, an array of it alone."""
    split = column.reading.split
    if split is None:
        return dict(texts)
    return {
        way: orjson.dumps([text if split.member is None else {split.member: text}]).decode()
        for way, text in texts.items()
    }


def _slotted(texts: Mapping[Way, str], target: ToCustomField, document: Document) -> Iterator[Problem]:
    check = slot_check(target.slot)
    cells = Cells(pl.Series(list(texts.values()), dtype=pl.String))
    ways = list(texts)
    for broken in check(cells).broken if check else ():
        for row, message in zip(broken.rows, broken.messages, strict=True):
            yield document.problem(message, *ways[row])
