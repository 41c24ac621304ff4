"""The steps of a load, for every face: stage, read the target, plan, push, and what came of it.

Each step takes up a load where it stands and does nothing when it is done already, so a killed process, another face or
another day goes on with the same call. Folders are published when complete, the ledger notes a step last.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import NamedTuple

import polars as pl

from regbulk import outcomes, partitions, rejects
from regbulk.api import Client
from regbulk.errors import RegbulkError, StopRule
from regbulk.lease import leased
from regbulk.load import Load
from regbulk.plan import PlanRules, partition_count, plan_partition
from regbulk.push import Push, push_partition
from regbulk.source.contract import RECORD_NO
from regbulk.stage import StageRules, stage, staged_columns, write_rejects
from regbulk.stamps import STAMPS, stamp
from regbulk.summary import ACTIONS, Summary, summarise
from regbulk.target import Shape, read_target
from regbulk.work import Work

_ACCEPTED_ROWS = 250_000


class Steps(NamedTuple):
    """The steps that a face runs its own way (in this process, or as tasks of a flow).

    `read_target` gives the number of partitions; `plan` takes the index of one (from 0) and their number, `push` takes
    an index.
    """

    stage: Callable[[], Awaitable[None]]
    read_target: Callable[[], Awaitable[int]]
    plan: Callable[[int, int], Awaitable[None]]
    push: Callable[[int], Awaitable[None]]


async def prepare(work: Work, steps: Steps) -> None:
    """Stage and plan a load, as far as that is not done; nothing is written to the target."""
    await steps.stage()
    if "planned" not in work.done:
        count = await steps.read_target()
        for index in range(count):
            await steps.plan(index, count)
        finish_plan(work, count)


async def deliver(work: Work, steps: Steps) -> Summary:
    """Push what is planned and not settled yet, and write the outcomes however it ends."""
    with leased(work.settings.workspace, work.load, work.done["planned"]["events"]):
        _refuse_overtaken(work)
        work.ledger.forget(work.load.id, "stopped")
        try:
            for index in range(len(batch_numbers(work))):
                await steps.push(index)
        except BaseException as failure:
            try:
                finish(work)
            except RegbulkError as second:
                failure.add_note(str(second))
            raise
        return finish(work)


def _refuse_overtaken(work: Work) -> None:
    """A plan is out of date once another load wrote to the same events: its creates may be there by now.

    Raises:
        StopRule: that is so, and this load still has something to send.
    """
    mine = set(work.done["planned"]["events"])
    for other in work.ledger.overtaken_by(work.load.id):
        theirs = set(work.ledger.steps(other).get("planned", {}).get("events", ()))
        left = summarise(work.ledger, work.load.id, work.load.path).not_started
        if left and (mine & theirs or not mine or not theirs):
            raise StopRule(
                f"load {other} wrote to the same events after load {work.load.id} was planned, so its plan is out of "
                "date and nothing more of it was sent; import the source again: what is there already stays as it is"
            )


def in_process(work: Work, client: Client) -> Steps:
    """The steps one after the other in this process."""

    async def staged() -> None:
        stage_load(work)

    async def planned(index: int, count: int) -> None:
        plan_part(work, index, count)

    return Steps(staged, partial(read_target_of, work, client), planned, partial(push_part, work, client))


def stage_load(work: Work) -> None:
    """Check and stamp every record of the source; accepted records and rejects land in the load's folder."""
    load, manifest = work.load, work.load.manifest
    if "staged" in work.done:
        return
    source, schema = work.source(), work.schema
    create = manifest.mode == "create"
    rules = StageRules(schema, manifest.key, complete="every record" if create else "no record", ids_allowed=not create)
    with partitions.PartitionWriter(load.path / "checked", rows=_ACCEPTED_ROWS) as writer:
        staged = stage(
            source,
            rules,
            load.path,
            keep=lambda accepted: writer.write(stamp(accepted, manifest)),
            progress=lambda read: work.progress("stage", read, None),
        )
    _drop_duplicates(load, staged.rejects)
    partitions.write_frame(staged.rejects, load.path / "staged-rejects.parquet")
    write_rejects(source, staged.rejects, load.path)
    columns = staged_columns(source, schema)
    work.ledger.note(load.id, "staged", {"read": staged.read, "rejects": staged.rejected, "columns": columns})


def _drop_duplicates(load: Load, found: pl.DataFrame) -> None:
    """Publish the checked records without those that share a key, which only the whole source shows."""
    checked = load.path / "checked"
    shared = found.filter(pl.col("code") == "duplicate-key")["record_no"].implode()
    if not len(shared[0]):
        partitions.publish(checked, load.accepted)
        return
    with partitions.PartitionWriter(load.accepted, rows=_ACCEPTED_ROWS) as writer:
        for frame in partitions.frames(checked):
            writer.write(frame.filter(~pl.col(RECORD_NO).is_in(shared)))
    shutil.rmtree(checked)


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
    read = await read_target(
        client, records, work.load.target, _shape(work), progress=lambda done: work.progress("target", done, None)
    )
    return partition_count(accepted, read)


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
    partitions.write_frame(planned.rejects, _late(load, index))
    partitions.write_frame(planned.rows, _part(load, index))
    work.progress("plan", index + 1, count)
    return dict(planned.rows.group_by("action").len().iter_rows())


def _part(load: Load, index: int) -> Path:
    return load.plan / f"part-{index + 1:05}.parquet"


def _late(load: Load, index: int) -> Path:
    return load.plan / f"late-{index + 1:05}.parquet"


def finish_plan(work: Work, count: int) -> None:
    """Count the plan's actions and batches, refuse what turned out incomplete, and note that the load is planned."""
    load = work.load
    parts = [_part(load, index) for index in range(count)]
    late = rejects.merge(*(pl.read_parquet(_late(load, index)) for index in range(count)))
    found = rejects.merge(pl.read_parquet(load.path / "staged-rejects.parquet"), late)
    if late.height:
        write_rejects(work.source(), found, load.path)
    actions = pl.scan_parquet(parts).group_by("action").len().collect()
    batches = [pl.scan_parquet(path).select(pl.col("batch").max()).collect().item() or 0 for path in parts]
    figures = {
        "actions": dict.fromkeys(ACTIONS, 0) | dict(actions.iter_rows()),
        "batches": batches,
        "rejects": rejects.records(found),
        "events": _events(work),
    }
    work.ledger.note(load.id, "planned", figures)


def _events(work: Work) -> list[str]:
    """The events that the accepted records name; empty where the source has no such column."""
    paths = partitions.files(work.load.accepted)
    if not paths or "event_id" not in work.done["staged"]["columns"]:
        return []
    return pl.scan_parquet(paths).select(pl.col("event_id").unique().drop_nulls()).collect()["event_id"].to_list()


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
