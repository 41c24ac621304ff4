"""planning: the steps that make the plan of a load.

The target is read once, then each partition is planned by itself, wherever that happens; what only all of them together
show is settled at the end.
"""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Final

import polars as pl

from regbulk import partitions, rejects
from regbulk.api import Client
from regbulk.errors import AnotherPlan, LoadError, StopRule
from regbulk.keys import KEY
from regbulk.load import Load, find_load
from regbulk.orphans import refuse_orphans
from regbulk.overlay import Reading, look_again
from regbulk.plan import PlanRules, partition_count, plan_partition
from regbulk.references import resolved, waves
from regbulk.references.links import LINKS
from regbulk.references.parents import Search, resolve
from regbulk.stage import write_rejects
from regbulk.stamps import STAMPS
from regbulk.summary import ACTIONS
from regbulk.target import LOAD, Shape, read_target
from regbulk.work import Work

_AGAIN: Final = "target: looking again at registrations that other loads wrote a moment ago"


async def read_target_of(work: Work, client: Client) -> int:
    """Read the target for the accepted records; the number of partitions the plan will have."""
    staged = work.done["staged"]
    accepted = staged["read"] - staged["rejects"]
    require_held(work)
    shutil.rmtree(work.load.plan, ignore_errors=True)
    shutil.rmtree(work.load.target, ignore_errors=True)
    work.load.plan.mkdir(mode=0o700)
    if not accepted:
        return 1
    at = datetime.now(UTC)
    work.ledger.note(work.load.id, "reading", {})
    records = pl.scan_parquet(partitions.files(work.load.accepted))
    beside = work.load.target.with_name("target-read")
    read = await read_target(
        client, records, beside, _shape(work), progress=lambda done: work.progress("target", done, None)
    )
    require_held(work)
    partitions.publish(beside, work.load.target)
    referring = (work.load.path / LINKS).is_file()
    again = await look_again(_reading(work, client, at=at, referring=referring))
    _refuse_dropped_keys(work)
    if referring:
        await _resolve_links(work, client)
    return partition_count(accepted, read + again)


def _refuse_dropped_keys(work: Work) -> None:
    """Stop where no registration that a load of this key wrote has such a key: each import would create them again.

    One without it among others that have it was edited by somebody.

    Raises:
        StopRule: the tenant does not keep the key.
    """
    paths = partitions.files(work.load.target)
    if not paths:
        return
    stamped = pl.scan_parquet(paths).filter(pl.col(LOAD).is_not_null())
    written = stamped.group_by(LOAD).agg(pl.len().alias("written"), pl.col(KEY).count().alias("keyed"))
    for load_id, count in written.filter(keyed=0).select(LOAD, "written").collect().iter_rows():
        other = _known(work, load_id)
        if other is not None and other.manifest.key == work.load.manifest.key:
            raise StopRule(
                f"load {load_id} wrote {count:,} registrations by the key {','.join(other.manifest.key)}, and the "
                "target has them without it, so this load would create them again: use --key event_id,contact_id. "
                "Nothing was sent"
            )


def _known(work: Work, load_id: str) -> Load | None:
    """A load of this workspace by the stamp of a registration, which anybody may have written."""
    try:
        return find_load(work.settings.workspace, load_id)
    except LoadError:
        return None


def _reading(work: Work, client: Client, *, at: datetime, referring: bool) -> Reading:
    def progress(done: int, total: int) -> None:
        # Told last right before the snapshot is replaced.
        require_held(work)
        work.progress(_AGAIN, done, total)

    return Reading(
        load=work.load,
        shape=_shape(work),
        at=at,
        referring=referring,
        client=client,
        ledger=work.ledger,
        settings=work.settings,
        progress=progress,
    )


async def _resolve_links(work: Work, client: Client) -> None:
    search = Search(
        load=work.load,
        columns=_shape(work).columns,
        client=client,
        ledger=work.ledger,
        stamped=_stamped(work),
        progress=lambda done: work.progress("parents", done, None),
    )
    links = await resolve(search)
    require_held(work)
    partitions.write_frame(links, work.load.plan / resolved.FILE)


def _stamped(work: Work) -> bool:
    return work.settings.stamps == "send"


def _shape(work: Work) -> Shape:
    return Shape(work.load.manifest.key, tuple(work.done["staged"]["columns"]), work.schema)


def _links(work: Work) -> Path | None:
    """The resolved links of the load; None where no accepted record refers to another."""
    file = work.load.plan / resolved.FILE
    return file if file.is_file() else None


def plan_part(work: Work, index: int, count: int) -> dict[str, int]:
    """Plan partition `index` (from 0) of `count`; how many records have which action.

    Raises:
        LeaseLost: another process took the load over.
    """
    load = work.load
    planned = plan_partition(load.accepted, load.target, index, count, _rules(work))
    require_held(work)
    partitions.write_frame(planned.rejects, _late(load, index))
    partitions.write_frame(planned.rows, part_file(load, index))
    work.progress("plan", index + 1, count)
    return dict(planned.rows.group_by("action").len().iter_rows())


def _rules(work: Work) -> PlanRules:
    load, settings = work.load, work.settings
    return PlanRules(
        shape=_shape(work),
        mode=load.manifest.mode,
        manifest=load.manifest,
        stamps=STAMPS if _stamped(work) else (),
        batch_size=settings.batch_size,
        canary=settings.canary,
        links=_links(work),
    )


def part_file(load: Load, index: int) -> Path:
    """Partition `index` (from 0) of the plan."""
    return load.plan / f"part-{index + 1:05}.parquet"


def require_held(work: Work) -> None:
    """Let a file of a load be replaced: one that sleeps until another process took the load over must not do it.

    Raises:
        LeaseLost: another process did.
    """
    if work.hold is not None:
        work.permit()


def require_noted(work: Work, file: Path) -> None:
    """Let a file of the plan be used, if it is the one that was counted; it is read once.

    Raises:
        AnotherPlan: it is not: a process that slept wrote it when it woke, before it noticed.
    """
    # Loads that were planned before digests were kept have none.
    noted = work.done["planned"].get("digests", {}).get(file.name)
    if noted is not None and _digest_of(file) != noted:
        raise AnotherPlan(
            f"the plan of load {work.load.id} is not the one that was noted ({file.name} was replaced), so nothing "
            "more of it was sent; import the source again: what is there already stays as it is"
        )


def _digest_of(file: Path) -> str | None:
    """A digest of a file; None where there is none."""
    try:
        found = file.stat()
    except FileNotFoundError:
        return None
    return _digest(file, (found.st_ino, found.st_mtime_ns, found.st_size))


@lru_cache(maxsize=1024)
def _digest(file: Path, _state: tuple[int, int, int]) -> str:
    """The digest of a file in that state: a partition is asked for again in every wave."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "blake2b").hexdigest()


def _late(load: Load, index: int) -> Path:
    return load.plan / f"late-{index + 1:05}.parquet"


def finish_plan(work: Work, count: int) -> None:
    """Count the plan's actions and batches, refuse what turned out incomplete, and note that the load is planned."""
    load = work.load
    parts = [part_file(load, index) for index in range(count)]
    require_held(work)
    late = rejects.merge(*(pl.read_parquet(_late(load, index)) for index in range(count)))
    if links := _links(work):
        waiting = resolved.waiting(links).collect()
        late = rejects.merge(late, refuse_orphans(parts, waiting, late=late, rules=_rules(work)))
    found = rejects.merge(pl.read_parquet(load.path / "staged-rejects.parquet"), late)
    if late.height:
        write_rejects(work.source(), found, load.path, load_id=load.id)
    digests = {path.name: _digest_of(path) for path in [*parts, load.plan / resolved.FILE]}
    actions = pl.scan_parquet(parts).group_by("action").len().collect()
    figures = {
        "actions": dict.fromkeys(ACTIONS, 0) | dict(actions.iter_rows()),
        **waves.figures(parts),
        "rejects": rejects.records(found),
        "events": events_of(work),
        "digests": digests,
    }
    work.ledger.note(load.id, "planned", figures)


def events_of(work: Work) -> list[str]:
    """The events that the accepted records name; empty where the source has no such column."""
    paths = partitions.files(work.load.accepted)
    if not paths or "event_id" not in work.done["staged"]["columns"]:
        return []
    return pl.scan_parquet(paths).select(pl.col("event_id").unique().drop_nulls()).collect()["event_id"].to_list()
