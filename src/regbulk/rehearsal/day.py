"""One day of a rehearsal: a source is imported into a tenant of the sandbox until it is through, whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from regbulk.errors import Interrupted, RegbulkError, SettingsError, StopRule
from regbulk.ledger import open_ledger
from regbulk.load import find_load
from regbulk.rehearsal.compare import Found, compare
from regbulk.rehearsal.importer import Importer
from regbulk.rehearsal.kills import Kills
from regbulk.sandboxed import Sandboxed
from regbulk.summary import Summary, summarise
from regbulk.work import Progress

_THROUGH: Final = (0, 3)
_USAGE: Final = 2
_KILLED: Final = -9
_FRUITLESS: Final = 3
"""A load is given up after so many processes in a row that ended without getting any further."""
_LOOK: Final = 0.05
"""Seconds between two looks at a process at least; looks take a tenth of the time at most."""
_ERRORS: Final[dict[int, type[RegbulkError]]] = {2: SettingsError, 4: StopRule, 130: Interrupted}


class Day(NamedTuple):
    """How a day went.

    Attributes:
        seconds: from the start of the first process to the end of the last.
        calls: requests that the sandbox received.
        resumed: how often the load was taken up again, after a kill too.
        killed: how often its process was killed.
        summary: where the load stood at the end.
        found: what the tenant held at the end.
    """

    seconds: float
    calls: int
    resumed: int
    killed: int
    summary: Summary
    found: Found


@dataclass
class Walk:
    """A load on its way through a day.

    Attributes:
        name: of the day, for its progress.
        sandboxed: where the records go.
        tenant: the tenant they go to.
        importer: starts the processes.
        kills: which of them are killed, and when.
        progress: is told how many records are there.
        tell: is told what happens, in sentences.
    """

    name: str
    sandboxed: Sandboxed
    tenant: str
    importer: Importer
    kills: Kills
    progress: Progress
    tell: Callable[[str], None]
    resumed: int = 0
    killed: int = 0

    def import_once(self, command: Sequence[str]) -> None:
        """Import with one process.

        Raises:
            RegbulkError: it did not get through; the process said why.
        """
        status = self._live(command)
        if status not in _THROUGH:
            raise self._error(status)

    def import_at_any_rate(self, command: Sequence[str]) -> bool:
        """Import and go on with the load until it is through; False where going on does not help any more.

        Raises:
            RegbulkError: it ended before there was a load.
        """
        status, fruitless, reached = self._live(command), 0, self._reached()
        while status not in _THROUGH:
            load_id = self.importer.load_id
            if status == _USAGE or (load_id is None and status > 0):
                raise self._error(status)
            self.tell(self._stop(status))
            if fruitless == _FRUITLESS:
                return False
            self.tell(f"{self.name}: going on with " + (f"regbulk push {load_id}" if load_id else "a new load"))
            self.resumed += 1
            status = self._live(["push", load_id] if load_id else command)
            before, reached = reached, self._reached()
            fruitless = 0 if reached > before or status == _KILLED else fruitless + 1
        return True

    def summary(self) -> Summary | None:
        """Where the load stands; None before there is one."""
        workspace, load_id = self.importer.workspace, self.importer.load_id
        load = find_load(workspace, load_id) if load_id else None
        if load is None:
            return None
        with open_ledger(workspace) as ledger:
            return summarise(ledger, load.id, load.path)

    def found(self) -> Found:
        """Compare what the tenant holds now with what the load sent."""
        load = find_load(self.importer.workspace, self.importer.load_id or "")
        assert load is not None, "asked for a load that came through"
        return compare(load, self.sandboxed.registrations(self.tenant))

    def _live(self, command: Sequence[str]) -> int:
        """Run one process to its end, or to its kill; its exit status, or minus the signal."""
        began, before, total = time.monotonic(), self.sandboxed.held(self.tenant), self._total()
        with self.importer.process(*command) as process:
            while process.poll() is None:
                looked = time.monotonic()
                held = self.sandboxed.held(self.tenant)
                total = total or self._total()
                self.progress(self.name, held, total)
                if self.kills.strikes(held, total, written=held - before, seconds=looked - began):
                    process.kill()
                time.sleep(max(_LOOK, 9 * (time.monotonic() - looked)))
        self.progress(self.name, self.sandboxed.held(self.tenant), self._total())
        if process.returncode == _KILLED:
            self.killed += 1
        return process.returncode

    def _total(self) -> int | None:
        summary = self.summary()
        return summary.actions["create"] if summary and summary.actions else None

    def _reached(self) -> int:
        summary = self.summary()
        return -1 if summary is None else sum(summary.outcomes.values()) + (summary.actions is not None)

    def _stop(self, status: int) -> str:
        held, total = self.sandboxed.held(self.tenant), self._total()
        there = f"{held:,}" + (f" of {total:,}" if total else "") + " records there"
        if status == _KILLED:
            return f"{self.name}: killed, {there}"
        return f"{self.name}: stopped (exit status {status}), {there}: {self.importer.said()}"

    def _error(self, status: int) -> RegbulkError:
        said = self.importer.said()
        return _ERRORS.get(status, RegbulkError)(f"{said}\nall that it said: {self.importer.log}")
