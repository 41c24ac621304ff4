"""Rows of a sheet as numbered records: blank rows, footers, and rows that cannot be records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import polars as pl
from openpyxl.utils import get_column_letter

from regbulk import rejects
from regbulk.errors import SourceError
from regbulk.source.contract import LINE_NO, LOAD_ID, OWN_COLUMNS, RECORD_NO, Skipped
from regbulk.source.footer import LAST, looks_like_footer
from regbulk.source.options import SourceOptions
from regbulk.source.xlsx_grid import ROW, Grid, Header


class Numbered(NamedTuple):
    """A run of records.

    Attributes:
        records: `_record_no`, `_line_no`, then the source's own columns as text; faulty records too.
        strays: `line`, `column`, `text` of values beyond the columns.
        faults: in the shape of `rejects.SCHEMA`.
        skipped: rows that are no records.
    """

    records: pl.DataFrame
    strays: pl.DataFrame
    faults: pl.DataFrame
    skipped: Skipped


class Numbering:
    """Gives rows their record numbers: in order, or those of the `rejects.csv` that was saved as this workbook."""

    def __init__(self, name: str, header: Header, *, options: SourceOptions) -> None:
        """Start behind the header; the source's `name` is for messages."""
        self._name = name
        self._header = header
        self._options = options
        self._line = header.line
        self._number = 0
        self._seen: set[int] = set()
        self._load: tuple[str | None] | None = None
        self.is_returned = header.names[-len(OWN_COLUMNS) :] == OWN_COLUMNS
        self.columns = header.names[: -len(OWN_COLUMNS)] if self.is_returned else header.names

    def runs(self, grids: Iterator[Grid]) -> Iterator[Numbered]:
        """All records in order; the last few rows are held back until it is known whether they are footers."""
        held: Grid | None = None
        for grid in grids:
            joined = held + grid if held else grid
            ready, held = joined.cut(max(0, joined.rows.height - LAST))
            if ready.rows.height:
                yield self._numbered(ready)
        if held is not None:
            yield from self._end(held)

    def _end(self, held: Grid) -> Iterator[Numbered]:
        footers = self._footers(held.rows)
        body, feet = held.cut(held.rows.height - footers)
        if body.rows.height:
            yield self._numbered(body)
        blank = max(0, held.last - self._line - footers)
        self._line = held.last
        if footers and self._options.footer != "skip":
            yield self._numbered(feet, footers=True)._replace(skipped=Skipped(blank_rows=blank))
        elif blank or footers:
            nothing = self._numbered(body.cut(0)[0])
            yield nothing._replace(skipped=Skipped(blank_rows=blank, footers=footers))

    def _footers(self, rows: pl.DataFrame) -> int:
        found = 0
        for cells in rows.select(self.columns).tail(LAST).reverse().iter_rows():
            if not looks_like_footer([cell or "" for cell in cells]):
                break
            found += 1
        return found

    def _numbered(self, grid: Grid, *, footers: bool = False) -> Numbered:
        rows, blank = grid.rows, 0
        faults = [_strays(grid, self._header), _unknown(grid, self._header)]
        if rows.height and not footers:
            first, self._line = self._line + 1, int(rows[ROW][-1])
            blank = self._line - first + 1 - rows.height
            if blank and self._options.blank_rows == "reject" and not self.is_returned:
                lines = pl.int_range(first, self._line + 1, dtype=pl.Int64, eager=True).alias(ROW)
                full = lines.to_frame().join(rows, on=ROW, how="left", maintain_order="left")
                faults.append(_blank(full.join(rows, on=ROW, how="anti", maintain_order="left")[ROW]))
                rows, blank = full, 0
        if footers:
            faults.append(_footer(rows[ROW]))
        records = rows.select(self._numbers(rows), pl.col(ROW).alias(LINE_NO), *self.columns)
        numbers = records.select(line_no=LINE_NO, record_no=RECORD_NO)
        found = pl.concat(faults).join(numbers, on="line_no", maintain_order="left").select(*rejects.SCHEMA)
        return Numbered(records, grid.strays, found.sort("record_no", maintain_order=True), Skipped(blank_rows=blank))

    def _numbers(self, rows: pl.DataFrame) -> pl.Series:
        if not self.is_returned:
            first, self._number = self._number + 1, self._number + rows.height
            return pl.int_range(first, self._number + 1, dtype=pl.Int64, eager=True).alias(RECORD_NO)
        problems = self._foreign(rows)
        numbers = rows[RECORD_NO].cast(pl.Int64, strict=False)
        numbers = numbers.set(numbers < 1, None)
        problems += [
            f"row {line}: found no whole number from 1 in {RECORD_NO}; new records belong in a file without "
            f"{', '.join(OWN_COLUMNS)}"
            for line in rows.filter(numbers.is_null())[ROW]
        ]
        for line, number in zip(rows[ROW], numbers, strict=True):
            if number in self._seen:
                problems.append(f"row {line}: record {number} stands in this file twice; keep one")
            if number is not None:
                self._seen.add(number)
        if problems:
            raise SourceError(self._name, problems)
        return numbers

    def _foreign(self, rows: pl.DataFrame) -> list[str]:
        """One file is one load's rejects: with the records of two, a number would have two meanings."""
        loads = rows[LOAD_ID]
        if self._load is None and rows.height:
            self._load = (loads[0],)
        other = rows.filter(loads.ne_missing(pl.Series([self._load[0]], dtype=pl.String))) if self._load else rows
        told = "this record was refused by another load than the first; use two files"
        return [f"row {line}: {told}" for line in other[ROW]]


def _strays(grid: Grid, header: Header) -> pl.DataFrame:
    expected = len(header.names)
    by_line = grid.strays.sort("column").group_by("line", maintain_order=True).agg("column")
    return _faults(
        by_line["line"],
        "ragged-row",
        [
            f"found a value in column {_letters(columns)}, which has no name, expected {expected} columns; "
            "delete it, or name the column"
            for columns in by_line["column"]
        ],
    )


def _unknown(grid: Grid, header: Header) -> pl.DataFrame:
    by_line = grid.unknown.sort("column").group_by("line", maintain_order=True).agg("column")
    names = dict(enumerate(header.names, header.first))
    return _faults(
        by_line["line"],
        "damaged-value",
        [
            f"found a formula without a result in {_named(columns, names)}, expected its value; "
            "open the workbook in Excel and save it"
            for columns in by_line["column"]
        ],
    )


def _blank(lines: pl.Series) -> pl.DataFrame:
    message = "found a row without any value, expected a record; remove it, or skip such rows with --blank-rows skip"
    return _faults(lines, "blank-row", [message] * len(lines))


def _footer(lines: pl.Series) -> pl.DataFrame:
    message = "found a line that sums the file up, expected a record; remove it, or skip such lines with --footer skip"
    return _faults(lines, "footer-row", [message] * len(lines))


def _faults(lines: pl.Series, code: rejects.Code, messages: Sequence[str]) -> pl.DataFrame:
    """Faults without record numbers yet."""
    without = {name: kind for name, kind in rejects.SCHEMA.items() if name != "record_no"}
    return pl.DataFrame(
        {"line_no": lines, "field": None, "code": [code] * len(lines), "message": messages, "value": None},
        schema=without,
    )


def _letters(columns: pl.Series) -> str:
    return ", ".join(get_column_letter(column) for column in columns)


def _named(columns: pl.Series, names: dict[int, str]) -> str:
    return ", ".join(
        repr(names[column]) if column in names else f"column {get_column_letter(column)}" for column in columns
    )
