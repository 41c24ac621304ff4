"""The cells of a sheet as they are stored, in runs of whole rows, in the memory of one run.

openpyxl's own reader of cells takes three times as long, shows a formula without a result as an empty cell, and tells
nothing of hidden rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple
from zipfile import ZipFile

import polars as pl
from openpyxl.utils import column_index_from_string

from regbulk.source.xlsx_archive import damaged
from regbulk.source.xlsx_xml import fed, parser

LINES: Final = 1_048_576
"""Rows of a sheet at most."""
UNKNOWN: Final = "unknown"
"""The type of a cell whose formula has no result."""
SCHEMA: Final = {
    "line": pl.Int64(),
    "column": pl.Int32(),
    "type": pl.String(),
    "style": pl.Int32(),
    "text": pl.String(),
}


class Run(NamedTuple):
    """Consecutive rows of a sheet.

    Attributes:
        cells: one row per cell that is not empty, as stored: `line` (row of the sheet, from 1), `column` (from 1),
            `type` (`n`, `s`, `str`, `inlineStr`, `b`, `e`, `d`, or `unknown`), `style` (from 0), `text`.
        last: the last row that the file mentions so far, be it empty.
    """

    cells: pl.DataFrame
    last: int


class _Columns(dict[str, int]):
    """`A` → 1, `XFD` → 16384; each worked out once."""

    def __missing__(self, letters: str) -> int:
        self[letters] = number = column_index_from_string(letters)
        return number


_COLUMN: Final = _Columns()
_DIGITS: Final = "0123456789"


class _Cells:
    """Takes cells from the events of a parser."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.last = 0
        self._whole = 0
        self._column = 0
        self._attributes: dict[str, str] = {}
        self._text: str | None = None
        self._taking = self._reading = self._formula = False
        self._lines: list[int] = []
        self._columns: list[int] = []
        self._types: list[str] = []
        self._styles: list[str] = []
        self._texts: list[str] = []
        self._row_tag = self._cell_tag = self._value_tag = self._formula_tag = self._text_tag = self._reading_tag = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == self._cell_tag:
            self._attributes, self._text, self._formula = attributes, None, False
        elif tag in (self._value_tag, self._text_tag):
            self._taking = not self._reading
            self._text = self._text or ""
        elif tag == self._formula_tag:
            self._formula = True
        elif tag == self._row_tag:
            self._begin_row(attributes)
        elif tag == self._reading_tag:
            self._reading = True
        elif not self._row_tag:
            self._begin_sheet(tag)

    def end(self, tag: str) -> None:
        self._taking = False
        if tag == self._cell_tag:
            self._end_cell()
        elif tag == self._row_tag:
            self._whole = len(self._lines)
        elif tag == self._reading_tag:
            self._reading = False

    def data(self, text: str) -> None:
        if self._taking and self._text is not None:
            self._text += text

    @property
    def has_rows(self) -> bool:
        """Whether there is a cell in a row that has ended."""
        return self._whole > 0

    def run(self) -> Run:
        """The cells of all rows that have ended; they are forgotten here."""
        kept = self._whole
        columns = (self._lines, self._columns, self._types, self._styles, self._texts)
        cells = pl.DataFrame([part[:kept] for part in columns], schema={**SCHEMA, "style": pl.String()})
        for part in columns:
            del part[:kept]
        self._whole = 0
        return Run(cells.with_columns(pl.col("style").cast(pl.Int32, strict=False).fill_null(0)), self.last)

    def _begin_sheet(self, tag: str) -> None:
        space = tag.removesuffix("worksheet")
        self._row_tag, self._cell_tag, self._value_tag = f"{space}row", f"{space}c", f"{space}v"
        self._formula_tag, self._text_tag, self._reading_tag = f"{space}f", f"{space}t", f"{space}rPh"

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", str(self.last + 1))
        if not number.isdecimal() or not self.last < int(number) <= LINES:
            raise damaged(
                self._name, f"found row {number!r} behind row {self.last}, expected rows in order up to {LINES}"
            )
        self.last = int(number)
        self._column = 0

    def _end_cell(self) -> None:
        place = self._attributes.get("r")
        try:
            self._column = _COLUMN[place.rstrip(_DIGITS)] if place else self._column + 1
        except ValueError:
            raise damaged(self._name, f"found a cell at {place!r}, expected a place like A1") from None
        type_ = self._attributes.get("t", "n")
        if self._formula and not self._text and (self._text is None or type_ != "str"):
            type_, self._text = UNKNOWN, UNKNOWN
        if self._text:
            self._lines.append(self.last)
            self._columns.append(self._column)
            self._types.append(type_)
            self._styles.append(self._attributes.get("s", "0"))
            self._texts.append(self._text)


def runs(name: str, archive: ZipFile, part: str, size: int) -> Iterator[Run]:
    """All cells of a sheet in order.

    Args:
        name: the source, for messages.
        archive: the workbook.
        part: the part that holds the sheet.
        size: about how many bytes of it make a run.

    Raises:
        SourceError: rows or cells stand where none can, or entities are declared.
    """
    cells, xml = _Cells(name), parser(name)
    xml.StartElementHandler, xml.EndElementHandler, xml.CharacterDataHandler = cells.start, cells.end, cells.data
    with archive.open(part) as stream:
        for _ in fed(xml, stream, size):
            if cells.has_rows:
                yield cells.run()
    yield cells.run()
