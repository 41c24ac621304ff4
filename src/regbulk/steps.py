"""The steps of a load, for every face: stage, read the target, plan, push, and what came of it.

Each step takes up a load where it stands and does nothing when it is done already, so a killed process, another face or
another day goes on with the same call. Folders are published when complete, the ledger notes a step last.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import polars as pl

from regbulk import outcomes, partitions, speed
from regbulk.api import Client
from regbulk.conservation import require_conserved
from regbulk.errors import AnotherPlan, LeaseLost, LedgerError, RegbulkError, SourceError, StopRule
from regbulk.inputs import converter_for
from regbulk.load import Load
from regbulk.planning import (
    events_of,
    finish_plan,
    part_file,
    plan_part,
    read_target_of,
    require_held,
    require_noted,
)
from regbulk.push import Part, Push, push_partition
from regbulk.references import resolved, waves
from regbulk.references.links import LINKS
from regbulk.source.contract import RECORD_NO
from regbulk.stage import Completeness, StageRules, stage, write_rejects
from regbulk.stamps import stamp
from regbulk.stop_rules import refuse_many_rejects
from regbulk.summary import Summary, summarise
from regbulk.work import Work

log = logging.getLogger(__name__)

_ACCEPTED_ROWS = 250_000


class Steps(NamedTuple):
    """The steps that a face runs its own way (in this process, or as tasks of a flow).

    `read_target` gives the number of partitions; `plan` takes the index of one (from 0) and their number, `push` takes
    an index and a wave (from 0).
    """

    stage: Callable[[], Awaitable[None]]
    read_target: Callable[[], Awaitable[int]]
    plan: Callable[[int, int], Awaitable[None]]
    push: Callable[[int, int], Awaitable[None]]


async def prepare(work: Work, steps: Steps) -> None:
    """Stage and plan a load, as far as that is not done; nothing is written to the target."""
    await _check(work, steps)
    await _draw_up(work, steps)


async def prepare_to_write(work: Work, steps: Steps) -> None:
    """`prepare` a load that is pushed at once: its events are held before the target is read, not only when it writes.

    What another load writes after the reading would put the plan out of date.

    Raises:
        StopRule: another load writes to the same events.
    """
    await _check(work, steps)
    work.held.events(events_of(work))
    await _draw_up(work, steps)


async def _check(work: Work, steps: Steps) -> None:
    await steps.stage()
    _refuse_many_rejects(work)


async def _draw_up(work: Work, steps: Steps) -> None:
    if "planned" in work.done:
        return
    count = await steps.read_target()
    for index in range(count):
        await steps.plan(index, count)
    finish_plan(work, count)
    _refuse_many_rejects(work)


def _refuse_many_rejects(work: Work) -> None:
    if work.ledger.intents(work.load.id):
        return  # Too late: it stops before the first write, or not at all.
    # Without a new one, the limit that stopped a load holds until it goes on.
    limit = work.settings.max_rejects or work.done.get("stopped", {}).get("max_rejects")
    try:
        refuse_many_rejects(summarise(work.ledger, work.load.id, work.load.path), limit)
    except StopRule as stop:
        work.ledger.note(work.load.id, "stopped", {"reason": str(stop), "max_rejects": limit})
        raise


async def deliver(work: Work, steps: Steps) -> Summary:
    """Push what is planned and not settled yet, and write the outcomes however it ends.

    Raises:
        StopRule: another load writes, or wrote, to the same events.
        AnotherPlan: the plan is not the one that was noted, so there are no outcomes to be told by it.
        LeaseLost: another process took the load over; it writes the outcomes.
        LedgerError: what is done cannot be written down any more, so nothing more is sent.
    """
    work.held.events(work.done["planned"]["events"])
    _refuse_overtaken(work)
    _refuse_changed_source(work)
    work.ledger.forget(work.load.id, "stopped")
    try:
        for wave, index in waves.order(work.done["planned"]):
            await steps.push(index, wave)
    except (LeaseLost, LedgerError, AnotherPlan):
        raise
    except BaseException as failure:
        try:
            finish(work)
        except (RegbulkError, OSError, pl.exceptions.PolarsError) as second:
            failure.add_note(f"outcomes.csv was not written: {second}")
        raise
    return finish(work)


def _refuse_changed_source(work: Work) -> None:
    """What was planned from a file is not pushed under its name once another is in its place; one that is gone may be.

    Raises:
        StopRule: the source is another one now, and the load still has something to send.
    """
    so_far = summarise(work.ledger, work.load.id, work.load.path)
    if not (so_far.not_started or so_far.open):
        return
    try:
        work.source()
    except SourceError:
        name = work.load.manifest.source_name
        log.warning("load %s: %s is not there any more; what was planned from it is pushed", work.load.id, name)


def _refuse_overtaken(work: Work) -> None:
    """A plan is out of date once another load wrote to the same events: its creates may be there by now.

    Raises:
        StopRule: that is so, and this load still has something to send, or to settle and perhaps to send.
    """
    mine = set(work.done["planned"]["events"])
    for other in work.ledger.overtaken_by(work.load.id):
        theirs = set(work.ledger.steps(other).get("planned", {}).get("events", ()))
        mine_so_far = summarise(work.ledger, work.load.id, work.load.path)
        left = mine_so_far.not_started + mine_so_far.open
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
    source = work.source()
    converter = converter_for(source, work.means)
    create = manifest.mode == "create"
    complete: Completeness = "every record" if create else "no record"
    rules = StageRules(converter, work.schema, manifest.key, complete=complete, ids_allowed=not create)
    with partitions.PartitionWriter(load.path / "checked", rows=_ACCEPTED_ROWS) as writer:
        staged = stage(
            source,
            rules,
            load.path,
            keep=lambda accepted: writer.write(stamp(accepted, manifest)),
            progress=lambda read: work.progress("stage", read, None),
        )
    require_held(work)
    _drop_late(load, staged.late)
    if staged.links is not None:
        partitions.write_frame(staged.links, load.path / LINKS)
    partitions.write_frame(staged.rejects, load.path / "staged-rejects.parquet")
    write_rejects(source, staged.rejects, load.path, load_id=load.id)
    figures = {
        "read": staged.read,
        "rejects": staged.rejected,
        "skipped": staged.skipped._asdict(),
        "columns": list(converter.columns),
    }
    work.ledger.note(load.id, "staged", figures)


def _drop_late(load: Load, late: pl.Series) -> None:
    """Publish the checked records without those that only the whole source shows to be rejects."""
    checked = load.path / "checked"
    if late.is_empty():
        partitions.publish(checked, load.accepted)
        return
    with partitions.PartitionWriter(load.accepted, rows=_ACCEPTED_ROWS) as writer:
        for frame in partitions.frames(checked):
            writer.write(frame.filter(~pl.col(RECORD_NO).is_in(late.implode())))
    shutil.rmtree(checked)


async def push_part(work: Work, client: Client, index: int, wave: int) -> None:
    """Push what belongs to a wave (from 0) of partition `index` (from 0) of the plan.

    Raises:
        StopRule: the canary stopped the load, or the plan is another one; noted in the ledger.
        ApiError: sending cannot go on now; the load can be resumed.
        Interrupted: `work.stopping` asked for it; what was in flight is finished.
    """
    actions = work.done["planned"]["actions"]
    total = actions["create"] + actions["patch"]
    sent = sum(work.ledger.totals(work.load.id).values()) - work.ledger.open(work.load.id)

    def progress(records: int) -> None:
        nonlocal sent
        sent += records
        work.progress("push", sent, total)

    push = Push(
        client=client,
        ledger=work.ledger,
        settings=work.settings,
        manifest=work.load.manifest,
        progress=progress,
        settling=partial(work.progress, "settling"),
        stopping=work.stopping,
    )
    try:
        await push_partition(push, _planned_part(work, index, wave))
    except StopRule as stop:
        work.ledger.note(work.load.id, "stopped", {"reason": str(stop)})
        raise
    finally:
        # What says why a load was slow must not be what makes it fail.
        with suppress(OSError):
            speed.keep(work.load.path, client.speed_changes())


def _planned_part(work: Work, index: int, wave: int) -> Part:
    planned = work.done["planned"]
    require_noted(work, part_file(work.load, index))
    if wave:
        require_noted(work, work.load.plan / resolved.FILE)
    before = waves.batch_numbers(planned)[index].start - 1
    waiting = resolved.waiting_in(work.load.plan / resolved.FILE, wave) if wave else None
    return Part(part_file(work.load, index), before, waves.batches(planned, index, wave), waiting)


def finish(work: Work) -> Summary:
    """Write the outcomes, check that nothing was lost, and note that the load is finished when nothing is left.

    Raises:
        AnotherPlan: the plan is not the one that was noted.
        RegbulkError: the sums do not agree; both sides are in the message.
    """
    numbers = waves.batch_numbers(work.done["planned"])
    parts = [(part_file(work.load, index), batches) for index, batches in enumerate(numbers)]
    for file, _ in parts:
        require_noted(work, file)
    rows = outcomes.write_outcomes(work.load, work.ledger, parts, creates_in_batch=work.settings.create_in_batch)
    summary = summarise(work.ledger, work.load.id, work.load.path)
    require_conserved(work.load, summary, rows)
    if not summary.not_started and summary.state != "stopped":
        work.ledger.note(work.load.id, "finished", {"outcomes": summary.outcomes})
    return summarise(work.ledger, work.load.id, work.load.path)
