"""The legacy export as a whole: pages of rows in which families stand mixed, guests often before their parents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Final, NamedTuple

from legacy_dirt import ODD, RAGGED, REPEATABLE
from legacy_entries import Entry, Kind, Maker
from legacy_links import GUEST_OF_AN_UNREADABLE_ROW, LINKS
from legacy_records import MISSING_NO, Numbering, Row, cancelled

ROWS_PER_PAGE: Final = 40
_SPREAD: Final = 12.0
"""By how many rows two of a page may change places."""
_EVERY_KIND: Final = (*ODD, *RAGGED, *REPEATABLE, *LINKS, GUEST_OF_AN_UNREADABLE_ROW)


class _Family(NamedTuple):
    """Sound rows that refer to each other, and how often they occur."""

    weight: int
    rows: int
    make: Callable[[Maker], list[Row]]


def _with_guests(maker: Maker, guests: int) -> list[Row]:
    first = maker.registration()
    return [first, *(maker.guest(first) for _ in range(guests))]


def _three_levels(maker: Maker) -> list[Row]:
    first, guest = _with_guests(maker, 1)
    return [first, guest, maker.guest(guest)]


def _replaced(maker: Maker) -> list[Row]:
    original = cancelled(maker.registration())
    return [original, maker.replacement(original)]


def _both_events(maker: Maker) -> list[Row]:
    first = maker.registration()
    return [first, maker.elsewhere(first)]


_FAMILIES: Final = (
    _Family(62, 1, lambda maker: [maker.registration()]),
    _Family(14, 2, lambda maker: _with_guests(maker, 1)),
    _Family(4, 3, lambda maker: _with_guests(maker, 2)),
    _Family(4, 3, _three_levels),
    _Family(6, 2, _replaced),
    _Family(8, 2, _both_events),
)
_FAR_GUESTS: Final = 0.4
"""The share of pages with a guest of somebody on another page."""


@dataclass(frozen=True)
class Export:
    """A file of a given size.

    Attributes:
        rows: how many, flawed ones included; a multiple of `ROWS_PER_PAGE`.
        flaws: the kinds that each page has, by page.
    """

    rows: int
    flaws: Callable[[int], Iterator[Sequence[Kind]]]

    @property
    def numbering(self) -> Numbering:
        """Legacy numbers from a few to six digits, however many there are."""
        return Numbering(min(97, (MISSING_NO - 100) // self.rows))

    def pages(self) -> Iterator[list[Entry]]:
        """All rows in order; about as many are in memory as a page has."""
        pages = self.rows // ROWS_PER_PAGE
        for number, kinds in zip(range(pages), self.flaws(pages), strict=True):
            yield self._page(number, kinds)

    def _page(self, number: int, kinds: Sequence[Kind]) -> list[Entry]:
        rng = Random(f"legacy page {number}")
        maker = self._maker(number)
        entries = [Entry(maker.anchor), *(entry for kind in kinds for entry in kind.make(maker))]
        if rng.random() < _FAR_GUESTS:
            other = rng.randrange(self.rows // ROWS_PER_PAGE)
            entries.append(Entry(maker.guest(self._maker(other).anchor)))
        while room := ROWS_PER_PAGE - len(entries):
            (family,) = rng.choices(_FAMILIES, [family.weight * (family.rows <= room) for family in _FAMILIES])
            entries += map(Entry, family.make(maker))
        places = [place + rng.uniform(0, _SPREAD) for place in range(ROWS_PER_PAGE)]
        return [entries[place] for place in sorted(range(ROWS_PER_PAGE), key=places.__getitem__)]

    def _maker(self, page: int) -> Maker:
        indexes = iter(range(page * ROWS_PER_PAGE, (page + 1) * ROWS_PER_PAGE))
        return Maker(self.numbering, indexes, self.numbering.registration(next(indexes)))


def every_kind_once(pages: int) -> Iterator[Sequence[Kind]]:
    """Each kind of flaw once, spread over all pages but the first."""
    return iter([(), *(_EVERY_KIND[page :: pages - 1] for page in range(pages - 1))])


def a_share(flawed: int) -> Callable[[int], Iterator[Sequence[Kind]]]:
    """One ragged row, and exactly so many other flawed rows, of each kind in turn."""

    def flaws(pages: int) -> Iterator[Sequence[Kind]]:
        kinds, left = cycle([*REPEATABLE, *LINKS]), flawed
        for page in range(pages):
            due = left - flawed * (pages - page - 1) // pages
            chosen: list[Kind] = []
            while due > 0:
                kind = next(kind for kind in kinds if kind.rows <= left)
                chosen.append(kind)
                due, left = due - kind.rows, left - kind.rows
            yield [*chosen, RAGGED[0]] if page == pages // 2 else chosen

    return flaws


SAMPLE: Final = Export(2000, every_kind_once)
