"""Blocks of CSV bytes as raw records, as they stand in the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Self

import polars as pl

from regbulk.source.cut import Cut
from regbulk.source.dialect import Dialect
from regbulk.source.octets import octets
from regbulk.source.transcoding import Encoding


@dataclass(frozen=True)
class Origin:
    """Where the bytes of a block stand in the file: how many stored bytes come before them, in which encoding."""

    before: int
    encoding: Encoding


@dataclass(frozen=True)
class Records:
    """A run of records as they stand in the file, in UTF-8.

    Attributes:
        data: bytes among which they stand.
        places: one row per record: the columns of `Cut.places`, `blank` Boolean (it has no value at all), and once it
            is numbered `number` Int64 (from 1).
        well_quoted: whether all quotes of the well-formed ones enclose cells, or are written twice inside.
        origin: where `data` stands in the file.
    """

    data: bytes
    places: pl.DataFrame
    well_quoted: bool
    origin: Origin

    def __len__(self) -> int:
        return self.places.height

    @cached_property
    def raw(self) -> list[bytes]:
        """The bytes of each record without its line end."""
        data = self.data
        return [data[start:stop] for start, stop in self.places.select("start", "stop").iter_rows()]

    def where(self, kept: pl.Expr) -> Self:
        """The same without the others."""
        return replace(self, places=self.places.filter(kept))

    def offset(self, index: int, inside: int = 0) -> int:
        """Stored bytes of the (decompressed) file before a record, or before a position (in UTF-8) inside it."""
        return self._before[index] + self.origin.encoding.stored_size(self.raw[index][:inside])

    @cached_property
    def _before(self) -> Sequence[int]:
        starts = self.places["start"]
        if self.origin.encoding.is_utf_8:
            return (starts + self.origin.before).to_list()
        sizes = (self.origin.encoding.stored_size(self.data[a:b]) for a, b in pairwise([0, *starts]))
        return list(accumulate(sizes, initial=self.origin.before))[1:]


def split(block: Cut, dialect: Dialect, origin: Origin, *, one_column: bool = False) -> Records:
    """All records of a block, those without any value marked; where there is one column, spaces are a value."""
    marked = block.places.with_columns(blank=_blank(block, dialect, one_column=one_column))
    return Records(block.data, marked, block.well_quoted, origin)


def _blank(block: Cut, dialect: Dialect, *, one_column: bool) -> pl.Series:
    starts, stops = block.places["start"], block.places["stop"]
    empty = starts == stops
    if one_column:
        return empty
    # Few records begin and end with something of which a blank one could consist: only those are looked at closely.
    signs, found = [*b" \t", *dialect.delimiter, *dialect.quote], octets(block.data)
    likely = (found.gather(starts).is_in(signs) & ~empty).arg_true()
    likely = likely.filter(found.gather(stops.gather(likely) - 1).is_in(signs))
    pattern = dialect.grammar.blank
    blank = [index for index in likely if pattern.fullmatch(block.data, starts[index], stops[index])]
    return empty.scatter(blank, values=True) if blank else empty
