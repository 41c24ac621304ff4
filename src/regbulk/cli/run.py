"""How a load is run at a terminal: the steps of `regbulk.steps` in this process, with a result however it ends."""

from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import typer

from regbulk.cli.console import INTERRUPTED, exit_status, progress_shown, say, say_decisions, show, trouble
from regbulk.cli.stopping import Stopping
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
    wait: bool


class Resume(NamedTuple):
    """Go on with a load where it stands."""

    settings: Settings
    load_id: str
    yes: bool
    wait: bool


class _End(NamedTuple):
    """How the steps of a load ended: an exit status of its own and why, or neither where they are done."""

    status: int | None = None
    error: str | None = None


def run(request: Plan | Import | Resume, *, as_json: bool) -> None:
    """Run a load, print where it stands at the end, and exit with its status.

    Raises:
        RegbulkError: it ended before there was a load.
        typer.Exit: always, once there is a load.
    """
    from regbulk.family import members
    from regbulk.ledger import open_ledger
    from regbulk.summary import summarise

    started = time.monotonic()
    stopping = Stopping(request.settings.timeout + request.settings.settle_seconds)
    with open_ledger(request.settings.workspace, request.settings.ledger) as ledger:
        load = _load(request, ledger)
        end = _carried_out(load, ledger, request, stopping)
        summary = summarise(ledger, load.id, load.path)
        family = members(request.settings.workspace, ledger, load.family)
    if end.error:
        say(f"regbulk: {end.error}")
    show(
        summary,
        family,
        as_json=as_json,
        seconds=round(time.monotonic() - started, 3),
        **({"error": end.error} if end.error else {}),
    )
    raise typer.Exit(exit_status(summary) if end.status is None else end.status)


def _carried_out(load: Load, ledger: Ledger, request: Plan | Import | Resume, stopping: Stopping) -> _End:
    """Take a load as far as it gets.

    Raises:
        RegbulkError: it could not be taken up.
    """
    from regbulk.work import held, take_up

    try:
        where = f"{load.manifest.tenant} on {load.manifest.api_url}"
        say(f"load {load.id}: {load.manifest.source_name} -> {where}, key {','.join(load.manifest.key)}")
        say_decisions(load.manifest.source_name, load.manifest.decisions)
        waiting = say if not isinstance(request, Plan) and request.wait else None
        with progress_shown() as progress, held(take_up(load, ledger, request.settings, progress), waiting) as taken:
            work = replace(taken, stopping=stopping)
            try:
                asyncio.run(_steps(work, request, stopping))
            except RegbulkError as failure:
                return _End(failure.exit_status, "; ".join([str(failure), *getattr(failure, "__notes__", [])]))
            except OSError as failure:
                return _End(1, f"{trouble(failure)}; what was done is known. To go on: regbulk push {load.id}")
    except (KeyboardInterrupt, asyncio.CancelledError):
        return _End(INTERRUPTED, "interrupted")
    return _End()


def _load(request: Plan | Import | Resume, ledger: Ledger) -> Load:
    if isinstance(request, Resume):
        from regbulk.load import open_load

        return open_load(request.settings.workspace, request.load_id)
    from regbulk.load import new_load_id
    from regbulk.work import begin

    now = datetime.now(UTC)
    return begin(request.settings, ledger, request.inputs, load_id=new_load_id(now), now=now)


async def _steps(work: Work, request: Plan | Import | Resume, stopping: Stopping) -> None:
    from regbulk.api import Client
    from regbulk.api.clock import SYSTEM_CLOCK
    from regbulk.steps import deliver, in_process, prepare, prepare_to_write

    clock = SYSTEM_CLOCK._replace(sleep=stopping.sleep)

    def permit() -> None:
        stopping.permit()
        work.permit()

    async with Client(work.settings, clock=clock, permit=permit) as client:
        steps = in_process(work, client)

        async def push(index: int, wave: int) -> None:
            with stopping.asked_first():
                await steps.push(index, wave)

        if isinstance(request, Plan):
            await prepare(work, steps)
        else:
            await prepare_to_write(work, steps)
            require_consent(work, yes=request.yes or _asked(work))
            await deliver(work, steps._replace(push=push))


def _asked(work: Work) -> bool:
    """Whether a person at the terminal agreed to what is about to be written.

    Raises:
        KeyboardInterrupt: Ctrl-C or the end of the input is the answer.
    """
    if is_loopback(work.load.manifest.api_url) or not sys.stdin.isatty():
        return False
    say(f"about to write: {described(work)}")
    try:
        return typer.confirm("Go on?", err=True)
    except typer.Abort:
        say("")
        raise KeyboardInterrupt from None
