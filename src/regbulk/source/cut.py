"""Cutting a stream of CSV bytes into blocks of whole records.

A line end inside quotes belongs to a cell. Where every quote encloses a whole cell, parity tells which line ends do:
behind an even number of quotes a record ends (RFC 4180; a quote written twice changes nothing). Where one does not, the
block is read record by record by the grammar instead, and a line that does not fit it is a malformed record by itself:
reading goes on behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from regbulk.errors import SourceError
from regbulk.source.dialect import Dialect
from regbulk.source.octets import CARRIAGE_RETURN, LINE_FEED, line_ends, octets, positions

LINE_LIMIT: Final = 32_000_000
"""Bytes of one line at most; a file with longer ones is no table."""
RECORD_LIMIT: Final = 4_000_000
"""Bytes of a record over several lines at most; a quote that would make it longer is not closed."""
_PLACES: Final = {"start": pl.Int64(), "stop": pl.Int64(), "end": pl.Int64(), "malformed": pl.Boolean()}


class Cut(NamedTuple):
    """Whole records in a row.

    Attributes:
        data: bytes (UTF-8) that begin with them, line ends included.
        size: how many of these bytes are theirs.
        places: one row per record: `start`, `stop`, `end` Int64 (where in `data` it begins, where its line end begins,
            where that ends), `line` Int64 (the physical line on which it begins, from 1), `malformed` Boolean (it is
            one line whose quotes do not enclose whole cells).
        well_quoted: whether every quote of the others encloses a whole cell, or is written twice inside one.
        lines: how many physical lines they have.
    """

    data: bytes
    size: int
    places: pl.DataFrame
    well_quoted: bool
    lines: int


def cut(pieces: Iterable[bytes], dialect: Dialect, name: str, *, line: int = 1) -> Iterator[Cut]:
    """Cut behind the last whole record of each piece; what is behind it goes to the next block.

    `line` is the physical line on which the pieces begin, from 1; the source's `name` is for messages.

    Raises:
        SourceError: a line is longer than `LINE_LIMIT`.
    """
    cutter = _Cutter(dialect)
    held: list[bytes] = []
    for piece, final in _ended(pieces):
        held.append(piece)
        # Within a line nothing ends, and long ones are not looked through again and again.
        if final or b"\n" in piece or b"\r" in piece:
            data = b"".join(held)
            found = cutter.whole(data, line, final=final)
            held = [data]
            if found:
                yield found
                line += found.lines
                held = [data[found.size :]]
        if sum(map(len, held)) > LINE_LIMIT:
            raise endless(name, line)


def endless(name: str, line: int) -> SourceError:
    """The error for a line that is longer than `LINE_LIMIT`."""
    limit = f"{LINE_LIMIT // 1_000_000} MB"
    return SourceError(name, [f"line {line}: found more than {limit} without a line end, expected lines; is it CSV?"])


def _ended(pieces: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """The pieces, each with whether it is the last; the last line gets the line end that a writer may leave out."""
    last = b"\n"
    for piece in filter(None, pieces):
        yield piece, False
        last = piece[-1:]
    yield b"" if last == b"\n" else b"\n", True


@dataclass(frozen=True)
class _Cutter:
    dialect: Dialect

    def whole(self, data: bytes, line: int, *, final: bool) -> Cut | None:
        """The whole records at the beginning of some bytes; None while there is none."""
        seen, ends = self.dialect.masked(data), line_ends(data, final=final)
        places = self._by_parity(seen, ends if seen is data else line_ends(seen, final=final), final=final)
        well_quoted = places is not None
        if places is None:
            places = self._by_grammar(seen, final=final)
        if places.is_empty():
            return None
        # An escaped line end ends no record, but an editor counts it.
        places = places.with_columns(line=ends.search_sorted(places["start"], side="left").cast(pl.Int64) + line)
        size = int(places["end"][-1])
        return Cut(data, size, places, well_quoted, int(ends.search_sorted(size, side="left")))

    def _by_parity(self, seen: bytes, ends: pl.Series, *, final: bool) -> pl.DataFrame | None:
        """The records by the number of quotes before each line end; None where the quotes do not bear that out."""
        quotes = positions(seen, self.dialect.quote)
        if len(quotes):
            ends = ends.filter(quotes.search_sorted(ends) % 2 == 0)
        length = int(ends[-1]) + 1 if len(ends) else 0
        rest = len(seen) - length
        if rest > (0 if final else RECORD_LIMIT):
            return None
        inside = quotes.head(int(quotes.search_sorted(length, side="left")))
        places = _ending_at(ends.cast(pl.Int64), seen)
        longest = places.select((pl.col("stop") - pl.col("start")).max()).item() or 0
        return places if longest <= RECORD_LIMIT and self._well_quoted(seen, inside) else None

    def _well_quoted(self, seen: bytes, quotes: pl.Series) -> bool:
        """Every opening quote follows a separator, every closing one is followed by one; twin quotes close and open."""
        if quotes.is_empty():
            return True
        found = octets(seen)
        opening, closing = quotes.gather_every(2), quotes.gather_every(2, 1)
        before = found.gather((opening[1:] if opening[0] == 0 else opening) - 1)
        behind = found.gather(closing + 1)
        sound = [self.dialect.delimiter[0], LINE_FEED, CARRIAGE_RETURN, self.dialect.quote[0]]
        return bool(before.is_in(sound).all() and behind.is_in(sound).all())

    def _by_grammar(self, seen: bytes, *, final: bool) -> pl.DataFrame:
        """The records one by one, as many as are whole."""
        position, rows = 0, list[tuple[int, int, int, bool]]()
        while position < len(seen):
            found = self._record(seen, position)
            malformed = found is None
            if found is None:
                if not final and len(seen) - position <= RECORD_LIMIT and self._is_unfinished(seen, position):
                    break
                found = self.dialect.grammar.line.match(seen, position)
            if found is None and not final:
                break
            # Without a line end it is what an escape character at the very end of the file leaves.
            stop, end = found.span(1) if found else (len(seen) - 1, len(seen))
            rows.append((position, stop, end, malformed))
            position = end
        return pl.DataFrame(rows, schema=_PLACES, orient="row")

    def _record(self, seen: bytes, position: int) -> re.Match[bytes] | None:
        """A well-formed record; one over several lines may not be longer than the limit."""
        found = self.dialect.grammar.record.match(seen, position)
        if found is None or found.start(1) - position <= RECORD_LIMIT:
            return found
        over_lines = any(mark in seen[position : found.start(1)] for mark in (b"\n", b"\r"))
        return None if over_lines else found

    def _is_unfinished(self, seen: bytes, position: int) -> bool:
        return self.dialect.grammar.unfinished.match(seen, position) is not None


def _ending_at(ends: pl.Series, seen: bytes) -> pl.DataFrame:
    """Well-formed records by the last byte of their line ends."""
    behind = ends + 1
    stops = ends
    if b"\r" in seen:
        found = octets(seen)
        # A CR LF is one line end; a CR before a CR is another one.
        pairs = (found.gather(ends) == LINE_FEED) & (found.gather((ends - 1).clip(lower_bound=0)) == CARRIAGE_RETURN)
        stops = ends - pairs.cast(pl.Int64)
    starts = behind.shift(1, fill_value=0)
    return pl.DataFrame({"start": starts, "stop": stops, "end": behind}).with_columns(malformed=pl.lit(value=False))
