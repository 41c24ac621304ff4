"""What a person would see in a sheet and its cells do not tell: hidden rows and columns, merged cells, formulas."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from zipfile import ZipFile

from openpyxl.utils import column_index_from_string, get_column_letter

from regbulk.source.xlsx_xml import fed, parser

_RANGE: Final = re.compile(r"([A-Z]+)(\d+)(?::([A-Z]+)(\d+))?")
_YES: Final = frozenset({"1", "true"})
_COLUMNS: Final = 16_384


class Survey(NamedTuple):
    """Counts of one sheet.

    Attributes:
        hidden_rows: rows with values that Excel does not show.
        filtered: whether a filter is set, which is why rows are hidden.
        hidden_columns: columns that Excel does not show, from 1.
        merged: ranges of merged cells, each as first and last row and column, from 1.
        formulas: cells that hold a formula.
    """

    hidden_rows: int
    filtered: bool
    hidden_columns: frozenset[int]
    merged: tuple[tuple[int, int, int, int], ...]
    formulas: int


class _Counts:
    """Takes what counts from the events of a parser."""

    def __init__(self) -> None:
        self._takers: dict[str, Callable[[dict[str, str]], None]] = {}
        self._hidden = False
        self.hidden_rows = self.formulas = 0
        self.filtered = False
        self.columns: set[int] = set()
        self.merged: list[tuple[int, int, int, int]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if taker := self._takers.get(tag):
            taker(attributes)
        elif not self._takers:
            space = tag.removesuffix("worksheet")
            takers = {
                "row": self._row,
                "v": self._value,
                "t": self._value,
                "f": self._formula,
                "col": self._column,
                "filterColumn": self._filter,
                "mergeCell": self._merge,
            }
            self._takers = {space + name: taker for name, taker in takers.items()}

    def _row(self, attributes: dict[str, str]) -> None:
        self._hidden = attributes.get("hidden") in _YES

    def _value(self, _attributes: dict[str, str]) -> None:
        if self._hidden:
            self.hidden_rows += 1
            self._hidden = False

    def _formula(self, _attributes: dict[str, str]) -> None:
        self.formulas += 1

    def _filter(self, _attributes: dict[str, str]) -> None:
        self.filtered = True

    def _merge(self, attributes: dict[str, str]) -> None:
        if found := _RANGE.fullmatch(attributes.get("ref", "")):
            first, top, last, bottom = found.groups()
            columns = column_index_from_string(first), column_index_from_string(last or first)
            self.merged.append((int(top), int(bottom or top), *columns))

    def _column(self, attributes: dict[str, str]) -> None:
        first, last = (attributes.get(end, "") for end in ("min", "max"))
        if attributes.get("hidden") in _YES and first.isdecimal() and last.isdecimal():
            self.columns |= set(range(int(first), min(int(last), _COLUMNS) + 1))


def survey(name: str, archive: ZipFile, part: str) -> Survey:
    """Look through a sheet once; the source's `name` is for messages."""
    counts, xml = _Counts(), parser(name)
    xml.StartElementHandler = counts.start
    with archive.open(part) as stream:
        for _ in fed(xml, stream):
            pass
    return Survey(counts.hidden_rows, counts.filtered, frozenset(counts.columns), tuple(counts.merged), counts.formulas)


def remarks(found: Survey, *, header_line: int, columns: dict[int, str], stale: bool) -> list[str]:
    """What the survey found, as far as it is about the columns of the header and what is below it."""
    said = []
    if found.hidden_rows:
        why = "a filter is set" if found.filtered else "they are hidden in Excel"
        said.append(f"{found.hidden_rows:,} rows are read that Excel does not show: {why}")
    if hidden := [name for column, name in columns.items() if column in found.hidden_columns]:
        said.append(f"{len(hidden)} columns are read that are hidden in Excel: {', '.join(map(repr, hidden))}")
    merged = [
        box for box in found.merged if box[1] >= header_line and box[2] <= max(columns) and box[3] >= min(columns)
    ]
    if merged:
        said.append(_merged_remark(merged))
    if stale and found.formulas:
        said.append(
            f"{found.formulas:,} cells hold formulas whose results may be old: the workbook asks to be worked out when "
            "it is opened; open it in Excel and save it to be sure"
        )
    return said


def _merged_remark(merged: Sequence[tuple[int, int, int, int]]) -> str:
    top, _, first, _ = merged[0]
    where = f"{get_column_letter(first)}{top}"
    return (
        f"{len(merged):,} ranges of merged cells lie in the table, the first at {where}: the first cell of each has "
        "the value, the others are read as empty"
    )
