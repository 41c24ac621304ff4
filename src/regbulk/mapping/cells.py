"""The texts of one column of a block on their way to values, and what was wrong with some of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple, Self, TypeAlias

import polars as pl

from regbulk.rejects import Code
from regbulk.schema.phrases import found_text


class Broken(NamedTuple):
    """A rule that some cells break: the rows of the block, from 0, and a message for each."""

    code: Code
    rows: pl.Series
    messages: pl.Series


@dataclass(frozen=True)
class Cells:
    """Texts of one column.

    Attributes:
        text: the texts so far, null = no value.
        broken: the rules broken on the way here; where one is, the text is null.
        rows: the row of the block, from 0, that each text belongs to; None: one text for each row, in order.
    """

    text: pl.Series
    broken: tuple[Broken, ...] = ()
    rows: pl.Series | None = None

    def become(self, text: pl.Series) -> Self:
        """The same with other texts."""
        return replace(self, text=text)

    def mapped(self, value: Callable[[pl.Expr], pl.Expr]) -> Self:
        """The same with what an expression makes of each text."""
        return self.become(self.text.to_frame("text").select(value(pl.col("text"))).to_series())

    def refuse(self, where: pl.Series, code: Code, message: pl.Expr, *, beside: pl.DataFrame | None = None) -> Self:
        """The same without the texts at some places, which break a rule.

        Args:
            where: true where a text breaks the rule; null counts as false.
            code: the rule.
            message: what is wrong, over a column `text` and those of `beside`.
            beside: further columns for the message, one row per text.
        """
        places = where.fill_null(value=False).arg_true()
        if places.is_empty():
            return self
        frame = (self.text.to_frame("text") if beside is None else beside.with_columns(text=self.text))[places]
        rows = places if self.rows is None else self.rows.gather(places)
        told = Broken(code, rows, frame.with_columns(message.alias("message"))["message"])
        empty = pl.repeat(None, len(places), dtype=pl.String, eager=True)
        return replace(self, text=self.text.clone().scatter(places, empty), broken=(*self.broken, told))


Step: TypeAlias = Callable[[Cells], Cells]
"""One thing that is done to the texts of a column."""


def found(expected: str) -> pl.Expr:
    """`found '…', expected …` over a column `text`."""
    return pl.concat_str(found_text(pl.col("text")), pl.lit(f", expected {expected}"))
