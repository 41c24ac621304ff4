"""One or many Parquet files as a source, typed values as text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from regbulk.errors import SourceError
from regbulk.rejects import none
from regbulk.source import cells
from regbulk.source.contract import CLEARS, ERRORS, LINE_NO, OWN_COLUMNS, RAW, RECORD_NO, Block
from regbulk.source.files import File, readable
from regbulk.source.header import name_problems
from regbulk.source.kept import restore
from regbulk.source.returned import error_texts, owner_only

_ROWS: Final = 10_000
"""Records of one block at most; fewer where records are large."""


class Part(NamedTuple):
    """One file of the set: its columns in order, their types (None: one that polars does not know), rows of a block."""

    file: File
    names: tuple[str, ...]
    types: Mapping[str, pl.DataType | None]
    rows: int


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files whose footers have been read, in the order of their names."""

    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """The base name of the first file."""
        return self.parts[0].file.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the first file, in order, without `_raw`."""
        return tuple(name for name in self.parts[0].names if name != RAW)

    @property
    def problems(self) -> tuple[str, ...]:
        """Files whose columns differ, and columns whose type has no text."""
        found = [problem for part in self.parts for problem in (*_missing(self.parts[0], part), *_typed(part))]
        return tuple(dict.fromkeys(found))

    def blocks(self) -> Iterator[Block]:
        """All records in order; `_line_no` is null, `_clears` empty, and what `_raw` holds stands in its columns.

        Raises:
            SourceError: the columns have problems, or a file cannot be read to its end.
        """
        if problems := [*self.problems, *name_problems(self.columns)]:
            raise SourceError(self.name, problems)
        first = 1
        for part in self.parts:
            for frame in _frames(part):
                yield self._block(frame, part.types, first)
                first += frame.height

    def fingerprint(self) -> str:
        """SHA-256 over the files as stored; for a set, over their names too."""
        digest = hashlib.sha256()
        for part in self.parts:
            if len(self.parts) > 1:
                digest.update(part.file.name.encode() + b"\0")
            part.file.hash_into(digest)
        return digest.hexdigest()

    def write_rejects(self, rejects: pl.DataFrame, out: Path) -> int:
        """Write the rejected records as CSV text, with number, line (empty) and errors behind them."""
        errors = error_texts(rejects)
        columns = [*self.columns, *OWN_COLUMNS]
        written = 0
        with owner_only(out) as stream:
            pl.DataFrame(schema=dict.fromkeys(columns, pl.String())).write_csv(stream)
            for part, frame, first in self._numbered():
                records = _texts(frame, part, first)
                found = records.join(errors, on=RECORD_NO, maintain_order="left").select(columns)
                found.write_csv(stream, include_header=False)
                written += found.height
        return written
