"""`rejects.csv`: rejected records as they were, and how they come back after correction.

Behind the source's own columns stand `_load_id`, `_record_no`, `_line_no` and `_errors`, in the source's own dialect
and encoding. They are read from the end of a record, so that a record with too few or too many cells, or with bytes
that are no text, still knows its number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

import polars as pl

from regbulk.errors import SourceError
from regbulk.source.contract import ERRORS, OWN_COLUMNS, RECORD_NO
from regbulk.source.dialect import Dialect
from regbulk.source.records import Records

if TYPE_CHECKING:
    from regbulk.source.csv_header import Header

_TOLD: Final = 10
"""Lines with the same kind of problem that are named one by one."""


class Own(NamedTuple):
    """What a returned record says of itself: the load that refused it (None: no load), its number, its own cells."""

    load_id: str | None
    number: int
    original: bytes


def read_own(record: bytes, dialect: Dialect) -> Own | None:
    """Take regbulk's own cells off the end of a returned record; None where they are not there."""
    found = _own_cells(dialect).search(record)
    return Own(found[1].decode() or None, int(found[2]), record[: found.start()]) if found else None


@lru_cache
def _own_cells(dialect: Dialect) -> re.Pattern[bytes]:
    between, quote, escape = (re.escape(sign) for sign in (dialect.delimiter, dialect.quote, dialect.escape))
    mark = quote + rb"?" if quote else b""
    escaped = escape + rb"[\x00-\xff]|" if escape else b""
    plain = rb"(?:" + escaped + rb"[^" + between + quote + escape + rb"\n])*+"
    text = plain
    if quote:
        inside = rb"(?:" + escaped + quote * 2 + rb"|[^" + quote + escape + rb"])*+"
        text = rb"(?:" + quote + inside + quote + rb"|" + plain + rb")"
    cells = [
        mark + rb"([0-9A-Za-z_-]*+)" + mark,
        mark + rb"([1-9]\d{0,17})" + mark,
        mark + rb"\d*" + mark,
        text,
    ]
    return re.compile(between + between.join(cells) + rb"\Z")


class Renumber:
    """Gives returned records the numbers they were written with; remembers them, because none may come twice."""

    def __init__(self, name: str, dialect: Dialect, *, one_column: bool) -> None:
        """Start with no number seen; the source's `name` is for messages."""
        self._name = name
        self._dialect = dialect
        self._one_column = one_column
        self._loads: set[str | None] = set()
        self._seen: set[int] = set()

    def __call__(self, records: Records) -> Records:
        """The same records under their own numbers; `blank` are those without a value of the source's own.

        Raises:
            SourceError: a record has no number, or one that another record has, or another load refused it.
        """
        found = [read_own(record, self._dialect) for record in records.raw]
        lines = records.places["line"]
        problems = [problem for own, line in zip(found, lines, strict=True) if (problem := self._problem(own, line))]
        if problems:
            more = len(problems) - _TOLD
            raise SourceError(self._name, problems[:_TOLD] + ([f"{more:,} more lines like these"] if more > 0 else []))
        kept = [own for own in found if own]
        numbers = pl.Series("number", [own.number for own in kept], pl.Int64)
        blank = pl.Series("blank", [self._is_blank(own.original) for own in kept], pl.Boolean)
        return replace(records, places=records.places.with_columns(numbers, blank))

    def _problem(self, own: Own | None, line: int) -> str | None:
        if own is None:
            found = f"line {line}: found no whole number from 1 in {RECORD_NO}, the third cell from the end"
            return f"{found}; new records belong in a file without {', '.join(OWN_COLUMNS)}"
        self._loads.add(own.load_id)
        if len(self._loads) > 1:
            self._loads.discard(own.load_id)
            found, expected = (load or "no load" for load in (own.load_id, *self._loads))
            return (
                f"line {line}: found a record that was refused by {found}, expected {expected} as before; use two files"
            )
        if own.number in self._seen:
            return f"line {line}: found record {own.number} twice in this file, expected it once; keep one"
        self._seen.add(own.number)
        return None

    def _is_blank(self, original: bytes) -> bool:
        return not original or (not self._one_column and self._dialect.grammar.blank.fullmatch(original) is not None)


class Returning:
    """Writes rejected records in the dialect and encoding of their source, with regbulk's own cells behind them."""

    def __init__(self, header: Header, load_id: str | None) -> None:
        """Write for a source with this header, refused by the load of that id (None: by a validation)."""
        self._header = header
        self._dialect = header.dialect
        self._load_id = self._cell(load_id or "")
        # Whoever reads the file next shall find out its dialect: these cells show what is not to be taken for granted.
        self._around = header.dialect.quote.decode() if header.dialect.escape else ""

    def head(self) -> bytes:
        """Byte order mark, `sep=` line and names."""
        header, dialect = self._header, self._dialect
        names = _own_header(dialect).sub(b"", header.raw) if header.own else header.raw
        cells = list(dialect.grammar.cells.finditer(dialect.masked(names)))
        names = names[: cells[: header.width][-1].end()] + dialect.delimiter * (header.width - len(cells))
        line = dialect.delimiter.join([names, *map(self._cell, OWN_COLUMNS)]) + header.line_end
        return header.encoding.mark + header.encoding.from_utf_8(header.preamble + line)

    def lines(self, records: Records, errors: pl.DataFrame) -> Iterator[bytes]:
        """The raw records that are named in `errors`, each with its own cells and line end."""
        header, dialect = self._header, self._dialect
        numbered = records.places.select(pl.col("number").alias(RECORD_NO), "line").with_row_index()
        for index, number, line, text in numbered.join(errors, on=RECORD_NO, maintain_order="left").iter_rows():
            own = read_own(records.raw[index], dialect) if header.own else None
            original = own.original if own else records.raw[index]
            told = dialect.enclosed(self._around + text + self._around)
            cells = [original, self._load_id, self._cell(str(number)), self._cell(str(line)), told]
            yield header.encoding.from_utf_8(dialect.delimiter.join(cells) + header.line_end)

    def _cell(self, text: str) -> bytes:
        mark = b"" if self._dialect.quote == b'"' else self._dialect.quote
        return mark + text.encode() + mark


@lru_cache
def _own_header(dialect: Dialect) -> re.Pattern[bytes]:
    mark = re.escape(dialect.quote) + rb"?" if dialect.quote else b""
    names = re.escape(dialect.delimiter).join(mark + name.encode() + mark for name in OWN_COLUMNS)
    return re.compile(re.escape(dialect.delimiter) + names + rb"\Z")


def error_texts(rejects: pl.DataFrame) -> pl.DataFrame:
    """One row per rejected record: `_record_no`, and `_errors` as `code field: message` joined by `; `."""
    error = pl.concat_str("code", "field", separator=" ", ignore_nulls=True) + ": " + pl.col("message")
    return (
        rejects.group_by(pl.col("record_no").alias(RECORD_NO), maintain_order=True)
        .agg(error.alias(ERRORS))
        .with_columns(pl.col(ERRORS).list.join("; "))
    )


@contextmanager
def owner_only(path: Path) -> Iterator[IO[bytes]]:
    """A new file that its owner alone can read, in place of an earlier one."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        yield stream


def is_returned(header: Sequence[str]) -> bool:
    """Whether a header is that of a `rejects.csv`."""
    return tuple(header[-len(OWN_COLUMNS) :]) == OWN_COLUMNS
