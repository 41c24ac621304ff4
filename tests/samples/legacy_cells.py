"""The columns of the legacy export, the kinds of cells in its workbook, and what a German Excel exports of them.

A number cell with a format that shows leading zeros keeps them in the CSV, one without loses them; a text cell always
keeps what was typed.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Final, NamedTuple

COLUMNS: Final = (
    *("Teilnehmer-Nr", "Mitglied", "Anrede", "Vorname", "Nachname", "E-Mail", "Firma", "Ort", "Land"),
    *("Veranstaltung", "Kategorie", "Paket", "Status", "Angemeldet am", "Storniert am"),
    *("Auftrags-Nr", "Betrag", "Bezahlt", "Währung", "Workshops", "Namensschild", "Begleitperson", "Begleitung von"),
    *("Ersetzt Anmeldung", "Newsletter", "Diät", "Erstteilnehmer", "Mitgliedsjahre"),
    *("Bemerkung 1", "Bemerkung 2", "Interne Notiz", "", ""),
)
"""The header; two columns that somebody once formatted and never filled are exported with it."""
NBSP: Final = "\xa0"


class Padded(NamedTuple):
    """A number cell whose format shows leading zeros up to a width."""

    number: int
    width: int


class Scientific(NamedTuple):
    """A long number in a cell without a format: the workbook knows every digit, the CSV only the first ones."""

    number: int


class ErrorCell(NamedTuple):
    """A formula that failed: what a German Excel shows, and what the workbook stores."""

    shown: str
    stored: str


class Raw(str):
    """Text that somebody typed into the CSV file itself: it stands there as it is, whatever quotes it would need."""

    __slots__ = ()


Cell = str | int | float | bool | Decimal | date | Padded | Scientific | ErrorCell
"""float: a plain number; Decimal: money; date: also a datetime, which shows hours and minutes."""
Row = dict[str, Cell]
"""The cells of one row by column; a column without a cell is empty."""


def text(cell: Cell) -> str:
    """What Excel shows in a cell, which is what it exports."""
    match cell:
        case str():
            shown = cell
        case bool():
            shown = "WAHR" if cell else "FALSCH"
        case Padded(number, width):
            shown = f"{number:0{width}}"
        case Scientific(number):
            shown = _german(f"{number:.4E}")
        case ErrorCell():
            shown = cell.shown
        case datetime():
            shown = f"{cell:%d.%m.%Y %H:%M}"
        case date():
            shown = f"{cell:%d.%m.%Y}"
        case Decimal():
            shown = _money(cell)
        case _:
            shown = _german(str(cell))
    return shown


def _german(number: str) -> str:
    return number.replace(".", ",")


def _money(amount: Decimal) -> str:
    """Of two currency formats in use, the one for large amounts puts a non-breaking space before the sign."""
    shown = f"{amount:,.2f}".translate(str.maketrans(",.", ".,"))
    return f"{shown}{NBSP if amount >= 1000 else ' '}€"


def row_text(row: Row, surplus: int = 0) -> str:
    """One row of the CSV without its line end.

    Args:
        row: its cells.
        surplus: how many cells are missing at the end, where negative.
    """
    cells = [_quoted(text(row[column])) if column in row else "" for column in COLUMNS]
    return ";".join(cells[:surplus] if surplus else cells)


def header_text() -> str:
    """The header line of the CSV without its line end."""
    return ";".join(COLUMNS)


def _quoted(cell: str) -> str:
    if isinstance(cell, Raw) or not any(sign in cell for sign in ';"\n'):
        return cell
    return '"' + cell.replace('"', '""') + '"'
