"""One sheet of an Excel workbook as a source."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from regbulk.errors import SourceError
from regbulk.source.contract import CLEARS, ERRORS, LINE_NO, LOAD_ID, OWN_COLUMNS, RECORD_NO, Block
from regbulk.source.files import File
from regbulk.source.header import name_problems
from regbulk.source.options import SourceOptions
from regbulk.source.rejects_csv import error_texts, owner_only
from regbulk.source.rows import CLEAR
from regbulk.source.xlsx_archive import opened
from regbulk.source.xlsx_book import Book, Sheet, read_book
from regbulk.source.xlsx_grid import Header, SheetReader
from regbulk.source.xlsx_records import Numbered, Numbering
from regbulk.source.xlsx_strings import shared_strings
from regbulk.source.xlsx_survey import remarks, survey
from regbulk.source.xlsx_text import Meaning


@dataclass(frozen=True)
class XlsxSource:
    """A workbook of which one sheet is read; its header and its texts have been."""

    file: File
    book: Book
    sheet: Sheet
    header: Header
    reader: SheetReader
    options: SourceOptions

    @property
    def name(self) -> str:
        """The base name of the file."""
        return self.file.name

    @property
    def columns(self) -> tuple[str, ...]:
        """What the cells of the header say, in order."""
        return self._numbering().columns

    @property
    def problems(self) -> tuple[str, ...]:
        """Always empty: what can be wrong with a readable sheet as a whole lies in its column names."""
        return ()

    @property
    def as_read(self) -> SourceOptions:
        """With the sheet that is read."""
        return replace(self.options, sheet=self.sheet.title)

    @cached_property
    def decisions(self) -> tuple[str, ...]:
        """Which sheet and header are read and why, and what Excel shows otherwise; looks through the whole sheet."""
        asked = "it was asked for" if self.options.sheet else "it is the only visible sheet with data"
        said = [
            f"sheet {self.sheet.title!r} is read: {asked}",
            f"the columns are named in row {self.header.line}: it is the first row that is not empty",
        ]
        if hidden := [sheet.title for sheet in self.book.sheets if not sheet.visible and sheet != self.sheet]:
            said.append(f"sheets that Excel does not show are not read: {', '.join(map(repr, hidden))}")
        if self.book.from_1904:
            said.append("dates are counted from 1904-01-01: the workbook says so")
        with opened(self.file) as archive:
            found = survey(self.name, archive, self.sheet.part)
        columns = dict(enumerate(self.header.names, self.header.first))
        return (*said, *remarks(found, header_line=self.header.line, columns=columns, stale=self.book.stale))

    @cached_property
    def returned_from(self) -> str | None:
        """The load whose `rejects.csv` was saved as this workbook."""
        if not self._numbering().is_returned or name_problems(self.columns):
            return None
        with opened(self.file) as archive:
            loads = (grid.rows[LOAD_ID].drop_nulls() for grid in self.reader.grids(archive, self.header))
            return next((found[0] for found in loads if len(found)), None)

    def blocks(self) -> Iterator[Block]:
        r"""All records in order; `\N` clears, an empty cell is null, `_line_no` is the row of the sheet.

        Raises:
            SourceError: names of columns that cannot be told apart, a damaged workbook, a returned record without its
                number.
        """
        if problems := name_problems(self.columns):
            raise SourceError(self.name, problems)
        for run in self._runs():
            faulty = run.faults["record_no"].unique().implode()
            records = run.records.filter(~pl.col(RECORD_NO).is_in(faulty))
            yield Block(_with_clears(records, self.columns), run.faults, run.records.height, run.skipped)

    def fingerprint(self) -> str:
        """SHA-256 over the file as stored."""
        digest = hashlib.sha256()
        self.file.hash_into(digest)
        return digest.hexdigest()

    def write_rejects(self, rejects: pl.DataFrame, out: Path, *, load_id: str | None = None) -> int:
        """Write the rejected records as CSV text, values beyond the columns behind them, then regbulk's own columns."""
        errors = error_texts(rejects)
        written = 0
        with owner_only(out) as stream, io.TextIOWrapper(stream, encoding="utf-8", newline="") as text:
            rows = csv.writer(text, lineterminator="\n")
            rows.writerow((*self.columns, *OWN_COLUMNS))
            for run in self._runs():
                found = run.records.join(errors, on=RECORD_NO, maintain_order="left")
                beyond = dict(run.strays.sort("column").group_by("line").agg("text").iter_rows())
                for number, line, error, *cells in found.select(RECORD_NO, LINE_NO, ERRORS, *self.columns).iter_rows():
                    rows.writerow((*cells, *beyond.get(line, ()), load_id, number, line, error))
                written += found.height
        return written

    def _numbering(self) -> Numbering:
        return Numbering(self.name, self.header, options=self.options)

    def _runs(self) -> Iterator[Numbered]:
        with opened(self.file) as archive:
            yield from self._numbering().runs(self.reader.grids(archive, self.header))


def open_xlsx(file: File, options: SourceOptions, block_bytes: int) -> XlsxSource:
    """Find the sheet, read its header and the texts of the workbook.

    Raises:
        SourceError: no workbook, one that cannot be read, no sheet with data, or several of which none was asked for.
    """
    book = read_book(file)
    with opened(file) as archive:
        strings = shared_strings(file.name, archive, book.strings)
        meaning = Meaning(file.name, strings, book.formats, book.from_1904)
        readers = {
            sheet: SheetReader(sheet.part, meaning, block_bytes) for sheet in _eligible(file.name, book, options)
        }
        headers = {sheet: header for sheet, reader in readers.items() if (header := reader.header(archive))}
    if len(headers) != 1:
        raise SourceError(file.name, [_undecided(list(readers), list(headers))])
    ((sheet, header),) = headers.items()
    return XlsxSource(file, book, sheet, header, readers[sheet], options)


def _eligible(name: str, book: Book, options: SourceOptions) -> list[Sheet]:
    if options.sheet is None:
        return [sheet for sheet in book.sheets if sheet.visible]
    wanted = options.sheet.strip().casefold()
    if found := [sheet for sheet in book.sheets if sheet.title.strip().casefold() == wanted]:
        return found
    raise SourceError(name, [f"found no sheet {options.sheet!r}, expected one of {_titles(book.sheets)}"])


def _undecided(eligible: Sequence[Sheet], filled: Sequence[Sheet]) -> str:
    if filled:
        return (
            f"found {len(filled)} sheets with data, expected one: {_titles(filled)}; name the one to read with --sheet"
        )
    what = f"sheet {eligible[0].title!r} is" if len(eligible) == 1 else "all sheets that Excel shows are"
    return f"{what} empty, expected a row with the names of fields and records below it"


def _titles(sheets: Sequence[Sheet]) -> str:
    return ", ".join(repr(sheet.title) for sheet in sheets)


def _with_clears(records: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    cleared = records.select((pl.col(*columns) == CLEAR).any()).row(0)
    names = [name for name, found in zip(columns, cleared, strict=True) if found]
    named = [pl.when(pl.col(name) == CLEAR).then(pl.lit(name)) for name in names]
    clears = pl.concat_list(named).list.drop_nulls() if named else pl.lit([], pl.List(pl.String))
    without = [pl.when(pl.col(name) != CLEAR).then(pl.col(name)).alias(name) for name in names]
    return records.select(RECORD_NO, LINE_NO, clears.alias(CLEARS), *columns).with_columns(without)
