"""Columns of which it is not sure whose names they hold: first names, last names, or both together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from regbulk.guess.candidates import Candidate, Candidates
from regbulk.guess.couples import CoupleWatch
from regbulk.guess.names import Level

_PARTS: Final = ("first_name", "last_name")
_FIELDS: Final = (*_PARTS, "name")


class Doubt(NamedTuple):
    """A column that may be several of the three fields.

    Attributes:
        column: its name.
        others: the parts of names that other columns hold for certain.
        watch: what tells a full name from a part, where one of the two parts has a column of its own.
    """

    column: str
    others: tuple[str, ...]
    watch: CoupleWatch | None


def doubts(possible: Candidates) -> tuple[Doubt, ...]:
    """The columns in doubt."""
    certain = {each.field: each.column for each in _certain(possible)}
    others = tuple(field for field in _PARTS if field in certain)
    return tuple(
        Doubt(column, others, CoupleWatch(certain[others[0]], column) if len(others) == 1 else None)
        for column in _doubtful(possible)
    )


def resolved(doubt: Doubt, possible: Candidates) -> Candidate | None:
    """Which field a column in doubt is; None where the records do not tell."""
    by_field = {candidate.field: candidate for candidate in possible.of(doubt.column)}
    if doubt.watch is None:
        told = "first and last names have columns of their own" if doubt.others else "no other column holds names"
        return _sure(by_field.get("name"), told)
    watch = doubt.watch
    told = f"{watch.holding:,} of {watch.both:,} hold the text of column {watch.first!r}"
    if watch.is_full is None:
        return None
    (missing,) = set(_PARTS) - set(doubt.others)
    return _sure(by_field.get("name" if watch.is_full else missing), told)


def _sure(candidate: Candidate | None, told: str) -> Candidate | None:
    if candidate is None or not candidate.reading.agrees:
        return None
    return candidate._replace(level=Level.TITLE, ground=f"{candidate.ground}; {told}")


def _doubtful(possible: Candidates) -> Iterator[str]:
    for column, found in possible.by_column.items():
        # A column with the field's own name in the API's spelling is what it says.
        if len(_fields(found)) > 1 and column != "name":
            yield column


def _certain(possible: Candidates) -> Iterator[Candidate]:
    for column, found in possible.by_column.items():
        if len(_fields(found)) == 1:
            yield from (each for each in possible.sound(column) if each.field in _FIELDS)


def _fields(found: Sequence[Candidate]) -> list[str]:
    return [each.field for each in found if each.field in _FIELDS and each.level >= Level.PERHAPS]
