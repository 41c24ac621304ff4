"""Whether texts are among others, for as many as a file has: eight bytes each."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl


def hashes(texts: pl.Series) -> pl.Series:
    """A number for each text; two texts have the same one about as often as two files have the same checksum."""
    return texts.hash(seed=0)


@dataclass(frozen=True)
class Members:
    """A set of texts, as their hashes in ascending order, every one once."""

    sorted_hashes: pl.Series

    @classmethod
    def of(cls, some: pl.Series) -> Members:
        """The set of the texts with these hashes."""
        return cls(some.unique().sort())

    def hold(self, some: pl.Series) -> pl.Series:
        """For each hash whether its text is in the set."""
        if not len(self.sorted_hashes):
            return pl.repeat(value=False, n=len(some), eager=True)
        places = self.sorted_hashes.search_sorted(some).clip(0, len(self.sorted_hashes) - 1)
        return self.sorted_hashes.gather(places) == some
