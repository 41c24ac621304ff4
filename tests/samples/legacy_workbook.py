"""The legacy export as the workbook it was saved from: the same rows as cells with their kinds and formats."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import IO, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from dirt import Expected
from legacy_cells import COLUMNS, Cell, ErrorCell, Padded, Row, Scientific
from legacy_csv import BLANK_ROWS_AFTER, errors, footer
from legacy_export import Export
from openpyxl import Workbook
from openpyxl.cell import Cell as Place
from openpyxl.worksheet.worksheet import Worksheet

NAME: Final = "legacy.xlsx"
SHEET: Final = "Anmeldungen"
_SAVED: Final = datetime(2027, 4, 6, 8, 15)  # noqa: DTZ001 (a workbook's own clock has no zone)
_MODIFIED: Final = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_GERMAN_DATE: Final = "DD.MM.YYYY"
_ORDINARY_MONEY: Final = '#,##0.00\\ "€"'
_ACCOUNTING_MONEY: Final = '_-* #,##0.00\\ "€"_-'


def write_workbook(export: Export, folder: Path) -> None:
    """Write `legacy.xlsx` and what is to be found wrong in it; a line is a row of the sheet."""
    book = Workbook()
    _hidden_parameters(book.active)
    sheet = book.create_sheet(SHEET)
    book.create_sheet("Tabelle3")
    book.active = 1
    found = list(_fill(sheet, export))
    sheet.freeze_panes = "A2"
    book.properties.creator, book.properties.created = "Mitgliederverwaltung", _SAVED
    unstamped = BytesIO()
    book.save(unstamped)
    with (folder / NAME).open("wb") as out:
        _with_fixed_times(unstamped, out)
    lines = [Expected._fields, *found]
    text = "".join(",".join(map(str, line)) + "\n" for line in lines)
    (folder / "legacy-xlsx.expected.csv").write_text(text, encoding="utf-8", newline="")


def _hidden_parameters(sheet: Worksheet) -> None:
    sheet.title, sheet.sheet_state = "Parameter", "hidden"
    for row in (("Schlüssel", "Wert"), ("Mandant", "007"), ("Stichtag", date(2027, 3, 31))):
        sheet.append(row)


def _fill(sheet: Worksheet, export: Export) -> Iterator[Expected]:
    """Write all rows; gives the errors in them."""
    sheet.append(COLUMNS)
    record_no, line_no = 0, 2
    for number, page in enumerate(export.pages()):
        for entry in page:
            record_no += 1
            yield from errors(entry.sheet, record_no, line_no)
            _write(sheet, line_no, entry.good | entry.sheet.changed)
            line_no += 1
        line_no += BLANK_ROWS_AFTER.get(number, 0)
    for row in footer(record_no):
        # An empty cell with a format makes a row that is there and holds nothing.
        sheet.cell(line_no, 1).number_format = "@"
        _write(sheet, line_no, row)
        line_no += 1


def _write(sheet: Worksheet, line_no: int, row: Row) -> None:
    for column, cell in row.items():
        if cell != "":
            _put(sheet.cell(line_no, COLUMNS.index(column) + 1), cell)


def _put(place: Place, cell: Cell) -> None:
    match cell:
        case str():
            place.value = cell
            place.data_type = "s"  # a text that begins with an equals sign is no formula
        case Padded(number, width):
            place.value, place.number_format = number, "0" * width
        case Scientific(number):
            place.value = number
        case ErrorCell():
            place.value = cell.stored
        case datetime():
            place.value, place.number_format = cell, f"{_GERMAN_DATE} HH:MM"
        case date():
            place.value, place.number_format = cell, _GERMAN_DATE
        case Decimal():
            place.value, place.number_format = cell, _ACCOUNTING_MONEY if cell >= 1000 else _ORDINARY_MONEY
        case _:
            place.value = cell


def _with_fixed_times(saved: BytesIO, out: IO[bytes]) -> None:
    """The same workbook, saved when `_SAVED` says."""
    with ZipFile(saved) as source, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name == "docProps/core.xml":
                content = _MODIFIED.sub(rb"\g<1>" + f"{_SAVED:%Y-%m-%dT%H:%M:%SZ}".encode(), content)
            part = ZipInfo(name, _SAVED.timetuple()[:6])
            part.compress_type = ZIP_DEFLATED
            target.writestr(part, content)
