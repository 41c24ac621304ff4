"""Columns that name other records of the same file, and the column of numbers by which they do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import polars as pl

from regbulk.guess.membership import Members, hashes
from regbulk.mapping.text import padded_text, trimmed


class Distinct(NamedTuple):
    """How many cells of a column have a value, and how many different ones they have."""

    values: int
    distinct: int


class Kin(NamedTuple):
    """How many cells of a column have a value that stands in a column of numbers."""

    values: int
    found: int


@dataclass
class KinWatch:
    """Collects the values of columns of numbers, and those of columns that may refer to them.

    Attributes:
        keys: the columns of numbers, each with the length to which its numbers are filled up (None: they are not).
        referring: the columns that may refer to them.
        marks: for each column the words that mean no value.
    """

    keys: Mapping[str, int | None]
    referring: Sequence[str]
    marks: Mapping[str, Sequence[str]]
    _own: dict[str, list[pl.Series]] = field(init=False)
    _theirs: dict[tuple[str, int | None], list[pl.Series]] = field(init=False)

    def __post_init__(self) -> None:
        self._own = {key: [] for key in self.keys}
        self._theirs = {(name, width): [] for name in self.referring for width in set(self.keys.values())}

    def see(self, records: pl.DataFrame) -> None:
        """Take note of further records."""
        for name, width in self.keys.items():
            self._own[name].append(hashes(self._texts(records[name], width)))
        for (name, width), seen in self._theirs.items():
            seen.append(hashes(self._texts(records[name], width)))

    def distinct(self, key: str) -> Distinct:
        """How far the numbers of a column tell records apart."""
        own = _joined(self._own[key])
        return Distinct(len(own), own.n_unique())

    def kin(self, column: str, key: str) -> Kin:
        """How far a column holds numbers of another one, both filled up with zeros alike."""
        theirs = _joined(self._theirs[column, self.keys[key]])
        return Kin(len(theirs), int(Members.of(_joined(self._own[key])).hold(theirs).sum()))

    def _texts(self, cells: pl.Series, width: int | None) -> pl.Series:
        text = trimmed(pl.col(cells.name))
        texts = cells.drop_nulls().to_frame().select(padded_text(text, width) if width else text).to_series()
        return texts.filter((texts != "") & ~texts.is_in(list(self.marks[cells.name])))


def _joined(parts: list[pl.Series]) -> pl.Series:
    return pl.concat(parts) if parts else pl.Series(dtype=pl.UInt64)
