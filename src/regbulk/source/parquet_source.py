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
from regbulk.source.contract import CLEARS, LINE_NO, OWN_COLUMNS, RAW, RECORD_NO, Block
from regbulk.source.files import File, readable
from regbulk.source.header import name_problems
from regbulk.source.raw_column import Restored, restore
from regbulk.source.rejects_csv import error_texts, owner_only

_ROWS: Final = 5_000
"""Records of one block at most; fewer where records are large."""


class PartFile(NamedTuple):
    """One file of the set: its columns in order, their types (None: one that polars does not know), rows of a block."""

    file: File
    names: tuple[str, ...]
    types: Mapping[str, pl.DataType | None]
    rows: int


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files whose footers have been read, in the order of their names."""

    parts: tuple[PartFile, ...]

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
        """All records in order, unedited cells with the exact values of `_raw`; `_line_no` is null, `_clears` empty.

        Raises:
            SourceError: the columns have problems, or a file cannot be read to its end.
        """
        if problems := [*self.problems, *name_problems(self.columns)]:
            raise SourceError(self.name, problems)
        for records, faults in self._texts():
            kept = records.join(faults, left_on=RECORD_NO, right_on="record_no", how="anti", maintain_order="left")
            yield Block(kept, faults, records.height)

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
            for records, _ in self._texts():
                found = records.join(errors, on=RECORD_NO, maintain_order="left").select(columns)
                found.write_csv(stream, include_header=False)
                written += found.height
        return written

    def _texts(self) -> Iterator[Restored]:
        first = 1
        for part in self.parts:
            wanted = [name for name in (*self.columns, RAW) if name in part.names]
            for frame in _frames(part):
                numbers = pl.int_range(first, first + frame.height, dtype=pl.Int64).alias(RECORD_NO)
                line, clears = pl.lit(None, pl.Int64).alias(LINE_NO), pl.lit([], pl.List(pl.String)).alias(CLEARS)
                texts = (cells.text(name, frame.schema[name]) for name in wanted)
                records = frame.select(numbers, line, clears, *texts)
                yield restore(records) if RAW in wanted else Restored(records, none())
                first += frame.height


def open_parquet(files: Sequence[File], block_bytes: int) -> ParquetSource:
    """Read the footers of Parquet files.

    Raises:
        SourceError: files that are no Parquet, encrypted, or damaged; all of them.
    """
    parts: list[PartFile] = []
    problems: list[str] = []
    for file in files:
        try:
            parts.append(_part(file, block_bytes))
        except SourceError as error:
            problems += [f"{file.name}: {problem}" for problem in error.problems]
    if problems:
        raise SourceError(files[0].name, problems)
    return ParquetSource(tuple(parts))


def _part(file: File, block_bytes: int) -> PartFile:
    with readable(file.name), file.open() as stream, pq.ParquetFile(stream) as parquet:
        schema, footer = parquet.schema_arrow, parquet.metadata
        stored = sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))
        rows = min(_ROWS, max(1, block_bytes * max(footer.num_rows, 1) // max(stored, 1)))
        return PartFile(file, tuple(schema.names), {field.name: _polars_type(field) for field in schema}, rows)


def _polars_type(field: pa.Field) -> pl.DataType | None:
    # polars ends with a panic on a type it cannot hold, so they are asked for by name.
    return None if _is_foreign(field.type) else pl.Series(pa.array([], field.type)).dtype


def _is_foreign(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType) or pa.types.is_decimal256(kind) or pa.types.is_interval(kind):
        return True
    return any(_is_foreign(kind.field(place).type) for place in range(kind.num_fields))


def _frames(part: PartFile) -> Iterator[pl.DataFrame]:
    # Threads would decode all columns of a row group side by side and hold a third more memory for it.
    with readable(part.file.name), part.file.open() as stream, pq.ParquetFile(stream) as parquet:
        for batch in parquet.iter_batches(batch_size=part.rows, use_threads=False):
            yield pl.DataFrame(batch)


def _missing(first: PartFile, part: PartFile) -> list[str]:
    expected, found = (dict.fromkeys(name for name in each.names if name != RAW) for each in (first, part))
    return [
        *(
            f"{part.file.name}: lacks column {name!r}, {first.file.name} has it"
            for name in expected
            if name not in found
        ),
        *(
            f"{part.file.name}: has column {name!r}, {first.file.name} has not"
            for name in found
            if name not in expected
        ),
    ]


def _typed(part: PartFile) -> list[str]:
    problems: list[str] = []
    for name, dtype in part.types.items():
        if dtype is None:
            problems.append(f"column {name!r} is of a type that has no text; write it as text")
        elif name == RAW and dtype not in (pl.String, pl.Null):
            problems.append(f"column {name!r} is regbulk's own and holds JSON text; found {dtype}")
        else:
            problems += cells.type_problems(name, dtype)
    return problems
