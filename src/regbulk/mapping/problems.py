"""What is wrong with a mapping file, as values: always all of it at once, each with its line and key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from regbulk.errors import MappingError


class Place(NamedTuple):
    """A place in a mapping file: the line, counted from 1, and the key as a dotted path, items of lists from 1."""

    line: int
    key: str


class Problem(NamedTuple):
    """One thing that is wrong: what was found, what was expected, and what to do."""

    place: Place
    text: str


def refused(name: str, problems: Iterable[Problem]) -> MappingError:
    """The error that tells all problems of a mapping file, in the order of their lines."""
    ordered = sorted(dict.fromkeys(problems), key=lambda problem: problem.place.line)
    lines = "".join(f"\n  - {_where(problem.place)}: {problem.text}" for problem in ordered)
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    return MappingError(f"{name}: {count}, nothing was read:{lines}")


def hint(near: str | None, otherwise: str = "") -> str:
    """What to do about a name nobody knows: the one that was likely meant, or something else."""
    if near:
        return f"; did you mean {near!r}?"
    return f"; {otherwise}" if otherwise else ""


def _where(place: Place) -> str:
    return f"line {place.line}, {place.key}" if place.key else f"line {place.line}"
