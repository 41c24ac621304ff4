"""Cutting a stream of CSV bytes into blocks that end with a record.

A line feed inside quotes belongs to a cell. Which ones do is told by parity: behind an even number of quotes a line
feed ends a record (RFC 4180; an escaped quote counts twice and changes nothing).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa

from regbulk.errors import SourceError
from regbulk.source.files import MARK

RECORD_LIMIT: Final = 64_000_000
"""Bytes of one record at most; more is taken for a quote that is never closed."""
QUOTE, COMMA, LINE_FEED, CARRIAGE_RETURN = b'",\n\r'
_WELL_QUOTED: Final = re.compile(rb'(?:(?:"(?:[^"]++|"")*+"|[^",\n]*+)[,\n])*+')


class Scan(NamedTuple):
    """Bytes with the positions, from 0, of the quotes and line feeds in them."""

    data: bytes
    quotes: pl.Series
    line_feeds: pl.Series


class Cut(NamedTuple):
    """Whole records, the last ending with a line feed, and the physical line (from 1) on which they begin."""

    scan: Scan
    line: int


def cut(pieces: Iterable[bytes], name: str) -> Iterator[Cut]:
    """Cut at the last record end of each piece; what is behind it goes to the next block.

    Raises:
        SourceError: a NUL byte, or a quote that is not closed; names the line. The source's `name` is only for this.
    """
    line = 1
    held: list[Scan] = []
    for data in _ending_with_line_feed(pieces):
        scan = scanned(data)
        quotes_held = sum(len(part.quotes) for part in held)
        ends = record_ends(scan, quotes_held)
        _refuse_nul(name, line, [*held, scan])
        if not ends.is_empty():
            head, scan = _parted(scan, int(ends[-1]) + 1)
            block = _joined([*held, head])
            yield Cut(block, line)
            line += len(block.line_feeds)
            held = []
        held.append(scan)
        if sum(len(part.data) for part in held) > RECORD_LIMIT:
            fault = "a quote is not closed, or a record is larger than 64 MB"
            raise _broken(name, _joined(held).data, line, fault=fault)
    if rest := _joined(held).data:
        raise misquoted(name, rest, line)


def misquoted(name: str, record: bytes, line: int) -> SourceError:
    """The error for a record over several lines whose quotes do not enclose whole cells; `line` is where it starts."""
    return _broken(name, record, line, fault="a quote is not closed, or stands in a cell not enclosed in quotes")


def scanned(data: bytes) -> Scan:
    """Find the quotes and line feeds."""
    found = octets(data)
    return Scan(data, (found == QUOTE).arg_true(), (found == LINE_FEED).arg_true())


def octets(data: bytes) -> pl.Series:
    """The bytes as unsigned numbers, not copied."""
    return pl.Series(pa.Array.from_buffers(pa.uint8(), len(data), [None, pa.py_buffer(data)]))


def record_ends(scan: Scan, quotes_before: int = 0) -> pl.Series:
    """The positions of the line feeds that end a record, given how many quotes stand before these bytes."""
    return scan.line_feeds.filter(ends_record(scan, quotes_before))


def ends_record(scan: Scan, quotes_before: int = 0) -> pl.Series:
    """For each line feed whether it ends a record."""
    return (scan.quotes.search_sorted(scan.line_feeds) + quotes_before) % 2 == 0


def _ending_with_line_feed(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces without the byte order mark; the last line gets the line feed that a writer may leave out."""
    last = b"\n"
    for number, piece in enumerate(pieces):
        if data := piece.removeprefix(MARK) if number == 0 else piece:
            yield data
            last = data[-1:]
    if last != b"\n":
        yield b"\n"


def _parted(scan: Scan, position: int) -> tuple[Scan, Scan]:
    data, quotes, feeds = scan
    quote, feed = (int(positions.search_sorted(position)) for positions in (quotes, feeds))
    return (
        Scan(data[:position], quotes[:quote], feeds[:feed]),
        Scan(data[position:], quotes[quote:] - position, feeds[feed:] - position),
    )


def _joined(scans: Sequence[Scan]) -> Scan:
    data = b"".join(scan.data for scan in scans)
    quotes, feeds, shift = [pl.Series(dtype=pl.UInt32)], [pl.Series(dtype=pl.UInt32)], 0
    for scan in scans:
        quotes.append(scan.quotes + shift)
        feeds.append(scan.line_feeds + shift)
        shift += len(scan.data)
    return Scan(data, pl.concat(quotes, rechunk=True), pl.concat(feeds, rechunk=True))


def _broken(name: str, record: bytes, line: int, *, fault: str) -> SourceError:
    well = _WELL_QUOTED.match(record)
    opened = line + record.count(b"\n", 0, well.end() if well else 0)
    advice = "close it, or enclose the whole cell and write every quote inside it twice"
    return SourceError(name, [f"line {opened}: {fault}; {advice}"])


def _refuse_nul(name: str, line: int, held: Sequence[Scan]) -> None:
    if b"\0" in held[-1].data:
        before = b"".join(scan.data for scan in held).partition(b"\0")[0].count(b"\n")
        advice = "the file is UTF-16 or damaged: save it as 'CSV UTF-8'"
        raise SourceError(name, [f"line {line + before}: found a NUL byte; {advice}"])
