"""How the cells of a CSV file are separated, enclosed and escaped."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from typing import Any, Final, NamedTuple

from regbulk.source.grammar import Grammar, grammar

NAMES: Final = {b",": "comma", b";": "semicolon", b"\t": "tab", b"|": "vertical bar", b" ": "space"}
"""What to call the usual delimiters."""
# Python's own limit of 128 KB would stop the reading of a cell; how long one may be is decided elsewhere.
csv.field_size_limit(1 << 30)


class Stray(NamedTuple):
    """Why a line is no record: where in it (from 0) the quote stands that opens or closes a cell, and which it does."""

    position: int
    closes: bool


@dataclass(frozen=True)
class Dialect:
    """One ASCII character each: between cells, around cells (empty: never), before a character that is meant literally.

    Where there is no escape character, a quote inside an enclosed cell is written twice (RFC 4180).
    """

    delimiter: bytes = b","
    quote: bytes = b'"'
    escape: bytes = b""

    @property
    def grammar(self) -> Grammar:
        """What a record looks like."""
        return grammar(self.delimiter, self.quote)

    @property
    def between(self) -> str:
        """What to call the delimiter in a message."""
        return NAMES.get(self.delimiter, repr(self.delimiter.decode()))

    def masked(self, data: bytes) -> bytes:
        """The same bytes with neutral ones in place of escaped characters and their escape, each where it was."""
        if not self.escape or self.escape not in data:
            return data
        return self._escaped.sub(b"xx", data)

    @cached_property
    def _escaped(self) -> re.Pattern[bytes]:
        return re.compile(re.escape(self.escape) + rb"[\x00-\xff]")

    def cells(self, record: bytes) -> list[str]:
        r"""The cells of one well-formed record; undecodable bytes become U+FFFD.

        Where the backslash escapes, the cell `\N` is itself: that is how databases write a missing value.
        """
        if self.escape == b"\\" and rb"\N" in record:
            record = self._missing.sub(rb"\\\\N", record)
        rows = csv.reader(StringIO(record.decode("utf-8", "replace"), newline=""), **self._words)
        return next(rows, [""])

    @cached_property
    def _missing(self) -> re.Pattern[bytes]:
        between = re.escape(self.delimiter)
        return re.compile(rb"(?:\A|(?<=" + between + rb"))\\N(?=" + between + rb"|\Z)")

    @cached_property
    def _words(self) -> dict[str, Any]:
        return {
            "delimiter": self.delimiter.decode(),
            "quotechar": self.quote.decode() or None,
            "quoting": csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            "escapechar": self.escape.decode() or None,
        }

    def count(self, record: bytes) -> int:
        """How many cells a well-formed record has."""
        return len(self.grammar.cells.findall(self.masked(record)))

    def sizes(self, record: bytes) -> list[int]:
        """How many bytes each cell of a well-formed record has; found in place, for records of many megabytes."""
        spans = [found.span(1) for found in self.grammar.cells.finditer(self.masked(record))]
        return [self._size(record[start:stop]) for start, stop in spans]

    def _size(self, cell: bytes) -> int:
        escaped = len(self._escaped.findall(cell)) if self.escape else 0
        if not self.quote or not cell.startswith(self.quote):
            return len(cell) - escaped
        return len(cell) - 2 - escaped - (0 if self.escape else cell.count(self.quote * 2, 1, len(cell) - 1))

    def stray(self, line: bytes) -> Stray | None:
        """The first quote of a line that makes it no record; None where it is not a quote that does."""
        seen = self.masked(line)
        before = self.grammar.before.match(seen)
        position = before.end() if before else 0
        if closed := self.grammar.quoted.match(seen, position):
            return Stray(closed.end() - 1, closes=True)
        return Stray(position, closes=False) if self.quote and seen.startswith(self.quote, position) else None

    def plain(self, record: bytes) -> bytes:
        """A well-formed record with every cell that holds quotes enclosed; undecodable bytes stay as they are."""
        if not self.quote or self.quote not in record or self.grammar.enclosed.fullmatch(record):
            return record
        return self.delimiter.join(self._as_enclosed(cell) for cell in self.grammar.cells.findall(record))

    def _as_enclosed(self, cell: bytes) -> bytes:
        if cell.startswith(self.quote) or self.quote not in cell:
            return cell
        return self.quote + cell.replace(self.quote, self.quote * 2) + self.quote

    def enclosed(self, text: str) -> bytes:
        """Text as one cell of this dialect, on one line; without quotes and escapes, spaces stand for delimiters."""
        cell = " ".join(text.split()).encode()
        if self.escape:
            signs = b"[" + re.escape(self.escape + (self.quote or self.delimiter)) + b"]"
            return self.quote + re.sub(signs, lambda sign: self.escape + sign[0], cell) + self.quote
        if not self.quote:
            return cell.replace(self.delimiter, b" ")
        return self.quote + cell.replace(self.quote, self.quote * 2) + self.quote
