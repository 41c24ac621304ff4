"""The draft of a mapping: what was decided, what is left to decide, and the text that says both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from regbulk.guess.entry import Entry
from regbulk.source.contract import Skipped
from regbulk.source.options import SourceOptions


class Missing(NamedTuple):
    """A field that every new registration needs and no column gives; `column` is one that could, once decided."""

    field: str
    column: str | None


class Join(NamedTuple):
    """Columns whose texts could be put together in one field."""

    field: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Draft:
    """The draft of a mapping.

    Attributes:
        source: the base name of the source.
        options: how the source was to be read.
        decisions: what was found out about how it is written, one sentence each.
        records: how many records it has, those included that could not be split into cells.
        faults: of those how many by reject code.
        skipped: rows that are no records.
        entries: its columns in order.
        lacks_zone: the columns with dates that do not say in which time zone they are.
        missing: fields that every new registration needs.
        joins: columns that could be put together.
    """

    source: str
    options: SourceOptions
    decisions: tuple[str, ...]
    records: int
    faults: Mapping[str, int]
    skipped: Skipped
    entries: tuple[Entry, ...]
    lacks_zone: tuple[str, ...]
    missing: tuple[Missing, ...]
    joins: tuple[Join, ...]

    @property
    def decided(self) -> tuple[Entry, ...]:
        """The columns whose entry is written."""
        return tuple(entry for entry in self.entries if entry.is_decided)

    @property
    def left(self) -> tuple[tuple[str, str], ...]:
        """What a person must decide: where in the file, and the question."""
        columns = [(repr(entry.column), ask) for entry in self.entries for ask in entry.asks]
        zone = [("defaults", "in which time zone are times that carry none?")] if self.lacks_zone else []
        needed = [
            ("constants", f"every new registration needs {each.field}") for each in self.missing if not each.column
        ]
        return (*columns, *zone, *needed)
