"""What the legacy export is made of: rows as they should be, and what is wrong with some of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from legacy_cells import Row
from legacy_records import Numbering


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a row.

    Attributes:
        errors: `field code` of each broken rule; nothing before the space where the record as a whole is at fault.
        changed: the cells that differ from the row as it should be.
        surplus: how many cells are missing at the end, where negative.
    """

    errors: tuple[str, ...] = ()
    changed: Row = field(default_factory=dict)
    surplus: int = 0


SOUND: Final = Flaw()


class Entry(NamedTuple):
    """One row: as it should be, and what is wrong with it in the CSV and in the workbook."""

    good: Row
    csv: Flaw = SOUND
    sheet: Flaw = SOUND


class Maker(NamedTuple):
    """Makes rows, each with an index of its own.

    Attributes:
        numbering: how indexes become legacy numbers.
        indexes: the indexes that are left.
        anchor: a sound registration that others may refer to.
    """

    numbering: Numbering
    indexes: Iterator[int]
    anchor: Row

    def registration(self) -> Row:
        """A registration that stands for itself."""
        return self.numbering.registration(next(self.indexes))

    def guest(self, parent: Row) -> Row:
        """A guest of another registration."""
        return self.numbering.guest(next(self.indexes), parent)

    def replacement(self, original: Row) -> Row:
        """A registration that replaces another."""
        return self.numbering.replacement(next(self.indexes), original)

    def elsewhere(self, first: Row) -> Row:
        """A registration of the same member for the other event."""
        return self.numbering.elsewhere(next(self.indexes), first)


class Kind(NamedTuple):
    """A family of rows that refer to nothing else but the anchor: how many, and how they are made.

    Where a kind is one of flaws, each of its rows is a reject in the CSV.
    """

    rows: int
    make: Callable[[Maker], list[Entry]]
