"""How a load is run at a terminal: the steps of `regbulk.steps` in this process, with a result however it ends."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import typer

from regbulk.cli.console import INTERRUPTED, exit_status, progress_shown, say, say_decisions, show
from regbulk.confirm import described, require_consent
from regbulk.errors import RegbulkError
from regbulk.settings import is_loopback

if TYPE_CHECKING:
    from regbulk.inputs import Inputs
    from regbulk.ledger import Ledger
    from regbulk.load import Load
    from regbulk.settings import Settings
    from regbulk.work import Work


class Plan(NamedTuple):
    """Stage and plan a source, send nothing."""

    settings: Settings
    inputs: Inputs


class Import(NamedTuple):
    """Stage, plan and push a source."""

    settings: Settings
    inputs: Inputs
    yes: bool


class Resume(NamedTuple):
    """Go on with a load where it stands."""

    settings: Settings
    load_id: str
    yes: bool


def run(request: Plan | Import | Resume, *, as_json: bool) -> None:
    """Run a load, print where it stands at the end, and exit with its status.

    Raises:
        RegbulkError: it ended before there was a load.
        typer.Exit: always, once there is a load.
    """
    from regbulk.family import members
    from regbulk.ledger import open_ledger
    from regbulk.load import held
    from regbulk.summary import summarise
    from regbulk.work import take_up

    started = time.monotonic()
    # A service manager's stop is treated as Ctrl-C: resumable, and it says how.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    with open_ledger(request.settings.workspace) as ledger:
        load = _load(request, ledger)
        where = f"{load.manifest.tenant} on {load.manifest.api_url}"
        say(f"load {load.id}: {load.manifest.source_name} -> {where}, key {','.join(load.manifest.key)}")
        say_decisions(load.manifest.source_name, load.manifest.decisions)
        error: str | None = None
        with held(load), progress_shown() as progress:
            work = take_up(load, ledger, request.settings, progress)
            try:
                asyncio.run(_steps(work, request))
                code = None
            except RegbulkError as failure:
                code, error = failure.exit_status, "; ".join([str(failure), *getattr(failure, "__notes__", [])])
            except KeyboardInterrupt:
                code, error = INTERRUPTED, "interrupted"
        summary = summarise(ledger, load.id, load.path)
        family = members(request.settings.workspace, ledger, load.family)
    if error:
        say(f"regbulk: {error}")
    show(
        summary,
        family,
        as_json=as_json,
        seconds=round(time.monotonic() - started, 3),
        **({"error": error} if error else {}),
    )
    raise typer.Exit(exit_status(summary) if code is None else code)


def _load(request: Plan | Import | Resume, ledger: Ledger) -> Load:
    if isinstance(request, Resume):
        from regbulk.load import open_load

        return open_load(request.settings.workspace, request.load_id)
    from regbulk.load import new_load_id
    from regbulk.work import begin

    now = datetime.now(UTC)
    return begin(request.settings, ledger, request.inputs, load_id=new_load_id(now), now=now)


async def _steps(work: Work, request: Plan | Import | Resume) -> None:
    from regbulk.api import Client
    from regbulk.steps import deliver, in_process, prepare

    async with Client(work.settings) as client:
        steps = in_process(work, client)
        await prepare(work, steps)
        if not isinstance(request, Plan):
            require_consent(work, yes=request.yes or _asked(work))
            await deliver(work, steps)


def _asked(work: Work) -> bool:
    """Whether a person at the terminal agreed to what is about to be written."""
    if is_loopback(work.load.manifest.api_url) or not sys.stdin.isatty():
        return False
    say(f"about to write: {described(work)}")
    return typer.confirm("Go on?", err=True)
