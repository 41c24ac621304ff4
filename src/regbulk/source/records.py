"""Blocks of CSV bytes as raw records: where each starts, and whether its quotes enclose whole cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Self

import polars as pl
import pyarrow as pa

from regbulk.source.cut import Cut

_QUOTE, _COMMA, _LINE_FEED, _RETURN = b'",\n\r'
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
    octets = _octets(block.data)
    quotes = (octets == _QUOTE).arg_true()
    line_feeds = (octets == _LINE_FEED).arg_true()
    ending = quotes.search_sorted(line_feeds) % 2 == 0
    ends = [-1, *line_feeds.filter(ending)]
    lines = [block.line, *(ending.arg_true() + (block.line + 1))]
    raw = [block.data[start + 1 : end] for start, end in pairwise(ends)]
    if b"\r" in block.data:
        raw = [record.removesuffix(b"\r") for record in raw]
    if b"" in (stripped := [record.strip(blank) for record in raw]):
        kept = [index for index, record in enumerate(stripped) if record]
        raw, lines = [raw[index] for index in kept], [lines[index] for index in kept]
    numbers = range(first, first + len(raw))
    return Records(raw, numbers, lines[: len(raw)], _well_quoted(octets, quotes))


def cell_count(record: bytes) -> int:
    """How many cells a record has."""
    return len(_CELLS.findall(record))


def is_separable(record: bytes) -> bool:
    """Whether its cells can be told apart: quotes enclose whole cells, or stand inside cells that begin with none."""
    return _RECORD.fullmatch(record) is not None


def is_enclosed(record: bytes) -> bool:
    """Whether quotes and line feeds stand only in cells that are enclosed in quotes."""
    return _ENCLOSED_RECORD.fullmatch(record) is not None


def _octets(data: bytes) -> pl.Series:
    return pl.Series(pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)]))


def _well_quoted(octets: pl.Series, quotes: pl.Series) -> bool:
    """Every opening quote follows a separator, every closing one is followed by one; twin quotes close and open."""
    if quotes.is_empty():
        return True
    positions = quotes.cast(pl.Int64)
    before = octets.gather(positions.gather_every(2) - 1)
    behind = octets.gather(positions.gather_every(2, 1) + 1)
    return bool(
        before.is_in([_COMMA, _LINE_FEED, _QUOTE]).all()
        and behind.is_in([_COMMA, _LINE_FEED, _QUOTE, _RETURN]).all()
    )
