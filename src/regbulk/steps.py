"""The steps of a load, for every face: begin, stage, plan, push, and what came of it.

Each step takes up a load where it stands and does nothing when it is done already, so a killed process, another face or
another day goes on with the same call. Folders are published when complete, the ledger notes a step last.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from regbulk import outcomes, partitions, rejects
from regbulk.api import Client
from regbulk.errors import RegbulkError, StopRule
from regbulk.keys import choose_key
from regbulk.ledger import Ledger
from regbulk.load import Load, Manifest, Mode, create_load, find_load, inputs_hash
from regbulk.plan import PlanRules, partition_count, plan_partition
from regbulk.push import Push, push_partition
from regbulk.schema import Schema, import_schema
from regbulk.settings import Settings
from regbulk.source import open_source
from regbulk.source.contract import RECORD_NO
from regbulk.stage import StageRules, stage, staged_columns
from regbulk.stamps import STAMPS, stamp
from regbulk.summary import ACTIONS, Summary, summarise
from regbulk.target import Shape, read_target

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a step, how many records are done, and of how many (None = not known)."""
_ACCEPTED_ROWS = 250_000


class Inputs(NamedTuple):
    """What a user asks for: a source, how to write it, by which key, and further rules."""

    source: str
    mode: Mode = "upsert"
    key: tuple[str, ...] | None = None
    rules: Path | None = None


@dataclass(frozen=True)
class Work:
    """A load being worked on."""

    load: Load
    ledger: Ledger
    settings: Settings
    progress: Progress

    @property
    def done(self) -> dict[str, dict[str, Any]]:
        """The steps that are done, with their figures."""
        return self.ledger.steps(self.load.id)

    @property
    def schema(self) -> Schema:
        """The rules of this load."""
        rules = self.load.manifest.rules
        return import_schema(Path(rules) if rules else None)


def begin(settings: Settings, ledger: Ledger, inputs: Inputs, *, load_id: str, now: datetime) -> Load:
    """Start a load, or take up the one of that name.

    Raises:
        SettingsError: address or tenant are missing, or the source has no key.
        SourceError: the header has problems.
        StopRule: the load of that name began with another source, mode, key or rules, and is not planned yet.
    """
    api_url, tenant = settings.require_api()
    source = open_source(inputs.source)
    columns = staged_columns(source, import_schema(inputs.rules))
    key = choose_key(columns, inputs.key)
    fingerprint = source.fingerprint()
    rules = inputs.rules.read_bytes() if inputs.rules else b""
    digest = inputs_hash(fingerprint, rules=rules, mode=inputs.mode, key=key)
    if known := find_load(settings.workspace, load_id):
        if known.manifest.inputs_hash != digest and "planned" not in ledger.steps(load_id):
            raise StopRule(
                f"load {load_id}: {known.manifest.source_name} or its rules changed since the load began; "
                "start a new load for the new file"
            )
        return known
    manifest = Manifest(
        load_id=load_id,
        version=version("regbulk"),
        tenant=tenant,
        api_url=api_url,
        source=inputs.source if "://" in inputs.source else str(Path(inputs.source).absolute()),
        source_name=source.name,
        fingerprint=fingerprint,
        inputs_hash=digest,
        rules=str(inputs.rules.absolute()) if inputs.rules else None,
        mode=inputs.mode,
        key=key,
        started_at=now.astimezone(UTC).replace(microsecond=0),
    )
    ledger.register(load_id, tenant=tenant, source=source.name, started_at=manifest.started_at)
    return create_load(settings.workspace, manifest)


def stage_load(work: Work) -> None:
    """Check and stamp every record of the source; accepted records and rejects land in the load's folder."""
    load, manifest = work.load, work.load.manifest
    if "staged" in work.done:
        return
    source = open_source(manifest.source)
    create = manifest.mode == "create"
    rules = StageRules(
        work.schema, manifest.key, complete="every record" if create else "no record", ids_allowed=not create
    )
    with partitions.PartitionWriter(load.path / "checked", rows=_ACCEPTED_ROWS) as writer:
        staged = stage(
            source,
            rules,
            load.path,
            keep=lambda accepted: writer.write(stamp(accepted, manifest)),
            progress=lambda read: work.progress("stage", read, None),
        )
    _drop_duplicates(load, staged.rejects)
    _write_rejects(load, staged.rejects)
    columns = staged_columns(source, work.schema)
    work.ledger.note(load.id, "staged", {"read": staged.read, "rejects": staged.rejected, "columns": columns})


def _drop_duplicates(load: Load, found: pl.DataFrame) -> None:
    """Publish the checked records without those that share a key, which only the whole source shows."""
    shared = found.filter(pl.col("code") == "duplicate-key")["record_no"].implode()
    if not len(shared[0]):
        partitions.publish(load.path / "checked", load.accepted)
        return
    with partitions.PartitionWriter(load.accepted, rows=_ACCEPTED_ROWS) as writer:
        for frame in partitions.frames(load.path / "checked"):
            writer.write(frame.filter(~pl.col(RECORD_NO).is_in(shared)))


def _write_rejects(load: Load, found: pl.DataFrame) -> None:
    source = open_source(load.manifest.source)
    source.write_rejects(found, load.rejects_csv)
    found.write_parquet(load.rejects_parquet)
    load.rejects_parquet.chmod(0o600)


def _shape(work: Work) -> Shape:
    return Shape(work.load.manifest.key, tuple(work.done["staged"]["columns"]), work.schema)


async def read_target_of(work: Work, client: Client) -> int:
    """Read the target for the accepted records; the number of partitions the plan will have."""
    staged = work.done["staged"]
    accepted = staged["read"] - staged["rejects"]
    shutil.rmtree(work.load.plan, ignore_errors=True)
    shutil.rmtree(work.load.target, ignore_errors=True)
    work.load.plan.mkdir(mode=0o700)
    if not accepted:
        return 1
    records = pl.scan_parquet(partitions.files(work.load.accepted))
    report = partial(_report, work.progress, "target")
    return partition_count(
        accepted, await read_target(client, records, work.load.target, _shape(work), progress=report)
    )


def _report(progress: Progress, step: str, done: int) -> None:
    progress(step, done, None)


def plan_part(work: Work, index: int, count: int) -> dict[str, int]:
    """Plan partition `index` (from 0) of `count`; how many records have which action."""
    load, settings = work.load, work.settings
    rules = PlanRules(
        shape=_shape(work),
        mode=load.manifest.mode,
        manifest=load.manifest,
        stamps=STAMPS if settings.stamps == "send" else (),
        batch_size=settings.batch_size,
        canary=settings.canary,
    )
    planned = plan_partition(load.accepted, load.target, index, count, rules)
    _write_frame(planned.rejects, load.plan / f"late-{index + 1:05}.parquet")
    _write_frame(planned.rows, _part(load, index))
    work.progress("plan", index + 1, count)
    return dict(planned.rows.group_by("action").len().iter_rows())


def _part(load: Load, index: int) -> Path:
    return load.plan / f"part-{index + 1:05}.parquet"


def _write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame in row groups small enough to be read back a few at a time, renamed into place."""
    beside = path.with_suffix(".partial")
    frame.write_parquet(beside, compression="zstd", row_group_size=partitions.ROW_GROUP // 4)
    beside.chmod(0o600)
    beside.replace(path)


def finish_plan(work: Work, count: int) -> None:
    """Count the plan's actions and batches, refuse what turned out incomplete, and note that the load is planned."""
    load = work.load
    parts = [_part(load, index) for index in range(count)]
    late = rejects.merge(*(pl.read_parquet(load.plan / f"late-{index + 1:05}.parquet") for index in range(count)))
    if late.height:
        found = rejects.merge(pl.read_parquet(load.rejects_parquet), late)
        _write_rejects(load, found.unique(["record_no", "field", "code"], keep="first", maintain_order=True))
    rows = pl.scan_parquet(parts)
    actions = rows.group_by("action").len().collect()
    batches = [pl.scan_parquet(path).select(pl.col("batch").max()).collect().item() or 0 for path in parts]
    work.ledger.note(
        load.id,
        "planned",
        {
            "actions": dict.fromkeys(ACTIONS, 0) | dict(actions.iter_rows()),
            "batches": batches,
            "rejects": rejects.records(pl.read_parquet(load.rejects_parquet, columns=["record_no"])),
        },
    )


async def plan_load(work: Work, client: Client) -> None:
    """Read the target and plan every partition, unless that is done."""
    if "planned" not in work.done:
        count = await read_target_of(work, client)
        for index in range(count):
            plan_part(work, index, count)
        finish_plan(work, count)


def batch_numbers(work: Work) -> list[range]:
    """The load-wide batch numbers (from 1) of each partition of the plan."""
    numbers, first = [], 1
    for batches in work.done["planned"]["batches"]:
        numbers.append(range(first, first + batches))
        first += batches
    return numbers


async def push_part(work: Work, client: Client, index: int) -> None:
    """Push partition `index` (from 0) of the plan.

    Raises:
        StopRule: the canary stopped the load; noted in the ledger.
        ApiError: sending cannot go on now; the load can be resumed.
    """
    actions = work.done["planned"]["actions"]
    total = actions["create"] + actions["patch"]
    sent = sum(work.ledger.totals(work.load.id).values())

    def progress(records: int) -> None:
        nonlocal sent
        sent += records
        work.progress("push", sent, total)

    push = Push(client, work.ledger, work.settings, work.load.manifest, progress)
    try:
        await push_partition(push, _part(work.load, index), batch_numbers(work)[index])
    except StopRule as stop:
        work.ledger.note(work.load.id, "stopped", {"reason": str(stop)})
        raise


async def push_load(work: Work, client: Client) -> None:
    """Push every partition, one after the other."""
    work.ledger.forget(work.load.id, "stopped")
    for index in range(len(batch_numbers(work))):
        await push_part(work, client, index)


def finish(work: Work) -> Summary:
    """Write the outcomes, check that nothing was lost, and note that the load is finished when nothing is left.

    Raises:
        RegbulkError: the sums do not agree; both sides are in the message.
    """
    parts = [(_part(work.load, index), numbers) for index, numbers in enumerate(batch_numbers(work))]
    rows = outcomes.write_outcomes(work.load, work.ledger, parts, creates_in_batch=work.settings.create_in_batch)
    summary = summarise(work.ledger, work.load.id, work.load.path)
    counted = sum(summary.outcomes.values()) + summary.not_started
    if not summary.accepted == rows == counted or summary.read != summary.accepted + summary.rejects:
        raise RegbulkError(
            f"load {summary.load_id}: the sums do not agree: read {summary.read}, accepted {summary.accepted}, "
            f"rejects {summary.rejects}, outcome rows {rows}, outcomes counted {counted}"
        )
    if not summary.not_started and summary.state != "stopped":
        work.ledger.note(work.load.id, "finished", {"outcomes": summary.outcomes})
    return summarise(work.ledger, work.load.id, work.load.path)
