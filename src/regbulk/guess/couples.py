"""Whether a column called `Name` beside one of first names holds full names or last names."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from regbulk.guess.reading import NEARLY_ALL


@dataclass
class CoupleWatch:
    """Counts in how many records the name holds the first name.

    Attributes:
        first: the column of first names.
        name: the column in doubt.
        both: records that have both.
        holding: those of them whose name holds the first name.
    """

    first: str
    name: str
    both: int = 0
    holding: int = 0

    def see(self, records: pl.DataFrame) -> None:
        """Look at further records."""
        first, name = (pl.col(column).str.strip_chars().str.to_lowercase() for column in (self.first, self.name))
        there = records.filter((first != "") & (name != ""))
        self.both += there.height
        self.holding += int(there.select(name.str.contains(first, literal=True).sum()).item())

    @property
    def is_full(self) -> bool | None:
        """Whether the names are full ones; None where the records do not agree."""
        if self.both and self.holding >= NEARLY_ALL * self.both:
            return True
        return False if self.both and self.holding <= (1 - NEARLY_ALL) * self.both else None
