"""A rehearsal from end to end: a sandbox, a day without faults, a bad day, and what came of both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from regbulk.errors import SettingsError, StopRule
from regbulk.inputs import Inputs, converter_for
from regbulk.rehearsal.day import Day, Walk
from regbulk.rehearsal.importer import Importer, arguments, environment
from regbulk.rehearsal.kills import Kills
from regbulk.returned import open_inputs
from regbulk.sandboxed import Sandboxed, sandbox
from regbulk.settings import Settings
from regbulk.work import Progress

_FAIR: Final = "without faults"
_BAD: Final = "bad day"


@dataclass(frozen=True)
class Rehearsal:
    """What is to be rehearsed.

    Attributes:
        inputs: the source and how it is read.
        settings: how it is sent; address, tenant, credentials, workspace and ledger in them are not used.
        faults: what goes wrong on the bad day, as `regbulk sandbox --fault` takes it.
        dialects: how the sandbox answers what the API document leaves open, on both days.
        seed: of the faults and the kills.
        kills: how often the importing process is killed.
        quick: only the bad day.
    """

    inputs: Inputs
    settings: Settings
    faults: tuple[str, ...]
    dialects: tuple[str, ...] = ()
    seed: int = 0
    kills: int = 0
    quick: bool = False


class Rehearsed(NamedTuple):
    """What came of a rehearsal.

    Attributes:
        folder: what it left behind.
        fair: the day without faults; None where it was left out.
        bad: the bad day.
        struck: how often each fault struck.
    """

    folder: Path
    fair: Day | None
    bad: Day
    struck: dict[str, int]


@dataclass(frozen=True)
class _Stage:
    """Where a rehearsal takes place, and who watches."""

    rehearsal: Rehearsal
    folder: Path
    sandboxed: Sandboxed
    progress: Progress
    tell: Callable[[str], None]

    def walk(self, name: str, kills: Kills) -> Walk:
        """Prepare a day: a tenant and a workspace of its own."""
        tenant = name.replace(" ", "-")
        workspace = self.folder / tenant
        given = environment(self.rehearsal.settings, url=self.sandboxed.url, tenant=tenant, workspace=workspace)
        importer = Importer(workspace, given)
        return Walk(name, self.sandboxed, tenant, importer, kills, self.progress, self.tell)


def rehearse(rehearsal: Rehearsal, folder: Path, *, progress: Progress, tell: Callable[[str], None]) -> Rehearsed:
    """Import a source into a sandbox without faults, then on a bad day, and compare what is there with what was sent.

    Args:
        rehearsal: what is to be rehearsed.
        folder: an empty folder, which keeps the loads, their ledgers and what the processes said.
        progress: is told how many records are there.
        tell: is told what happens, in sentences.

    Raises:
        SettingsError: a fault or an option is not known, or the records have ids.
        SourceError: the source cannot be read.
        RegbulkError: the import does not even get through without faults; the message is the import's own.
    """
    _refuse_ids(rehearsal.inputs, folder)
    options = [f"--dialect={name}" for name in rehearsal.dialects]
    with sandbox(*options) as sandboxed:
        stage = _Stage(rehearsal, folder, sandboxed, progress, tell)
        bad = stage.walk(_BAD, Kills(rehearsal.kills, rehearsal.seed))
        # Before the first day, so that a misspelt fault costs no time.
        sandboxed.switch_on(bad.tenant, rehearsal.faults, seed=rehearsal.seed)
        fair = None if rehearsal.quick else _fair_day(stage)
        return _bad_day(stage, bad, fair)


def _refuse_ids(inputs: Inputs, folder: Path) -> None:
    opened = open_inputs(inputs, folder)
    if "id" in converter_for(opened.source, opened.means).columns:
        raise SettingsError(
            f"{opened.source.name}: its records have ids, so they are registrations that exist already, and a sandbox "
            "that begins empty has none of them. To rehearse them as new ones, take the column id out of a copy"
        )


def _fair_day(stage: _Stage) -> Day:
    walk = stage.walk(_FAIR, Kills(0, 0))
    began, calls = time.monotonic(), stage.sandboxed.calls()
    walk.import_once(arguments(stage.rehearsal.inputs))
    day = _day(walk, began, calls)
    stage.tell(f"{walk.name}: {day.summary.accepted:,} records in {day.seconds:.1f} s with {day.calls:,} calls")
    return day


def _bad_day(stage: _Stage, walk: Walk, fair: Day | None) -> Rehearsed:
    began, calls = time.monotonic(), stage.sandboxed.calls()
    through = walk.import_at_any_rate(arguments(stage.rehearsal.inputs))
    struck = stage.sandboxed.struck(walk.tenant)
    stage.sandboxed.switch_off(walk.tenant)
    _finish(walk, through=through)
    return Rehearsed(stage.folder, fair, _day(walk, began, calls), struck)


def _finish(walk: Walk, *, through: bool) -> None:
    """Go on after the faults are off, where something is left: not sent, not known, or failed by the server alone."""
    summary = walk.summary()
    left_open = summary.open if summary else 0
    if through and not left_open:
        return
    left = f"{left_open:,} records may still be settled or sent" if through else "it did not get through"
    walk.tell(f"{walk.name}: {left}; the faults are off now, going on")
    if walk.importer.load_id is None:
        raise StopRule(f"the load could not even begin; what its processes said: {walk.importer.log}")
    walk.resumed += 1
    walk.import_once(["push", walk.importer.load_id])


def _day(walk: Walk, began: float, calls: int) -> Day:
    seconds, made = time.monotonic() - began, walk.sandboxed.calls() - calls
    summary = walk.summary()
    assert summary is not None, "asked for a load that came through"
    return Day(round(seconds, 3), made, walk.resumed, walk.killed, summary, walk.found())
