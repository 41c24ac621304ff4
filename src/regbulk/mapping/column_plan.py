"""What is done to each column of a source, compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import polars as pl

from regbulk.mapping.arrays import ArrayMaker
from regbulk.mapping.cells import Cells, Step
from regbulk.mapping.custom_fields import slot_check
from regbulk.mapping.damage import damage
from regbulk.mapping.dates import DateReader
from regbulk.mapping.mapping import (
    Lookup,
    NumberFormat,
    Reading,
    Target,
    ToCustomField,
    ToField,
    ToReference,
)
from regbulk.mapping.meanings import by_lookup, by_values
from regbulk.mapping.numbers import number
from regbulk.mapping.targets import CUSTOM_FIELD_VALUES, is_id, is_id_name, kind_of, takes_dates
from regbulk.mapping.text import pad
from regbulk.schema import Kind, Schema

AS_IT_IS = Reading(trim=False)
"""How columns are read without a mapping."""


@dataclass(frozen=True)
class ColumnPlan:
    """What is done to one column.

    Attributes:
        name: as the source spells it.
        target: where it goes; None: only into joins, or it is the key of references.
        reading: how it is read; what it says about trim and words is done before the steps, to all columns at once.
        text: steps to the text that joins and references see.
        value: further steps to the value of the target.
    """

    name: str
    target: Target | None
    reading: Reading
    text: tuple[Step, ...]
    value: tuple[Step, ...]

    @property
    def field(self) -> str | None:
        """The field that a fault of this column is about."""
        if isinstance(self.target, ToField):
            return self.target.name
        if isinstance(self.target, ToReference):
            return self.target.field
        return CUSTOM_FIELD_VALUES if self.target else None

    def read(self, cleaned: pl.Series) -> tuple[Cells, Cells]:
        """The text and the value of each cell."""
        text = _done(self.text, Cells(cleaned))
        return text, _done(self.value, text)


@dataclass(frozen=True)
class Plans:
    """Makes plans for the columns of one source."""

    schema: Schema
    tables: Mapping[Lookup, pl.DataFrame]

    def make(self, name: str, target: Target | None, reading: Reading, *, is_key: bool = False) -> ColumnPlan:
        """The plan for a column, by its name in the source; `is_key`: others refer to records by it."""
        meanings = tuple(self._meanings(reading))
        meant = (*(reading.values or {}),)
        holds_ids = is_key or isinstance(target, ToReference)
        holds_ids = holds_ids or (isinstance(target, ToField) and is_id(target.name, self.schema))
        checked = damage(is_id=holds_ids, meant=meant)
        if reading.split is None:
            return ColumnPlan(name, target, reading, (checked, *meanings), tuple(self._values(target, reading)))
        parts = (damage(is_id=_has_id_parts(target, reading), meant=meant), *meanings)
        array = ArrayMaker(reading.split, trim=reading.trim, empty=reading.empty, clear=reading.clear, steps=parts)
        return ColumnPlan(name, target, reading, (damage(is_id=False, meant=meant),), (array,))

    def _meanings(self, reading: Reading) -> Iterator[Step]:
        if reading.pad:
            yield pad(reading.pad)
        if reading.values is not None:
            yield by_values(reading.values)
        if reading.lookup is not None:
            yield by_lookup(reading.lookup, self.tables[reading.lookup])

    def _values(self, target: Target | None, reading: Reading) -> Iterator[Step]:
        if reading.values is None and reading.lookup is None:
            yield from self._formats(target, reading)
        if isinstance(target, ToCustomField) and (check := slot_check(target.slot)):
            yield check

    def _formats(self, target: Target | None, reading: Reading) -> Iterator[Step]:
        is_number = kind_of(target, self.schema) is Kind.NUMBER
        if is_number and (reading.number is not None or reading.strip):
            yield number(reading.number or NumberFormat(), reading.strip)
        if reading.dates and takes_dates(target, self.schema):
            keep_days = isinstance(target, ToCustomField)
            yield DateReader(reading.dates, reading.time_zone, reading.years_from, keep_days=keep_days)


def _done(steps: tuple[Step, ...], cells: Cells) -> Cells:
    for step in steps:
        cells = step(cells)
    return cells


def _has_id_parts(target: Target | None, reading: Reading) -> bool:
    if reading.split is not None and reading.split.member is not None:
        return is_id_name(reading.split.member)
    return isinstance(target, ToField) and is_id_name(target.name.removesuffix("s"))
