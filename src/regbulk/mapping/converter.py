"""Columns of a source → fields of a registration, text → values as text, block by block and column by column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from regbulk.mapping.block import read_block
from regbulk.mapping.clears import named_fields
from regbulk.mapping.column_plan import ColumnPlan
from regbulk.mapping.faults import fault_frame
from regbulk.mapping.links import Links, Reference
from regbulk.mapping.mapping import Constant, Join
from regbulk.source.contract import CLEARS, LINE_NO, RECORD_NO


class Converted(NamedTuple):
    """What became of a block.

    Attributes:
        records: `_record_no`, `_line_no`, `_clears` (names of fields), the fields as text, null = absent; with
            references also `_anchor` and `_to:<field>`, the key of the record and of the one it refers to, null = none.
        faults: the rules of the mapping that records broke, in the shape of `regbulk.rejects.SCHEMA`; such a record
            stays in `records`, with null in place of what is broken.
    """

    records: pl.DataFrame
    faults: pl.DataFrame


@dataclass(frozen=True, eq=False)
class Converter:
    """Converts the blocks of one source; made by `compile_mapping`.

    Attributes:
        columns: the fields that come out, in the order of the schema; without a mapping in the order of the source.
        plans: what is done to each column, by its name in the source.
        joins: the fields of several columns; these are named as the source names them.
        constants: the fields with one value.
        links: the references between records.
    """

    columns: tuple[str, ...]
    plans: Mapping[str, ColumnPlan]
    joins: tuple[Join, ...] = ()
    constants: tuple[Constant, ...] = ()
    links: Links = field(default_factory=Links)

    @property
    def references(self) -> tuple[Reference, ...]:
        """The fields that are filled once the records they refer to have ids."""
        return self.links.references

    @property
    def unpadded(self) -> frozenset[str]:
        """The fields of which the mapping says that their numbers lost no zeros."""
        return frozenset(plan.field for plan in self.plans.values() if plan.reading.pad is False and plan.field)

    def convert(self, records: pl.DataFrame) -> Converted:
        """Convert one block.

        Args:
            records: as a source gives them (see `source.contract.Block`); columns nobody reads are left out.
        """
        cells = read_block(records, self.plans)
        joins = [(join, cells.join(join)) for join in self.joins]
        fields = cells.fields() | {join.field: text for join, text in joins}
        found = fields | self.links.of(cells, fields)
        converted = records.select(RECORD_NO, LINE_NO).with_columns(
            named_fields(cells.cleared(joins)),
            *(texts.alias(name) for name, texts in found.items()),
            *(pl.lit(constant.text).alias(constant.field) for constant in self.constants),
        )
        return Converted(
            converted.select(RECORD_NO, LINE_NO, CLEARS, *self.columns, *self.links.columns),
            fault_frame(records, cells.faults(joins)),
        )
