"""`rejects.csv`: rejected records as they were, and how they come back after correction.

Behind the source's own columns stand `_record_no`, `_line_no` and `_errors`. They are read from the end of a record, so
that a record with too few or too many cells, or with bytes that are no text, still knows its number.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Final

import polars as pl

from regbulk.errors import SourceError
from regbulk.source.contract import ERRORS, LINE_NO, OWN_COLUMNS, RECORD_NO
from regbulk.source.records import Records

_OWN_CELLS: Final = re.compile(rb',"?([1-9]\d{0,17})"?,"?(\d*)"?,(?:"(?:[^"]|"")*+"|[^",\n]*+)\Z')
_OWN_HEADER: Final = ",".join(OWN_COLUMNS).encode()


class Renumber:
    """Gives returned records the numbers they were written with; remembers them, because none may come twice."""

    def __init__(self, name: str) -> None:
        """Start with no number seen; the source's `name` is for messages."""
        self._name = name
        self._seen: set[int] = set()

    def __call__(self, records: Records) -> Records:
        """The same records under their own numbers.

        Raises:
            SourceError: a record has no number, or one that another record has.
        """
        numbers: list[int] = []
        problems: list[str] = []
        for record, line in zip(records.raw, records.lines, strict=True):
            cells = _OWN_CELLS.search(record)
            number = int(cells[1]) if cells else 0
            if not number:
                problems.append(
                    f"line {line}: found no whole number from 1 in {RECORD_NO}, the third cell from the end; "
                    f"new records belong in a file without {', '.join(OWN_COLUMNS)}"
                )
            elif number in self._seen:
                problems.append(f"line {line}: record {number} stands in this file twice; keep one")
            self._seen.add(number)
            numbers.append(number)
        if problems:
            raise SourceError(self._name, problems)
        return replace(records, numbers=numbers)


def without_own_cells(record: bytes) -> bytes:
    """A returned record as it was before regbulk put its three cells behind it."""
    return _OWN_CELLS.sub(b"", record)


def own_header(header: bytes) -> bytes:
    """A raw header line, without its line end, with the three columns behind it."""
    return header + b"," + _OWN_HEADER


def error_texts(rejects: pl.DataFrame) -> pl.DataFrame:
    """One row per rejected record: `_record_no`, and `_errors` as `code field: message` joined by `; `."""
    error = pl.concat_str("code", "field", separator=" ", ignore_nulls=True) + ": " + pl.col("message")
    return (
        rejects.group_by(pl.col("record_no").alias(RECORD_NO), maintain_order=True)
        .agg(error.alias(ERRORS))
        .with_columns(pl.col(ERRORS).list.join("; "))
    )


def rejected_lines(records: Records, errors: pl.DataFrame, original: Callable[[bytes], bytes]) -> Iterator[bytes]:
    """The raw records that are named in `errors`, each with its three cells, without line ends."""
    numbers = pl.DataFrame({RECORD_NO: pl.Series(records.numbers, dtype=pl.Int64), LINE_NO: records.lines})
    found = numbers.with_row_index().join(errors, on=RECORD_NO, maintain_order="left")
    for index, number, line, text in found.iter_rows():
        quoted = text.replace('"', '""')
        yield original(records.raw[index]) + f',{number},{line},"{quoted}"'.encode()


@contextmanager
def owner_only(path: Path) -> Iterator[IO[bytes]]:
    """A new file that its owner alone can read, in place of an earlier one."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        yield stream


def is_returned(header: Sequence[str]) -> bool:
    """Whether a header is that of a `rejects.csv`."""
    return tuple(header[-len(OWN_COLUMNS) :]) == OWN_COLUMNS
