"""Cells of several values → JSON arrays of texts, or of objects with one member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson
import polars as pl

from regbulk.mapping.cells import Cells, Step
from regbulk.mapping.json_text import between, quoted
from regbulk.mapping.mapping import Split
from regbulk.mapping.text import trimmed, without

_ONE_CLEARED: Final = "found a request to clear one of several values, expected values: the whole field can be cleared"


@dataclass(frozen=True)
class ArrayMaker:
    """The step that makes an array of each cell.

    Attributes:
        split: how the values of a cell stand beside each other.
        trim: whether spaces at their ends are taken off.
        empty: values that mean none.
        clear: words that would ask to clear a field.
        steps: what is done to each value.
    """

    split: Split
    trim: bool
    empty: tuple[str, ...]
    clear: tuple[str, ...]
    steps: Sequence[Step]

    def __call__(self, cells: Cells) -> Cells:
        """The same with JSON in place of each cell; null where no value is left."""
        parts = self._parts(cells.text)
        if self.clear:
            parts = parts.refuse(parts.text.is_in(list(self.clear)), "missing-value", pl.lit(_ONE_CLEARED))
        for step in self.steps:
            parts = step(parts)
        arrays = self._arrays(parts, len(cells.text))
        refused = [broken.rows for broken in parts.broken]
        if refused:
            places = pl.concat(refused).unique()
            arrays = arrays.scatter(places, pl.repeat(None, len(places), dtype=pl.String, eager=True))
        return replace(cells, text=arrays, broken=(*cells.broken, *parts.broken))

    def _parts(self, text: pl.Series) -> Cells:
        split = pl.DataFrame({"text": text.str.split(self.split.separator)}).with_row_index("row")
        parts = split.explode("text").with_columns(without(self._trimmed(pl.col("text")), self.empty).alias("text"))
        kept = parts.drop_nulls("text")
        return Cells(kept["text"], rows=kept["row"])

    def _trimmed(self, text: pl.Expr) -> pl.Expr:
        return trimmed(text) if self.trim else text

    def _arrays(self, parts: Cells, rows: int) -> pl.Series:
        items = pl.DataFrame({"row": parts.rows, "text": parts.text}).drop_nulls("text")
        arrays = items.group_by("row", maintain_order=True).agg(self._item())
        joined = arrays.select("row", text=between("[", pl.col("text").list.join(","), "]"))
        return pl.repeat(None, rows, dtype=pl.String, eager=True).scatter(joined["row"], joined["text"])

    def _item(self) -> pl.Expr:
        item = quoted(pl.col("text"))
        if self.split.member is None:
            return item.alias("text")
        return between(f"{{{orjson.dumps(self.split.member).decode()}:", item, "}").alias("text")
