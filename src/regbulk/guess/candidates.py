"""Which column may be which field: names and values together, each field once."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from regbulk.guess.facts import Facts
from regbulk.guess.judge import is_specific, reading_for
from regbulk.guess.names import Level, Match, Names
from regbulk.guess.reading import Reading
from regbulk.mapping.claims import overlap
from regbulk.schema import Schema


class Candidate(NamedTuple):
    """A field that a column may be.

    Attributes:
        column: of the source.
        field: of a registration.
        level: how sure its name is.
        ground: why it may be this field.
        reading: how its values are read then.
        reference: the column of numbers by which it names another record; None: it does not.
        is_proven: whether its values are known to be what the field holds from more than their look.
    """

    column: str
    field: str
    level: Level
    ground: str
    reading: Reading
    reference: str | None = None
    is_proven: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether name and values together decide it."""
        return self.level >= Level.NUMBERED and self.reading.agrees


@dataclass(frozen=True)
class Candidates:
    """The fields that the columns with values may be, by column, the surest first."""

    by_column: Mapping[str, tuple[Candidate, ...]]

    def of(self, column: str) -> tuple[Candidate, ...]:
        """Those of one column."""
        return self.by_column.get(column, ())

    def sound(self, column: str) -> tuple[Candidate, ...]:
        """Those of one column that its name and values decide, all equally sure."""
        sound = [candidate for candidate in self.of(column) if candidate.is_sound]
        return tuple(candidate for candidate in sound if candidate.level == sound[0].level)

    def without(self, field: str, columns: Container[str]) -> Candidates:
        """The same, but some columns are not to be a field."""
        kept = {
            column: tuple(each for each in found if column not in columns or each.field != field)
            for column, found in self.by_column.items()
        }
        return Candidates(kept)

    def apart_from(self, columns: Container[str]) -> Candidates:
        """The same without some columns."""
        return Candidates({column: found for column, found in self.by_column.items() if column not in columns})

    def for_field(self, *fields: str) -> tuple[Candidate, ...]:
        """Those of any column for one of some fields, the surest first, then in the order of columns."""
        found = (each for of_one in self.by_column.values() for each in of_one if each.field in fields)
        return tuple(sorted(found, key=lambda candidate: -candidate.level))


def candidates(columns: Sequence[Facts], names: Names, schema: Schema) -> Candidates:
    """The fields that columns may be."""
    ours = speaks_api(columns, schema)
    by_column = {facts.name: tuple(_of_one(facts, names, schema, ours=ours)) for facts in columns if facts.values}
    return Candidates(by_column)


def assigned(possible: Candidates, preferred: Mapping[str, Candidate], schema: Schema) -> dict[str, Candidate]:
    """A field for each column that has a sure one, no field twice, no object beside one of its members.

    Args:
        possible: the fields that the columns may be.
        preferred: what is known about some columns from more than their names and values.
        schema: the fields.
    """
    columns = [column for column in possible.by_column if column not in preferred]
    sure = [each for column in columns if (each := _surest(possible.sound(column), schema))]
    taken: dict[str, Candidate] = dict(preferred)
    for candidate in sorted(sure, key=lambda each: -each.level):
        if not any(overlap(candidate.field, other.field) for other in taken.values()):
            taken[candidate.column] = candidate
    return taken


def _surest(sound: Sequence[Candidate], schema: Schema) -> Candidate | None:
    """The one of several equally sure fields that only few values could have; None where there is no such."""
    specific = [each for each in sound if is_specific(schema.field(each.field))]
    chosen = specific if len(specific) == 1 else sound
    return chosen[0] if len(chosen) == 1 else None


def _of_one(facts: Facts, names: Names, schema: Schema, *, ours: bool) -> Iterator[Candidate]:
    for match in names.matches(facts.name):
        if _is_meant(match, facts.name, ours=ours):
            reading = reading_for(schema.field(match.field), facts)
            yield Candidate(facts.name, match.field, match.level, match.ground, reading)


def _is_meant(match: Match, column: str, *, ours: bool) -> bool:
    """An `id` is the API's only in a file whose columns have the API's names; every other system has one of its own."""
    return match.field != "id" or (ours and column == "id")


def speaks_api(columns: Sequence[Facts], schema: Schema) -> bool:
    """Whether most columns of a source have the API's own names."""
    own = sum(facts.name in schema.columns for facts in columns)
    return own > len(columns) / 2
