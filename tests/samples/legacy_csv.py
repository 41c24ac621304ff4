"""The legacy export as CSV: Windows-1252, semicolons, CRLF, as a German Excel saves it; and what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

from dirt import Expected
from legacy_cells import Row, header_text, row_text, text
from legacy_entries import Entry, Flaw
from legacy_export import Export
from legacy_people import contact_id, member

NAME: Final = "legacy.csv"
BLANK_ROWS_AFTER: Final = {3: 1, 17: 2, 31: 1}
"""How many empty rows somebody left behind some pages."""
_MEMBERS_WITHOUT_REGISTRATION: Final = range(999_000, 999_025)


def write_export(export: Export, folder: Path) -> None:
    """Write `legacy.csv`, its crosswalk and what is to be found wrong in it, a page at a time."""
    with ExitStack() as files:
        table = files.enter_context((folder / NAME).open("wb"))
        # Written by another program than Excel, for Excel: commas, and a mark that says UTF-8.
        crosswalk = files.enter_context(_text(folder / "legacy-crosswalk.csv", encoding="utf-8-sig"))
        expected = files.enter_context(_text(folder / "legacy.expected.csv"))
        crosswalk.write("member_no,contact_id\r\n")
        crosswalk.writelines(map(_crosswalk_line, (member(index).number for index in _MEMBERS_WITHOUT_REGISTRATION)))
        expected.write(",".join(Expected._fields) + "\n")
        record_no, line_no = 0, _write(table, header_text(), 1)
        for number, page in enumerate(export.pages()):
            crosswalk.writelines(map(_crosswalk_line, dict.fromkeys(_member_no(entry) for entry in page)))
            for record_no, entry in enumerate(page, start=record_no + 1):  # noqa: B020 (goes on where it stopped)
                expected.writelines(",".join(map(str, error)) + "\n" for error in errors(entry.csv, record_no, line_no))
                line_no = _write(table, row_text(entry.good | entry.csv.changed, entry.csv.surplus), line_no)
            # Excel would have filled them with semicolons: they were taken out of the text, not out of the sheet.
            line_no += table.write(b"\r\n" * BLANK_ROWS_AFTER.get(number, 0)) // 2
        for row in footer(record_no):
            _write(table, row_text(row), line_no)


def footer(records: int) -> tuple[Row, ...]:
    """The rows behind the last record: formatted, empty, and one that sums up."""
    return {}, {}, {}, {"Teilnehmer-Nr": f"Summe: {records:,}".replace(",", ".")}, {}


def errors(flaw: Flaw, record_no: int, line_no: int) -> Iterator[Expected]:
    """The rules that a row breaks, in order."""
    for field, code in sorted(error.split(" ") for error in flaw.errors):
        yield Expected(record_no, line_no, field, code)


def _text(path: Path, encoding: str = "utf-8") -> IO[str]:
    return path.open("w", encoding=encoding, newline="")


def _write(table: IO[bytes], line: str, line_no: int) -> int:
    """Write a row that starts on this line; the line on which the next one starts."""
    table.write(f"{line}\r\n".encode("cp1252", errors="surrogateescape"))
    return line_no + 1 + line.count("\n")


def _member_no(entry: Entry) -> int:
    return int(text(entry.good["Mitglied"]))


def _crosswalk_line(number: int) -> str:
    return f"{number:07},{contact_id(number)}\r\n"
