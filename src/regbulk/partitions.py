"""Partition files: immutable Parquet files of one frame shape, written beside and renamed into place.

A folder of partitions has its final name only when all of them are complete.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP: Final = 8_192
_DICTIONARY_BYTES: Final = 128 * 1024


class PartitionWriter:
    """Writes frames of one schema into `part-00001.parquet`, … of at most `rows` rows each.

    Used as a context manager: the folder appears under its name when the block ends without an exception, replacing
    an earlier one; after an exception nothing appears.
    """

    def __init__(self, folder: Path, *, rows: int) -> None:
        """Write into a hidden folder beside `folder`."""
        self._folder = folder
        self._staging = folder.with_name(f".{folder.name}.staging")
        self._rows = rows
        self._pending: list[pl.DataFrame] = []
        self._writer: pq.ParquetWriter | None = None
        self._written = 0
        self.parts = 0
        self.total = 0

    def __enter__(self) -> Self:
        shutil.rmtree(self._staging, ignore_errors=True)
        self._staging.mkdir(mode=0o700, parents=True)
        return self

    def write(self, frame: pl.DataFrame) -> None:
        """Append a frame; memory holds one row group at most."""
        self._pending.append(frame)
        if sum(part.height for part in self._pending) >= ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        frame = pl.concat(self._pending, rechunk=True)
        self._pending = []
        self.total += frame.height
        table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
        while table.num_rows:
            room = self._rows - self._written
            self._open(table.schema).write_table(table.slice(0, room), row_group_size=ROW_GROUP)
            self._written += min(room, table.num_rows)
            table = table.slice(room)
            if self._written >= self._rows:
                self._close()

    def _open(self, schema: pa.Schema) -> pq.ParquetWriter:
        if self._writer is None:
            self.parts += 1
            self._written = 0
            path = self._staging / f"part-{self.parts:05}.parquet"
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            self._writer = pq.ParquetWriter(
                path, schema, compression="zstd", compression_level=1, dictionary_pagesize_limit=_DICTIONARY_BYTES
            )
        return self._writer

    def _close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None and self._pending:
            self._flush()
        self._close()
        if kind is None:
            publish(self._staging, self._folder)
        else:
            shutil.rmtree(self._staging, ignore_errors=True)


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write one frame as a file that its owner alone can read, renamed into place.

    Its row groups are small, so that it can be read back a few rows at a time.
    """
    beside = path.with_name(f".{path.name}.partial")
    os.close(os.open(beside, os.O_WRONLY | os.O_CREAT, 0o600))
    frame.write_parquet(beside, compression="zstd", row_group_size=ROW_GROUP // 2)
    beside.replace(path)


def publish(staging: Path, folder: Path) -> None:
    """Give a finished folder its name; an earlier one of that name goes."""
    if folder.exists():
        shutil.rmtree(folder)
    staging.rename(folder)


def files(folder: Path) -> list[Path]:
    """The partition files of a folder, in order."""
    return sorted(folder.glob("part-*.parquet"))


def frames(folder: Path, columns: list[str] | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a folder in order, one row group in memory at a time (a lazy scan reads ahead without bound)."""
    for path in files(folder):
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield pl.DataFrame(file.read_row_group(group, columns=columns))


def scan(folder: Path, schema: dict[str, pl.DataType]) -> pl.LazyFrame:
    """All partitions of a folder as one lazy frame; an empty one of `schema` when there is none."""
    paths = files(folder)
    return pl.scan_parquet(paths) if paths else pl.LazyFrame(schema=schema)
