"""Cells of a sheet as rows of columns, and the header that says which column is which."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self
from zipfile import ZipFile

import polars as pl

from regbulk.source.xlsx_sheet import UNKNOWN, runs
from regbulk.source.xlsx_text import Meaning, texts

ROW: Final = "\0row"
"""A name that no column has: one that was a `rejects.csv` has a `_line_no` of its own."""
_TEXT: Final = 4
"""How many times as many bytes as they are stored in the cells of a grid may be."""


@dataclass(frozen=True)
class Header:
    """The first row that is not empty.

    Attributes:
        line: its row in the sheet, from 1.
        first: the column, from 1, of the first name; empty columns before and behind the names are no columns.
        names: what its cells say, "" where an unnamed column stands between named ones.
    """

    line: int
    first: int
    names: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Rows of a sheet that hold anything, in order.

    Attributes:
        rows: `ROW` (row of the sheet, from 1), then the columns of the header as text, null where empty.
        strays: `line`, `column` (of the sheet, from 1), `text` of values that stand in no column of the header.
        unknown: `line`, `column` of formulas without a result.
        last: the last row that the file mentions so far, be it empty.
    """

    rows: pl.DataFrame
    strays: pl.DataFrame
    unknown: pl.DataFrame
    last: int

    def __add__(self, other: Self) -> Self:
        """Both, one behind the other."""
        return type(self)(
            pl.concat([self.rows, other.rows]),
            pl.concat([self.strays, other.strays]),
            pl.concat([self.unknown, other.unknown]),
            other.last,
        )

    def cut(self, height: int) -> tuple[Self, Self]:
        """The first rows, and the others."""
        head, tail = self.rows.head(height), self.rows.slice(height)
        return self._only(head), self._only(tail)

    def _only(self, rows: pl.DataFrame) -> Self:
        if rows.height == self.rows.height:
            return self
        kept = pl.col("line").is_in(rows[ROW].implode())
        return type(self)(rows, self.strays.filter(kept), self.unknown.filter(kept), self.last)


@dataclass(frozen=True)
class SheetReader:
    """How to read one sheet of a workbook: its part, what its cells mean, and how many bytes of it make a run."""

    part: str
    meaning: Meaning
    size: int

    def header(self, archive: ZipFile) -> Header | None:
        """The header of the sheet; None where it is empty."""
        for run in runs(self.meaning.name, archive, self.part, self.size):
            found = texts(run.cells, self.meaning).filter(pl.col("text") != "")
            if not found.is_empty():
                line = found["line"].min()
                names = found.filter(pl.col("line") == line)
                columns = dict(names.select("column", "text").iter_rows())
                places = range(min(columns), max(columns) + 1)
                return Header(int(names["line"][0]), min(columns), tuple(columns.get(place, "") for place in places))
        return None

    def grids(self, archive: ZipFile, header: Header) -> Iterator[Grid]:
        """All rows behind the header, in order."""
        for run in runs(self.meaning.name, archive, self.part, self.size):
            cells = run.cells.filter(pl.col("line") > header.line)
            found = texts(cells, self.meaning).filter(pl.col("text") != "")
            unknown = cells.filter(pl.col("type") == UNKNOWN).select("line", "column")
            yield from _cut_to_size(grid(found, unknown, header, run.last), _TEXT * self.size)


def _cut_to_size(whole: Grid, size: int) -> Iterator[Grid]:
    """The same rows in several grids where their text is large: what is stored once may be meant in every row."""
    texts_ = whole.rows.select(pl.exclude(ROW).str.len_bytes().fill_null(0))
    up_to = texts_.select(pl.sum_horizontal(pl.all()).cast(pl.Int64).cum_sum()).to_series() // size
    ends = [*up_to.ne_missing(up_to.shift(1)).arg_true()[1:], whole.rows.height]
    start = 0
    for end in ends:
        head, whole = whole.cut(end - start)
        start = end
        yield head


def grid(cells: pl.DataFrame, unknown: pl.DataFrame, header: Header, last: int) -> Grid:
    """Put cells (`line`, `column`, `text`) into rows of the header's columns."""
    lines = cells["line"].unique().sort()
    columns = {header.first + place: name for place, name in enumerate(header.names)}
    by_column = cells.partition_by("column", as_dict=True)
    rows = [lines.alias(ROW)]
    for column, name in columns.items():
        values = pl.repeat(None, len(lines), dtype=pl.String, eager=True).alias(name)
        if (part := by_column.get((column,))) is not None:
            values = values.scatter(lines.search_sorted(part["line"]), part["text"])
        rows.append(values)
    strays = cells.filter(~pl.col("column").is_in(list(columns)))
    return Grid(pl.DataFrame(rows), strays, unknown, last)
