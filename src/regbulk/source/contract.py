"""What every source gives: blocks of records as text, in order, numbered from 1.

A source knows nothing of registrations. It hands over every cell as the text a CSV file would hold (see
`source/cells.py` for typed Parquet values), null where the cell is empty, and counts what it hands over.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import polars as pl

from regbulk.source.options import SourceOptions

RECORD_NO: Final = "_record_no"
LINE_NO: Final = "_line_no"
CLEARS: Final = "_clears"
ERRORS: Final = "_errors"
LOAD_ID: Final = "_load_id"
OWN_COLUMNS: Final = (LOAD_ID, RECORD_NO, LINE_NO, ERRORS)
"""Columns of a `rejects.csv` that are regbulk's own: read for load and record number, otherwise ignored."""
RAW: Final = "_raw"
"""Column of an export: a JSON object with the exact values that its typed columns cannot hold, by field."""
CELL_LIMIT: Final = 1_000_000
"""Bytes of one cell (in UTF-8) at most."""


class Skipped(NamedTuple):
    """Rows that are no records and were passed over: without any value, and lines that sum the file up at its end."""

    blank_rows: int = 0
    footers: int = 0


NOTHING_SKIPPED: Final = Skipped()


@dataclass(frozen=True)
class Block:
    """A run of consecutive records.

    Attributes:
        records: `_record_no` Int64 (from 1), `_line_no` Int64 (null without lines), `_clears` List[String] (names of
            the columns whose cell asks to clear the field; never null), then every source column as String, null =
            absent.
        faults: records without cells that could be checked (`ragged-row`, `encoding-error`, `length-error`,
            `blank-row`, `footer-row`), in the shape of `regbulk.rejects.SCHEMA`; they are not in `records`.
        read: how many records the block holds, faulty ones included.
        skipped: rows that are no records.
    """

    records: pl.DataFrame
    faults: pl.DataFrame
    read: int
    skipped: Skipped = NOTHING_SKIPPED


class Source(Protocol):
    """One CSV file or a set of Parquet files, read front to back as often as asked.

    A source opens even when its header has faults, so that they can be shown together with what only a schema knows:
    `[*source.problems, *header_problems(source.columns, …)]`.
    """

    @property
    def name(self) -> str:
        """The base name of the file (of the first file of a set): what the stamp carries."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The source's own columns in order, as written; without `OWN_COLUMNS` of a `rejects.csv` and `_raw`."""

    @property
    def problems(self) -> tuple[str, ...]:
        """What is wrong with the source as a whole beyond the names of its columns, one sentence each."""

    @property
    def decisions(self) -> tuple[str, ...]:
        """What was found out about how the source is written, each with its ground, one sentence each."""

    @property
    def as_read(self) -> SourceOptions:
        """How the source is read: what was told, and what was found out in place of what was not."""

    @property
    def returned_from(self) -> str | None:
        """The load whose `rejects.csv` this is; None for any other source, and for the rejects of a validation."""

    def blocks(self) -> Iterator[Block]:
        """All records in order, in bounded memory.

        Raises:
            SourceError: the source is broken as a whole, or has `problems`, or column names that cannot be told apart.
        """

    def fingerprint(self) -> str:
        """SHA-256 over the bytes of the file or files, as hex text."""

    def write_rejects(self, rejects: pl.DataFrame, out: Path, *, load_id: str | None = None) -> int:
        """Write the records named in `rejects` as they were, with `OWN_COLUMNS` behind them.

        Args:
            rejects: broken rules in the shape of `regbulk.rejects.SCHEMA`, ordered by record.
            out: the CSV file to write; it can be corrected and read again as a source of the same records.
            load_id: the load that refused them; None where nothing was to be loaded.

        Returns:
            The number of records written.
        """
