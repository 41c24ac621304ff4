"""How a column is to be read, as far as its values tell: what is decided, and what a person must decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

NEARLY_ALL: Final = 0.95
"""The share of values that must agree with a decision; what is left can only become rejects, never another value."""


class Word(NamedTuple):
    """What one text of a column means.

    Attributes:
        text: as the source has it.
        meaning: a text or a boolean; None: it is not known.
        ground: why, or how often it occurs.
    """

    text: str
    meaning: str | bool | None
    ground: str


class Setting(NamedTuple):
    """One key of a column's entry in a mapping file.

    Attributes:
        key: such as `dates`.
        value: what stands behind it; `Word`s for `values`; None: a person must fill it in.
        chosen: false: a commented choice.
        ground: why.
    """

    key: str
    value: object
    chosen: bool = True
    ground: str = ""


@dataclass(frozen=True)
class Reading:
    """How a column is to be read for a field.

    Attributes:
        agrees: whether its values are what the field holds.
        settings: decided ones and choices, in the order in which they are written.
        grounds: what the values show, one sentence each.
        asks: what is left to decide, one sentence each.
        withheld: the column must not be read before that is decided, because it would be read, and perhaps wrongly.
    """

    agrees: bool = True
    settings: tuple[Setting, ...] = ()
    grounds: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    withheld: bool = False

    def plus(self, other: Reading) -> Reading:
        """Both together."""
        return Reading(
            self.agrees and other.agrees,
            self.settings + other.settings,
            self.grounds + other.grounds,
            self.asks + other.asks,
            self.withheld or other.withheld,
        )


def together(readings: Iterable[Reading]) -> Reading:
    """All of several readings of one column."""
    whole = Reading()
    for reading in readings:
        whole = whole.plus(reading)
    return whole


def number_of(count: int, noun: str, plural: str | None = None) -> str:
    """A count with its noun: `1 record`, `2,000 records`."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"
