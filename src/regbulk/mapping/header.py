"""The columns of a source as a mapping sees them, and what is wrong between the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from regbulk.mapping.claims import claims, overlap
from regbulk.mapping.mapping import Mapping, ToField, ToReference
from regbulk.mapping.names import folded
from regbulk.mapping.problems import hint
from regbulk.mapping.targets import is_written_by_sources, takes_dates
from regbulk.schema import Schema, nearest
from regbulk.source.header import name_problems


@dataclass(frozen=True)
class Header:
    """The columns of one source, the mapping and the fields they meet."""

    columns: tuple[str, ...]
    mapping: Mapping
    schema: Schema

    def find(self, name: str) -> str | None:
        """A column as the source spells it, by its name as the mapping does; None where the source has none."""
        return self._spelled.get(folded(name))

    @cached_property
    def unnamed(self) -> tuple[str, ...]:
        """The columns that the mapping does not name and that are read as fields by their own names."""
        named = {folded(column.name) for column in self.mapping.columns}
        return tuple(
            name
            for name in self.columns
            if name in self.schema.columns and folded(name) not in named and is_written_by_sources(name, self.schema)
        )

    def problems(self) -> list[str]:
        """Everything that is wrong, one sentence each; an empty list means that the mapping fits the source."""
        if self.columns and not any(self._is_known(name) for name in self.columns):
            # A first line that looks like no column at all is likely a record, and people's data belongs in no message.
            count = len(self.columns)
            return [f"none of the {count} columns is named in {self.mapping.name}; is it another source, or no header?"]
        return [
            *name_problems(self.columns),
            *self._alike(),
            *self._missing(),
            *self._unknown(),
            *self._claimed_twice(),
            *self._lost_references(),
            *self._years_of_two_digits(),
        ]

    @cached_property
    def _spelled(self) -> dict[str, str]:
        return {folded(name): name for name in reversed(self.columns)}

    @cached_property
    def _named(self) -> frozenset[str]:
        """Every column that the mapping names: in its columns, in its joins, or as what references mean."""
        columns = self.mapping.columns
        joined = (part for join in self.mapping.joins for part in join.columns)
        meant = (column.target.to for column in columns if isinstance(column.target, ToReference))
        return frozenset(map(folded, (*(column.name for column in columns), *joined, *meant)))

    def _is_known(self, name: str) -> bool:
        return folded(name) in self._named or name in self.schema.columns

    def _alike(self) -> Iterator[str]:
        """Names that differ only in how their accents are written."""
        for name in self.columns:
            other = self._spelled[folded(name)]
            if other.strip().casefold() != name.strip().casefold():
                yield f"columns {other!r} and {name!r} look the same (accents are written in two ways); keep one"

    def _missing(self) -> Iterator[str]:
        asked = [(f"line {column.line}", column.name) for column in self.mapping.columns]
        joined = [
            (f"line {join.line}, join {join.field!r}", part) for join in self.mapping.joins for part in join.columns
        ]
        for where, name in dict.fromkeys([*asked, *joined]):
            if self.find(name) is None:
                near = nearest(name, [column for column in self.columns if not self._is_known(column)])
                yield f"the mapping names column {name!r} ({where}), the source has none{hint(near)}"

    def _unknown(self) -> Iterator[str]:
        missing = [column.name for column in self.mapping.columns if self.find(column.name) is None]
        for name in dict.fromkeys(self.columns):
            if name.strip() and not self._is_known(name):
                near = nearest(name, missing)
                advice = (
                    f"did the mapping mean it by {near!r}?" if near else "give it a field in the mapping, or: ignore"
                )
                yield f"column {name!r} is neither mapped nor ignored; {advice}"

    def _claimed_twice(self) -> Iterator[str]:
        given = list(claims(self.mapping))
        for name in self.unnamed:
            claim = next((claim for claim in given if overlap(name, claim.field)), None)
            if claim:
                by = ".".join(map(str, claim.by))
                yield f"column {name!r} is a field by its name, and {by} gives {claim.field!r} its value; ignore one"
        yield from (
            f"columns {name!r} and {other!r} are both there; keep the one or the other"
            for place, name in enumerate(self.unnamed)
            for other in self.unnamed[:place]
            if name != other and overlap(name, other)
        )

    def _lost_references(self) -> Iterator[str]:
        given = {claim.field for claim in claims(self.mapping)} | {*self.unnamed}
        for column in self.mapping.columns:
            target = column.target
            if isinstance(target, ToReference) and self.find(target.to) is None and target.to not in given:
                near = nearest(target.to, [*self.columns, *given])
                told = f"column {column.name!r} refers to {target.to!r}, which is no column of the source and no field"
                yield told + hint(near)

    def _years_of_two_digits(self) -> Iterator[str]:
        reading = self.mapping.unnamed
        if reading.years_from is not None or not any("%y" in form for form in reading.dates):
            return
        for name in self.unnamed:
            if takes_dates(ToField(name), self.schema):
                told = "is read by the dates of defaults, and %y is a year of two digits"
                yield f"column {name!r} {told}; say with years_from there which hundred years they are"
