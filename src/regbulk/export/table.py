"""Records into one Parquet file, row group by row group, in memory that does not grow with the export."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import BinaryIO, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from regbulk.export.columns import Column, arrow_schema
from regbulk.export.encode import Record, encode

ENCODE_ROWS: Final = 1_000
"""Records held as Python objects before they become a batch: few, for they take some 10 KB each."""
GROUP_ROWS: Final = 16_384
"""Rows of a row group, held as Arrow batches until it is written."""


class TableWriter:
    """A Parquet file in the making: `names` of its fields, and `kept_raw`, how many values of each went to `_raw`."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column]) -> None:
        """Start the file; without any record it is a valid file of no rows."""
        self.names = [column.name for column in columns]
        self.kept_raw: Counter[str] = Counter()
        self._columns = columns
        self._writer = pq.ParquetWriter(file, arrow_schema(columns), compression="zstd")
        self._records: list[Record] = []
        self._batches: list[pa.RecordBatch] = []

    def add(self, records: Sequence[Record]) -> None:
        """Append records in this order."""
        self._records.extend(records)
        if len(self._records) >= ENCODE_ROWS:
            self._encode()
        if sum(batch.num_rows for batch in self._batches) >= GROUP_ROWS:
            self._write()

    def __enter__(self) -> Self:
        """Nothing happens yet."""
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        """Write what is left and the footer, unless something failed; the file stays open."""
        try:
            if failure is None:
                self._encode()
                self._write()
                self._writer.close()
        finally:
            # Otherwise pyarrow writes the footer of an abandoned file when it collects the writer.
            self._writer.is_open = False

    def _encode(self) -> None:
        if self._records:
            batch, kept_raw = encode(self._records, self._columns)
            self._batches.append(batch)
            self.kept_raw += kept_raw
            self._records.clear()

    def _write(self) -> None:
        if self._batches:
            self._writer.write_table(pa.Table.from_batches(self._batches))
            self._batches.clear()
