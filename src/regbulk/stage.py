"""stage: source → accepted records and rejects, in one pass and bounded memory.

Which rules apply depends on what may become of a record (decision 3 of the design): a record that will be created must
be complete; one that may turn out to be a patch needs only its key and sound values.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

import polars as pl

from regbulk import keys, partitions, rejects
from regbulk.errors import SourceError
from regbulk.schema import Rules, Schema, compile_rules
from regbulk.source import Source, header_problems
from regbulk.source.contract import CLEARS, LINE_NO, RECORD_NO, Block

Completeness = Literal["every record", "records without id", "no record"]
_OWN: Final = (RECORD_NO, LINE_NO, CLEARS)
_KEYS_PER_FILE: Final = 10_000_000
_KEYS_PER_PASS: Final = 500_000


@dataclass(frozen=True)
class StageRules:
    """What a record of this load must satisfy.

    Attributes:
        schema: the import schema.
        key: the fields of the key; none may be empty.
        complete: which records must satisfy the rules about presence now (the others may still become patches).
        ids_allowed: whether a record may carry an id; a record that is to be created may not.
    """

    schema: Schema
    key: tuple[str, ...]
    complete: Completeness
    ids_allowed: bool


class Staged(NamedTuple):
    """What came of staging; read = accepted + rejected."""

    read: int
    accepted: int
    rejected: int
    rejects: pl.DataFrame


def staged_columns(source: Source, schema: Schema) -> list[str]:
    """The columns of a source that are read: what may be written, and `id`; server-managed ones are ignored.

    Raises:
        SourceError: the header has problems, all of them.
    """
    if problems := [*source.problems, *header_problems(source.columns, known=schema.columns, nearest=schema.nearest)]:
        raise SourceError(source.name, problems)
    return [name for name in source.columns if name == "id" or schema.field(name).written_by in {"source", "derived"}]


def stage(
    source: Source,
    rules: StageRules,
    folder: Path,
    *,
    keep: Callable[[pl.DataFrame], None],
    progress: Callable[[int], None],
) -> Staged:
    """Check every record of a source.

    Args:
        source: where the records come from.
        rules: what they must satisfy.
        folder: where the keys are spilled while duplicates are looked for.
        keep: takes accepted records (values in canonical text) as they are found; duplicates are still among them.
        progress: called with the number of records read so far.

    Returns:
        The counts, and all rejects ordered by record number; `duplicate-key` among them.

    Raises:
        SourceError: the source as a whole is broken.
    """
    columns = staged_columns(source, rules.schema)
    compiled = compile_rules(rules.schema, columns)
    broken: list[pl.DataFrame] = []
    read = 0
    with partitions.PartitionWriter(folder / "keys", rows=_KEYS_PER_FILE) as spill:
        for block in source.blocks():
            found, accepted = _check(block, columns, compiled, rules)
            broken.append(found)
            keep(accepted)
            spill.write(_key_columns(block.records, rules.key))
            read += block.read
            progress(read)
    found = rejects.merge(*broken, _duplicates(folder / "keys", rules.key, records=read))
    shutil.rmtree(folder / "keys")
    rejected = rejects.records(found)
    return Staged(read, read - rejected, rejected, found)


def write_rejects(source: Source, found: pl.DataFrame, folder: Path) -> None:
    """Write `rejects.csv` and `rejects.parquet` into a folder, each complete when it has its name."""
    beside = folder / ".rejects.csv.partial"
    source.write_rejects(found, beside)
    beside.replace(folder / "rejects.csv")
    partitions.write_frame(found, folder / "rejects.parquet")


def _check(block: Block, columns: list[str], compiled: Rules, rules: StageRules) -> tuple[pl.DataFrame, pl.DataFrame]:
    records = block.records.select(*_OWN, *columns)
    checked = compiled.check_values(records)
    frames = [block.faults, keys.missing(records, rules.key), checked.broken]
    if rules.complete == "every record":
        frames.append(compiled.check_complete(records))
    elif rules.complete == "records without id":
        frames.append(compiled.check_complete(records.filter(pl.col("id").is_null()) if "id" in columns else records))
    if not rules.ids_allowed and "id" in columns:
        frames.append(_with_id(records))
    found = rejects.merge(*frames).unique(["record_no", "field", "code"], keep="first", maintain_order=True)
    bad = found["record_no"].unique()
    values = checked.values.with_columns(keys.key_text(rules.key))
    return found, values.filter(~pl.col(RECORD_NO).is_in(bad.implode()))


def _with_id(records: pl.DataFrame) -> pl.DataFrame:
    return records.filter(pl.col("id").is_not_null()).select(
        record_no=RECORD_NO,
        line_no=LINE_NO,
        field=pl.lit("id"),
        code=pl.lit("condition-error"),
        message=pl.lit("found an id, expected none: the API makes the id of a new registration; use mode upsert"),
        value="id",
    )


def _key_columns(records: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    complete = pl.all_horizontal(pl.col(name).is_not_null() for name in key)
    known = records.filter(complete).select(record_no=RECORD_NO, line_no=LINE_NO, _key=keys.key_text(key))
    return known.with_columns(_hash=pl.col(keys.KEY).hash())


def _duplicates(folder: Path, key: tuple[str, ...], *, records: int) -> pl.DataFrame:
    """Records that share a key; looked for in passes over hash ranges, so that memory does not grow with the source."""
    passes = 1 + records // _KEYS_PER_PASS
    found = []
    for number in range(passes):
        hashes = [part["_hash"] for part in partitions.frames(folder, ["_hash"])]
        mine = pl.concat([part.filter(part % passes == number) for part in hashes]) if hashes else None
        shared = _shared(mine) if mine is not None else None
        if shared is not None and len(shared[0]):
            # Two keys may have one hash, so the keys themselves decide.
            candidates = [part.filter(pl.col("_hash").is_in(shared)) for part in partitions.frames(folder)]
            found.append(keys.duplicates(pl.concat(candidates), key))
    return rejects.merge(*found)


def _shared(hashes: pl.Series) -> pl.Series:
    """The values that occur more than once, as one list; by sorting, which needs less room than a hash table."""
    ordered = hashes.sort()
    return ordered.filter(ordered == ordered.shift(1)).unique().implode()
