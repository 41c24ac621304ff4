"""What a workbook says of itself: its sheets, its number formats, and the day its dates are counted from."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast
from xml.etree import ElementTree as ET
from zipfile import ZipFile

from openpyxl.packaging.relationship import Relationship
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from regbulk.errors import SourceError
from regbulk.source.files import File
from regbulk.source.xlsx_archive import EXPECTED, damaged, opened, refuse_large
from regbulk.source.xlsx_xml import refuse_declarations

_GENERAL: Final = "General"
_EAST_ASIAN_DATES: Final = (*range(27, 32), 36, *range(50, 59))
_EAST_ASIAN_TIMES: Final = range(32, 36)
_BUILT_IN: Final = {
    **BUILTIN_FORMATS,
    **dict.fromkeys(_EAST_ASIAN_DATES, "yyyy-mm-dd"),
    **dict.fromkeys(_EAST_ASIAN_TIMES, "h:mm:ss"),
}
"""Formats a workbook names by number alone; those of East Asian editions are no part of openpyxl's table."""
_STRICT: Final = b"http://purl.oclc.org/ooxml/spreadsheetml/main"
_PART_LIMIT: Final = 32_000_000
_TEXTS: Final = "sharedStrings.xml"
_TEXTS_LIMIT: Final = 1_000_000_000
"""Bytes of parts that are held in memory, the texts in a form that takes no more than they do."""


class Sheet(NamedTuple):
    """A worksheet: its name, the part of the archive that holds it, and whether Excel shows it."""

    title: str
    part: str
    visible: bool


class Book(NamedTuple):
    """A workbook without its cells.

    Attributes:
        sheets: the worksheets in order.
        strings: the part that holds the texts cells share; None without one.
        formats: the number format of each cell style.
        from_1904: whether dates are counted from 1904-01-01 (0) instead of 1900-01-01 (1).
        stale: whether results of formulas are to be worked out again before anyone trusts them.
    """

    sheets: tuple[Sheet, ...]
    strings: str | None
    formats: tuple[str, ...]
    from_1904: bool
    stale: bool


def read_book(file: File) -> Book:
    """Read everything of a workbook but its cells and texts.

    Raises:
        SourceError: it is no workbook, or none that can be read.
    """
    with opened(file) as archive:
        for entry in archive.infolist():
            folder, _, part = entry.filename.rpartition("/")
            if part.endswith((".xml", ".rels")) and ("/" not in folder or folder.endswith("/_rels")):
                refuse_large(file.name, entry, _TEXTS_LIMIT if part == _TEXTS else _PART_LIMIT)
                with archive.open(entry) as stream:
                    refuse_declarations(file.name, stream)
        return _book(file, archive)


def _book(file: File, archive: ZipFile) -> Book:
    try:
        with file.open() as stream, warnings.catch_warnings():
            # openpyxl warns of what it would not write again; nothing is written here.
            warnings.simplefilter("ignore")
            reader = ExcelReader(stream, read_only=True, keep_links=False)
            reader.read_manifest()
            reader.read_workbook()
            workbook = archive.read(reader.parser.workbook_part_name)
            _refuse_strict(file.name, workbook)
            sheets = tuple(_sheets(reader, set(archive.namelist())))
            relations = cast("Mapping[str, Relationship]", reader.parser.rels)
            parts = {relation.Type.rpartition("/")[2]: relation.target for relation in relations.values()}
    except OSError:
        raise SourceError(file.name, [f"found an Office file that is no workbook, {EXPECTED}"]) from None
    except (ValueError, TypeError, KeyError, AttributeError, SyntaxError) as error:
        raise damaged(file.name, f"its list of sheets cannot be read ({error})") from None
    return Book(
        sheets=sheets,
        strings=_present(archive, parts.get("sharedStrings")),
        formats=_formats(file.name, archive, _present(archive, parts.get("styles"))),
        from_1904=reader.wb.epoch == CALENDAR_MAC_1904,
        stale=_is_stale(workbook),
    )


def _refuse_strict(name: str, workbook: bytes) -> None:
    if _STRICT in workbook:
        raise SourceError(name, ["found a 'Strict Open XML' workbook; save it in Excel as 'Excel Workbook (*.xlsx)'"])


def _sheets(reader: ExcelReader, parts: set[str]) -> Iterator[Sheet]:
    for sheet, relation in reader.parser.find_sheets():
        if relation.target in parts and relation.Type.endswith("/worksheet"):
            yield Sheet(sheet.name, relation.target, sheet.state == "visible")


def _is_stale(workbook: bytes) -> bool:
    """By hand: openpyxl takes what is not said for yes."""
    calculation = ET.fromstring(workbook).find("{*}calcPr")  # noqa: S314 - declarations are refused before
    return calculation is not None and calculation.get("fullCalcOnLoad") in {"1", "true"}


def _present(archive: ZipFile, part: str | None) -> str | None:
    return part if part in archive.namelist() else None


def _formats(name: str, archive: ZipFile, part: str | None) -> tuple[str, ...]:
    """By hand: openpyxl refuses a whole workbook for a font or a border that it finds malformed."""
    if part is None:
        return (_GENERAL,)
    try:
        root = ET.fromstring(archive.read(part))  # noqa: S314 - declarations are refused before
    except ET.ParseError as error:
        raise damaged(name, f"its styles are malformed XML ({error})") from None
    own = {
        _number(format_, "numFmtId"): format_.get("formatCode", _GENERAL)
        for format_ in root.iterfind("{*}numFmts/{*}numFmt")
    }
    codes = {**_BUILT_IN, **own}
    styles = root.iterfind("{*}cellXfs/{*}xf")
    return tuple(codes.get(_number(style, "numFmtId"), _GENERAL) for style in styles) or (_GENERAL,)


def _number(element: Any, attribute: str) -> int:  # noqa: ANN401
    text = element.get(attribute, "0")
    return int(text) if text.isdecimal() else 0
