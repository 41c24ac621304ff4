"""Blocks of CSV bytes as raw records: where each starts, and whether its quotes enclose whole cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Self

from regbulk.source.cut import CARRIAGE_RETURN, COMMA, LINE_FEED, QUOTE, Cut, Scan, ends_record, octets

_CELL: Final = rb'(?:"(?:[^"]++|"")*+"|(?!")[^,]*+)'
_RECORD: Final = re.compile(_CELL + rb"(?:," + _CELL + rb")*+")
_ENCLOSED: Final = rb'(?:"(?:[^"]++|"")*+"|[^",\n]*+)'
_ENCLOSED_RECORD: Final = re.compile(_ENCLOSED + rb"(?:," + _ENCLOSED + rb")*+")
_CELLS: Final = re.compile(rb"(?:^|,)" + _CELL)


@dataclass(frozen=True)
class Records:
    """A run of records as they stand in the file.

    Attributes:
        raw: their bytes without line ends.
        numbers: their record numbers; 0 is the header.
        lines: the physical line on which each starts, counted from 1.
        well_quoted: whether every quote opens or closes a cell, or is written twice inside an enclosed one (RFC 4180).
    """

    raw: Sequence[bytes]
    numbers: Sequence[int]
    lines: Sequence[int]
    well_quoted: bool

    def without_header(self) -> Self:
        """The same without record 0."""
        if self.numbers and self.numbers[0] == 0:
            return replace(self, raw=self.raw[1:], numbers=self.numbers[1:], lines=self.lines[1:])
        return self


def split(block: Cut, first: int, *, blank: bytes) -> Records:
    """The records of a block, numbered from `first`; lines with nothing but `blank` characters are no records."""
    data = block.scan.data
    ending = ends_record(block.scan)
    ends = [-1, *block.scan.line_feeds.filter(ending)]
    lines = [block.line, *(ending.arg_true() + (block.line + 1))]
    raw = [data[start + 1 : end] for start, end in pairwise(ends)]
    if b"\r" in data:
        raw = [record.removesuffix(b"\r") for record in raw]
    if b"" in (stripped := [record.strip(blank) for record in raw]):
        kept = [index for index, record in enumerate(stripped) if record]
        raw, lines = [raw[index] for index in kept], [lines[index] for index in kept]
    numbers = range(first, first + len(raw))
    return Records(raw, numbers, lines[: len(raw)], _well_quoted(block.scan))


def cell_count(record: bytes) -> int:
    """How many cells a record has."""
    return len(_CELLS.findall(record))


def is_separable(record: bytes) -> bool:
    """Whether its cells can be told apart: quotes enclose whole cells, or stand inside cells that begin with none."""
    return _RECORD.fullmatch(record) is not None


def is_enclosed(record: bytes) -> bool:
    """Whether quotes and line feeds stand only in cells that are enclosed in quotes."""
    return _ENCLOSED_RECORD.fullmatch(record) is not None


def _well_quoted(scan: Scan) -> bool:
    """Every opening quote follows a separator, every closing one is followed by one; twin quotes close and open."""
    if scan.quotes.is_empty():
        return True
    found = octets(scan.data)
    opening, closing = scan.quotes.gather_every(2), scan.quotes.gather_every(2, 1)
    before = found.gather((opening[1:] if opening[0] == 0 else opening) - 1)
    behind = found.gather(closing + 1)
    return bool(
        before.is_in([COMMA, LINE_FEED, QUOTE]).all() and behind.is_in([COMMA, LINE_FEED, QUOTE, CARRIAGE_RETURN]).all()
    )
