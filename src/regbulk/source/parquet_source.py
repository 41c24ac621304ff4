"""One or many Parquet files as a source, typed values as text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from regbulk import rejects as faults_of
from regbulk.errors import SourceError
from regbulk.source import cells
from regbulk.source.contract import CLEARS, LINE_NO, LOAD_ID, OWN_COLUMNS, RAW, RECORD_NO, Block
from regbulk.source.header import name_problems
from regbulk.source.options import SourceOptions
from regbulk.source.parquet_faults import Stored, record_faults
from regbulk.source.parquet_ids import id_remarks
from regbulk.source.parquet_part import PartFile, frames, read_footer
from regbulk.source.parts import Parts
from regbulk.source.raw_column import Restored, restore
from regbulk.source.rejects_csv import error_texts, owner_only


@dataclass(frozen=True)
class ParquetSource:
    """Parquet files whose footers have been read, in the order of their names."""

    found: Parts
    files: tuple[PartFile, ...]

    @property
    def name(self) -> str:
        """The base name of the first file."""
        return self.files[0].part.file.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the first file, in order, without `_raw`; then those that only folders name."""
        return tuple(name for name in self.files[0].columns if name != RAW)

    @property
    def problems(self) -> tuple[str, ...]:
        """Files whose columns differ, and columns whose type has no text."""
        found = [problem for file in self.files for problem in (*_missing(self.files[0], file), *_typed(file))]
        return tuple(dict.fromkeys(found))

    @property
    def decisions(self) -> tuple[str, ...]:
        """What was left out, what the folders say, and values whose form leaves something open."""
        said = [remark for file in self.files for remark in (*id_remarks(file.types), *_local_times(file))]
        return (*_folders(self.found), *dict.fromkeys(said))

    @property
    def as_read(self) -> SourceOptions:
        """Nothing: a Parquet file says itself how it is written."""
        return SourceOptions()

    @property
    def returned_from(self) -> None:
        """Always None: rejects come back as CSV or as a workbook."""
        return

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
        for part in self.found.parts:
            if len(self.found.parts) > 1:
                digest.update(part.shown.encode() + b"\0")
            part.file.hash_into(digest)
        return digest.hexdigest()

    def write_rejects(self, rejects: pl.DataFrame, out: Path, *, load_id: str | None = None) -> int:
        """Write the rejected records as CSV text, with regbulk's own columns behind them (no line)."""
        errors = error_texts(rejects).with_columns(pl.lit(load_id, pl.String).alias(LOAD_ID))
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
        for file in self.files:
            wanted = [name for name in (*self.columns, RAW) if name in file.names]
            constant = [pl.lit(value, pl.String).alias(name) for name, value in file.part.partition.items()]
            for frame, broken in frames(file):
                numbers = pl.int_range(first, first + frame.height, dtype=pl.Int64).alias(RECORD_NO)
                line, clears = pl.lit(None, pl.Int64).alias(LINE_NO), pl.lit([], pl.List(pl.String)).alias(CLEARS)
                texts = (cells.text(name, frame.schema[name]) for name in wanted)
                added = (each for each in constant if each.meta.output_name() not in file.names)
                records = frame.select(numbers, line, clears, *texts, *added)
                restored = restore(records) if RAW in wanted else Restored(records, faults_of.none())
                found = record_faults(Stored(frame, broken, file.part.partition), restored.records)
                yield restored._replace(
                    faults=faults_of.merge(restored.faults, found) if found.height else restored.faults
                )
                first += frame.height


def open_parquet(found: Parts, block_bytes: int) -> ParquetSource:
    """Read the footers of Parquet files.

    Raises:
        SourceError: files that are no Parquet, encrypted, or damaged; all of them.
    """
    files: list[PartFile] = []
    problems: list[str] = []
    for part in found.parts:
        try:
            files.append(read_footer(part, block_bytes))
        except SourceError as error:
            problems += [f"{part.shown}: {problem}" for problem in error.problems]
    if problems:
        raise SourceError(found.parts[0].file.name, problems)
    return ParquetSource(found, tuple(files))


def _folders(found: Parts) -> list[str]:
    said = []
    if found.hidden:
        said.append(f"left out, as their names begin with _ or .: {', '.join(map(repr, found.hidden))}")
    if found.other:
        said.append(f"left out, as only folders named column=value are read: {', '.join(map(repr, found.other))}")
    if keys := dict.fromkeys(key for part in found.parts for key in part.partition):
        said.append(f"read from the names of the folders: column {', '.join(map(repr, keys))}")
    return said


def _local_times(file: PartFile) -> list[str]:
    return [
        f"column {name!r} holds times without a zone; a mapping says in which zone they are, or they are refused"
        for name, dtype in file.types.items()
        if dtype == pl.Date or (isinstance(dtype, pl.Datetime) and dtype.time_zone is None)
    ]


def _missing(first: PartFile, file: PartFile) -> list[str]:
    expected, found = (dict.fromkeys(name for name in each.columns if name != RAW) for each in (first, file))
    here, there = file.part.shown, first.part.shown
    return [
        *(f"{here}: lacks column {name!r}, {there} has it" for name in expected if name not in found),
        *(f"{here}: has column {name!r}, {there} has not" for name in found if name not in expected),
    ]


def _typed(file: PartFile) -> list[str]:
    problems: list[str] = []
    for name, dtype in file.types.items():
        if dtype is None:
            problems.append(f"column {name!r} is of a type that has no text; write it as text")
        elif name == RAW and dtype not in (pl.String, pl.Null):
            problems.append(f"column {name!r} is regbulk's own and holds JSON text; found {dtype}")
        else:
            problems += cells.type_problems(name, dtype)
    return problems
