"""Crosswalks: tables that say which number of the old system is which id of the new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import polars as pl

from regbulk.errors import SourceError
from regbulk.guess.membership import Members, hashes
from regbulk.guess.texts import COUNT, TEXT, counted
from regbulk.mapping.text import padded_text, trimmed
from regbulk.source import open_source
from regbulk.source.header import name_problems

_ENOUGH: Final = 20_000
_HOPELESS: Final = 0.05


@dataclass(frozen=True)
class Crosswalk:
    """A table on disk.

    Attributes:
        path: as it was given.
        columns: its columns in order.
        keys: the texts of each column that has none twice.
        widths: of a key column of nothing but digits the one length of its texts; None where there is no such.
    """

    path: Path
    columns: tuple[str, ...]
    keys: Mapping[str, Members]
    widths: Mapping[str, int | None]


def read_crosswalk(path: Path) -> Crosswalk:
    """Read a CSV or Parquet file.

    Raises:
        SourceError: it cannot be read, or some of its records cannot.
    """
    source = open_source(str(path))
    if problems := [*source.problems, *name_problems(source.columns)]:
        raise SourceError(source.name, problems)
    seen = {name: _Column() for name in source.columns}
    for block in source.blocks():
        if block.faults.height:
            line, message = block.faults.select("line_no", "message").row(0)
            raise SourceError(source.name, [f"line {line} cannot be read: {message}"])
        for name, column in seen.items():
            column.see(block.records.select(trimmed(pl.col(name))).to_series().drop_nulls())
    keys = {name: members for name, column in seen.items() if (members := column.members)}
    return Crosswalk(path, source.columns, keys, {name: seen[name].width for name in keys})


@dataclass
class _Column:
    """The texts of a column, as hashes, and the lengths of those of digits alone."""

    parts: list[pl.Series] = field(default_factory=list)
    lengths: set[int] = field(default_factory=set)
    is_digits: bool = True

    def see(self, texts: pl.Series) -> None:
        if not len(texts):
            return
        self.parts.append(hashes(texts))
        self.lengths.update(texts.str.len_bytes().unique())
        self.is_digits = self.is_digits and bool(texts.str.contains("^[0-9]+$").all())

    @property
    def members(self) -> Members | None:
        """The texts; None where one stands there twice, or none at all."""
        members = Members.of(pl.concat(self.parts)) if self.parts else None
        total = sum(map(len, self.parts))
        return members if members and len(members.sorted_hashes) == total else None

    @property
    def width(self) -> int | None:
        """The one length of all texts, where they are digits."""
        return next(iter(self.lengths)) if self.is_digits and len(self.lengths) == 1 else None


@dataclass
class Found:
    """How many cells of a column stand in a key column of a crosswalk.

    Attributes:
        column: of the source.
        table: the crosswalk.
        key: its column.
        values: how many cells were looked up.
        found: how many stand there as they are.
        padded: how many stand there when numbers are filled up with zeros to the length that the keys have.
    """

    column: str
    table: Crosswalk
    key: str
    values: int = 0
    found: int = 0
    padded: int = 0

    @property
    def width(self) -> int | None:
        """The length to which the column's numbers must be filled up to be found; None: they need not be."""
        return self.table.widths[self.key] if self.padded > self.found else None

    @property
    def share(self) -> float:
        """The share of cells that are found, as they are or filled up."""
        return max(self.found, self.padded) / self.values if self.values else 0.0


@dataclass
class LookupWatch:
    """Looks the cells of every column up in every key column of some crosswalks."""

    columns: Sequence[str]
    tables: Sequence[Crosswalk]
    marks: Mapping[str, Sequence[str]]
    pairs: list[Found] = field(init=False)

    def __post_init__(self) -> None:
        self.pairs = [Found(name, table, key) for name in self.columns for table in self.tables for key in table.keys]

    def see(self, records: pl.DataFrame) -> None:
        """Look up further records; pairs without hope are given up."""
        for name in dict.fromkeys(pair.column for pair in self.pairs):
            texts, _ = counted(records[name])
            judged = texts.filter(~pl.col(TEXT).is_in(list(self.marks[name])))
            for pair in (pair for pair in self.pairs if pair.column == name):
                _look_up(pair, judged)
        self.pairs = [pair for pair in self.pairs if pair.values < _ENOUGH or pair.share >= _HOPELESS]


def _look_up(pair: Found, texts: pl.DataFrame) -> None:
    members, counts = pair.table.keys[pair.key], texts[COUNT]
    pair.values += int(counts.sum())
    pair.found += int(counts.filter(members.hold(hashes(texts[TEXT]))).sum())
    width = pair.table.widths[pair.key]
    padded = texts.select(padded_text(pl.col(TEXT), width)).to_series() if width else texts[TEXT]
    pair.padded += int(counts.filter(members.hold(hashes(padded))).sum())
