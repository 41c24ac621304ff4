"""How a load is run at a terminal: the steps of `regbulk.steps` in this process, with a result however it ends."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import typer

from regbulk.cli.console import INTERRUPTED, exit_status, progress_shown, say, show
from regbulk.confirm import described, is_loopback, require_consent
from regbulk.errors import RegbulkError, SettingsError

if TYPE_CHECKING:
    from regbulk.ledger import Ledger
    from regbulk.load import Load
    from regbulk.settings import Settings
    from regbulk.steps import Inputs, Work


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
    from regbulk.ledger import open_ledger
    from regbulk.load import held
    from regbulk.steps import Work
    from regbulk.summary import summarise

    started = time.monotonic()
    with open_ledger(request.settings.workspace) as ledger:
        load = _load(request, ledger)
        say(f"load {load.id}: {load.manifest.source_name} -> {load.manifest.tenant} on {load.manifest.api_url}")
        error: str | None = None
        settings = _at_target(request.settings, load)
        with held(load):
            try:
                with progress_shown() as progress:
                    asyncio.run(_steps(Work(load, ledger, settings, progress), request))
                code = None
            except RegbulkError as failure:
                code, error = failure.exit_status, str(failure)
            except KeyboardInterrupt:
                code, error = INTERRUPTED, "interrupted"
        summary = summarise(ledger, load.id, load.path)
    if error:
        say(f"regbulk: {error}")
    show(summary, as_json=as_json, seconds=round(time.monotonic() - started, 3), **({"error": error} if error else {}))
    raise typer.Exit(exit_status(summary) if code is None else code)


def _load(request: Plan | Import | Resume, ledger: Ledger) -> Load:
    if isinstance(request, Resume):
        from regbulk.load import open_load

        return open_load(request.settings.workspace, request.load_id)
    from regbulk.load import new_load_id
    from regbulk.steps import begin

    now = datetime.now(UTC)
    return begin(request.settings, ledger, request.inputs, load_id=new_load_id(now), now=now)


def _at_target(settings: Settings, load: Load) -> Settings:
    """The settings with the load's own address and tenant; another one given is a mistake, not a wish."""
    for name in ("api_url", "tenant"):
        asked, kept = getattr(settings, name), getattr(load.manifest, name)
        if asked not in {None, kept}:
            raise SettingsError(
                f"load {load.id} belongs to {name} {kept}, found {asked}; leave it out or begin a new load"
            )
    return settings.model_copy(update={"api_url": load.manifest.api_url, "tenant": load.manifest.tenant})


async def _steps(work: Work, request: Plan | Import | Resume) -> None:
    from regbulk.api import Client
    from regbulk.steps import finish, plan_load, push_load, stage_load

    stage_load(work)
    async with Client(work.settings) as client:
        await plan_load(work, client)
        if isinstance(request, Plan):
            return
        require_consent(work, yes=request.yes or _asked(work))
        try:
            await push_load(work, client)
        finally:
            finish(work)


def _asked(work: Work) -> bool:
    """Whether a person at the terminal agreed to what is about to be written."""
    if is_loopback(work.load.manifest.api_url) or not sys.stdin.isatty():
        return False
    say(f"about to write: {described(work)}")
    return typer.confirm("Go on?", err=True)
