"""Which fields the name of a column may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import IntEnum
from functools import cache
from typing import Final, NamedTuple

from regbulk.guess.spelling import key, without_brackets, without_number, words
from regbulk.guess.vocabulary import Synonym, vocabulary
from regbulk.schema import Schema

_NEAR: Final = 0.84
_SHORTEST: Final = 5
_UNITS: Final = re.compile(
    r"eur|euro|€|chf|usd|\$|gbp|£|%|[tdmjyahs.:/ -]+|pflichtfeld|required|optional|mandatory", re.IGNORECASE
)
_BRACKETS: Final = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")


class Level(IntEnum):
    """How sure a name is; from `NUMBERED` on it decides, if the values agree."""

    PART = 1
    NEAR = 2
    PERHAPS = 3
    NUMBERED = 4
    SYNONYM = 5
    TITLE = 6
    OWN = 7


class Match(NamedTuple):
    """A field that a column's name may stand for, and why."""

    field: str
    level: Level
    ground: str


@dataclass(frozen=True)
class Names:
    """The names that are known for the fields of a schema, by their keys."""

    own: Mapping[str, str]
    titles: Mapping[str, str]
    fields: tuple[str, ...]

    def matches(self, column: str) -> tuple[Match, ...]:
        """The fields a column may be, the surest first; one match for each field."""
        found: dict[str, Match] = {}
        for match in self._all(column):
            found.setdefault(match.field, match)
        return tuple(sorted(found.values(), key=lambda match: (-match.level, self.fields.index(match.field))))

    def _all(self, column: str) -> Iterator[Match]:
        exact = [*self._exact(key(_without_unit(column)))]
        yield from exact
        if (bare := without_number(column)) != column:
            yield from (
                Match(match.field, min(match.level, Level.NUMBERED), f"{match.ground}, without its number")
                for match in self._exact(key(bare))
            )
        if (bare := without_brackets(column)) != column:
            yield from (
                Match(match.field, Level.PERHAPS, f"{match.ground}, without its brackets")
                for match in self._exact(key(bare))
            )
        if not exact:
            yield from self._near(key(column))
            yield from self._in_part(words(column))

    def _exact(self, spelled: str) -> Iterator[Match]:
        if field := self.own.get(spelled):
            yield Match(field, Level.OWN, "the name is the field's own")
        if field := self.titles.get(spelled):
            yield Match(field, Level.TITLE, "the name is the field's title")
        for synonym in vocabulary().fields.get(spelled, ()):
            yield Match(synonym.field, Level.SYNONYM, f"the name is {_article(synonym)} word for it")
        for synonym in vocabulary().perhaps.get(spelled, ()):
            yield Match(synonym.field, Level.PERHAPS, f"the name may be {_article(synonym)} word for it")

    def _near(self, spelled: str) -> Iterator[Match]:
        if len(spelled) < _SHORTEST:
            return
        for near in get_close_matches(spelled, self._known, n=2, cutoff=_NEAR):
            for match in self._exact(near):
                yield Match(match.field, Level.NEAR, "the name is nearly its own")

    def _in_part(self, parts: tuple[str, ...]) -> Iterator[Match]:
        """A known name of which every word stands in the column's name; the longest known name only."""
        joined = {"".join(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, len(parts) + 1)}
        known = sorted((name for name in joined if len(name) >= _SHORTEST and name in self._known), key=len)
        for match in self._exact(known[-1]) if known else ():
            yield Match(match.field, Level.PART, "the name holds a word for it")

    @property
    def _known(self) -> frozenset[str]:
        return _known(tuple(self.own), tuple(self.titles))


@cache
def _known(*names: tuple[str, ...]) -> frozenset[str]:
    return frozenset(vocabulary().fields).union(*names)


def names_of(schema: Schema) -> Names:
    """The names of the fields that a source may write, and of `id`."""
    fields = tuple(name for name in schema.columns if name == "id" or _is_written(name, schema))
    titles = {key(schema.field(name).title): name for name in reversed(fields) if "." not in name}
    return Names({key(name): name for name in fields}, titles, fields)


def _is_written(name: str, schema: Schema) -> bool:
    return schema.field(name).written_by in {"source", "derived"}


def _without_unit(column: str) -> str:
    """A name without brackets that hold nothing but a unit, a form of dates, or how it must be filled in."""
    inside = _BRACKETS.search(column)
    return without_brackets(column) if inside and _UNITS.fullmatch(inside[1].strip()) else column


def _article(synonym: Synonym) -> str:
    return f"an {synonym.language}" if synonym.language[0] in "EI" else f"a {synonym.language}"
