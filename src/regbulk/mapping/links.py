"""References between the records of one source, as columns: the key of each record, and of the ones it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from regbulk.mapping.block import BlockCells
from regbulk.mapping.mapping import ToField

ANCHOR: Final = "_anchor"
"""Column with the key of a record, by which other records refer to it."""
TO: Final = "_to:"
"""Stands before the field of a reference for the column with the key of the record it refers to."""
PENDING: Final = "record:pending"
"""What a reference holds until the record it refers to has an id."""


class Reference(NamedTuple):
    """A field that is filled once the record it refers to has an id.

    Attributes:
        field: that field.
        to: the column of the source, or the field, that holds the key by which records are referred to.
    """

    field: str
    to: str


@dataclass(frozen=True)
class Links:
    """The references of a source; `column` is whether their `to` is a column of it, else it is a field."""

    references: tuple[Reference, ...] = ()
    is_column: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold them: `_anchor`, and `_to:<field>` of each."""
        return (ANCHOR, *(f"{TO}{reference.field}" for reference in self.references)) if self.references else ()

    def of(self, cells: BlockCells, fields: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
        """The link columns of a block, and its references as placeholders.

        Args:
            cells: the block.
            fields: its fields, joined ones too.
        """
        found: dict[str, pl.Series] = {}
        for field, key in cells.references().items():
            found[f"{TO}{field}"] = key
            found[field] = key.to_frame("key").select(_placeholder(pl.col("key"))).to_series()
        if self.references:
            found[ANCHOR] = self._anchor(self.references[0].to, cells, fields)
        return found

    def _anchor(self, to: str, cells: BlockCells, fields: Mapping[str, pl.Series]) -> pl.Series:
        if not self.is_column:
            return fields[to]
        has_field = isinstance(cells.plans[to].target, ToField)
        return (cells.value if has_field else cells.text)[to].text


def _placeholder(key: pl.Expr) -> pl.Expr:
    return pl.when(key.is_not_null()).then(pl.lit(PENDING))
