"""Cutting a stream of CSV bytes into blocks that end with a record.

A line end inside quotes belongs to a cell. Where a line end stands is told by parity: behind an even number of quotes it
ends a record (RFC 4180; an escaped quote counts twice and changes nothing).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from regbulk.errors import SourceError
from regbulk.source.files import MARK

RECORD_LIMIT: Final = 64_000_000
"""Bytes of one record at most; more is taken for a quote that is never closed."""
_WELL_QUOTED: Final = re.compile(rb'(?:(?:"(?:[^"]++|"")*+"|[^",\n]*+)[,\n])*+')


class Cut(NamedTuple):
    """Whole records, the last ending with a line feed, and the physical line (from 1) on which they begin."""

    data: bytes
    line: int


def cut(chunks: Iterable[bytes], name: str) -> Iterator[Cut]:
    """Cut at the last record end of each chunk; what is behind it goes to the next block.

    Raises:
        SourceError: a NUL byte, or a quote that is not closed; names the line. The source's `name` is only for this.
    """
    line, held, inside = 1, [], False
    for number, chunk in enumerate(chunks):
        data = chunk.removeprefix(MARK) if number == 0 else chunk
        _refuse_nul(name, line, [*held, data])
        end = _last_end(data, inside=inside)
        inside ^= data.count(b'"') % 2 == 1
        if end:
            yield (block := Cut(b"".join([*held, data[:end]]), line))
            line += block.data.count(b"\n")
            held = []
        held.append(data[end:])
        if sum(map(len, held)) > RECORD_LIMIT:
            raise _broken(name, b"".join(held), line, fault="a quote is not closed, or a record is larger than 64 MB")
    rest = b"".join(held)
    if inside:
        raise misquoted(name, rest, line)
    if rest:
        yield Cut(rest + b"\n", line)


def misquoted(name: str, record: bytes, line: int) -> SourceError:
    """The error for a record over several lines whose quotes do not enclose whole cells; `line` is where it starts."""
    return _broken(name, record, line, fault="a quote is not closed, or stands in a cell not enclosed in quotes")


def _broken(name: str, record: bytes, line: int, *, fault: str) -> SourceError:
    well = _WELL_QUOTED.match(record)
    opened = line + record.count(b"\n", 0, well.end() if well else 0)
    advice = "close it, or enclose the whole cell and write every quote inside it twice"
    return SourceError(name, [f"line {opened}: {fault}; {advice}"])


def _last_end(data: bytes, *, inside: bool) -> int:
    """The position behind the last line feed that ends a record; 0 when there is none."""
    high = len(data)
    if inside ^ (data.count(b'"') % 2 == 1):
        high = data.rfind(b'"')
    while high >= 0:
        low = data.rfind(b'"', 0, high)
        if (found := data.rfind(b"\n", low + 1, high)) >= 0:
            return found + 1
        if low < 0:
            return 0
        high = data.rfind(b'"', 0, low)
    return 0


def _refuse_nul(name: str, line: int, parts: list[bytes]) -> None:
    if b"\0" not in parts[-1]:
        return
    before = b"".join(parts).partition(b"\0")[0].count(b"\n")
    problem = "found a NUL byte; the file is UTF-16 or damaged: save it as 'CSV UTF-8'"
    raise SourceError(name, [f"line {line + before}: {problem}"])
