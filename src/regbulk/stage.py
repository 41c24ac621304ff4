"""stage: source → accepted records and rejects, in bounded memory.

Which rules apply depends on what may become of a record (decision 3 of the design): a record that will be created must
be complete; one that may turn out to be a patch needs only its key and sound values. Most is known of a record by
itself, in one pass; that it shares its key, that its column was damaged, or that its parent was refused, only the whole
source shows.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

import polars as pl

from regbulk import keys, partitions, rejects
from regbulk.mapping import ANCHOR, TO, Converter, DamageWatch
from regbulk.references.links import ANCHORS, link
from regbulk.schema import Rules, Schema, compile_rules
from regbulk.source import Source
from regbulk.source.contract import LINE_NO, NOTHING_SKIPPED, RECORD_NO, Skipped

Completeness = Literal["every record", "records without id", "no record"]
_KEYS_PER_FILE: Final = 10_000_000
_KEYS_PER_PASS: Final = 500_000
_ANCHORS_PER_FILE: Final = 250_000


@dataclass(frozen=True)
class StageRules:
    """What becomes of the columns of a source, and what its records must satisfy.

    Attributes:
        converter: turns columns into fields.
        schema: the import schema.
        key: the fields of the key; none may be empty.
        complete: which records must satisfy the rules about presence now (the others may still become patches).
        ids_allowed: whether a record may carry an id; a record that is to be created may not.
    """

    converter: Converter
    schema: Schema
    key: tuple[str, ...]
    complete: Completeness
    ids_allowed: bool


class Staged(NamedTuple):
    """What came of staging; read = accepted + rejected.

    Attributes:
        read: records of the source.
        accepted: those that met every rule.
        rejected: the others.
        rejects: every broken rule, ordered by record.
        late: numbers of records that were handed over as accepted before the whole source showed that they are none.
        skipped: rows that are no records.
        links: which accepted record refers to which (see `links.link`); None where nothing can.
    """

    read: int
    accepted: int
    rejected: int
    rejects: pl.DataFrame
    late: pl.Series
    skipped: Skipped
    links: pl.DataFrame | None


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
        rules: what becomes of them and what they must satisfy.
        folder: where the keys are spilled while duplicates are looked for, and legacy keys are left for the plan.
        keep: takes accepted records (values in canonical text) as they are found; late rejects are still among them.
        progress: called with the number of records read so far.

    Raises:
        SourceError: the source as a whole is broken.
    """
    converter = rules.converter
    compiled = compile_rules(rules.schema, converter.columns)
    watch = DamageWatch(converter.columns, sound=converter.unpadded)
    broken: list[pl.DataFrame] = []
    read, skipped = 0, NOTHING_SKIPPED
    with ExitStack() as stack:
        spilled = stack.enter_context(partitions.PartitionWriter(folder / "keys", rows=_KEYS_PER_FILE))
        anchors = stack.enter_context(_anchors(folder)) if converter.references else None
        for block in source.blocks():
            records, faults = converter.convert(block.records)
            found, accepted = _check(records, rejects.merge(block.faults, faults), compiled, rules)
            broken.append(found)
            keep(accepted)
            watch.see(records)
            spilled.write(_key_columns(records, rules.key))
            if anchors is not None:
                anchors.write(records.select(RECORD_NO, LINE_NO, pl.col(f"^(event_id|{ANCHOR}|{TO}.*)$")))
            read += block.read
            skipped = Skipped(*(sum(counts) for counts in zip(skipped, block.skipped, strict=True)))
            progress(read)
    early = rejects.merge(*broken)
    late = rejects.merge(_duplicates(folder / "keys", rules.key, records=read), _damaged(source, converter, watch))
    shutil.rmtree(folder / "keys")
    linked = None
    if converter.references:
        refused = pl.concat([early["record_no"], late["record_no"]]).unique()
        linked = link(folder / ANCHORS, refused, [reference.field for reference in converter.references])
        late = rejects.merge(late, linked.rejects)
    found = rejects.merge(early, late)
    rejected = rejects.records(found)
    links = linked.links if linked else None
    return Staged(read, read - rejected, rejected, found, late["record_no"].unique(), skipped, links)


def write_rejects(source: Source, found: pl.DataFrame, folder: Path, *, load_id: str | None = None) -> None:
    """Write `rejects.csv` and `rejects.parquet` into a folder, each complete when it has its name."""
    beside = folder / ".rejects.csv.partial"
    source.write_rejects(found, beside, load_id=load_id)
    beside.replace(folder / "rejects.csv")
    partitions.write_frame(found, folder / "rejects.parquet")


def _check(
    records: pl.DataFrame, faults: pl.DataFrame, compiled: Rules, rules: StageRules
) -> tuple[pl.DataFrame, pl.DataFrame]:
    checked = compiled.check_values(records)
    ruled = [keys.missing(records, rules.key), checked.broken]
    if rules.complete == "every record":
        ruled.append(compiled.check_complete(records))
    elif rules.complete == "records without id":
        with_id = "id" in compiled.columns
        ruled.append(compiled.check_complete(records.filter(pl.col("id").is_null()) if with_id else records))
    if not rules.ids_allowed and "id" in compiled.columns:
        ruled.append(_with_id(records))
    # A field that could not be converted has no value; that it is empty now is no fault of the record.
    about = ["record_no", "field"]
    judged = rejects.merge(*ruled).join(faults, on=about, how="anti", maintain_order="left")
    judged = judged.unique(["record_no", "field", "code"], keep="first", maintain_order=True)
    found = rejects.merge(faults, judged)
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


def _damaged(source: Source, converter: Converter, watch: DamageWatch) -> pl.DataFrame:
    """Records with values that only their whole column shows to be damaged; read again where there are any."""
    verdicts = watch.verdicts()
    if not verdicts:
        return rejects.none()
    found = []
    for block in source.blocks():
        records, _ = converter.convert(block.records)
        found += [
            records.filter(verdict.broken).select(
                record_no=RECORD_NO,
                line_no=LINE_NO,
                field=pl.lit(verdict.field),
                code=pl.lit(verdict.code),
                message=pl.lit(verdict.message),
                value=verdict.field,
            )
            for verdict in verdicts
        ]
    return rejects.merge(*found)


def _anchors(folder: Path) -> partitions.PartitionWriter:
    return partitions.PartitionWriter(folder / ANCHORS, rows=_ANCHORS_PER_FILE)


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
