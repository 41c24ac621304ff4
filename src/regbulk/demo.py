"""The demonstration: a sandbox of its own, the real flows on the samples, and a check that the counts agree."""

from __future__ import annotations

import asyncio
import os
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import typer

from regbulk.errors import RegbulkError
from regbulk.sandboxed import Sandboxed, sandbox

TENANT: Final = "demo"
_BATCH: Final = "post /registrations/{tenantId}/batch"


def run_demo(workspace: Path | None) -> None:
    """Run the main job end to end; everything it makes stays in the workspace (a new temporary folder when None).

    Raises:
        RegbulkError: the sandbox does not start, or the counts of the flows and of the sandbox differ.
    """
    folder = (workspace or Path(tempfile.mkdtemp(prefix="regbulk-demo-"))).absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with sandbox() as sandboxed:
        _prepare_environment(folder, sandboxed.url)
        typer.echo(f"sandbox: the Registrations API at {sandboxed.url}; workspace: {folder}")
        _show(folder, sandboxed)
    typer.echo(f"look around: {folder}")


def _prepare_environment(folder: Path, url: str) -> None:
    """Point the flows at the sandbox; Prefect keeps its own database in the workspace unless a server is named."""
    os.environ.pop("REGBULK_LEDGER", None)
    os.environ |= {
        "REGBULK_API_URL": url,
        "REGBULK_TENANT": TENANT,
        "REGBULK_API_KEY": "demo-key",
        "REGBULK_WORKSPACE": str(folder),
    }
    os.environ.setdefault("PREFECT_HOME", str(folder / "prefect"))
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "INFO")


def _show(folder: Path, sandboxed: Sandboxed) -> None:
    from regbulk.flows.export_registrations import export_registrations
    from regbulk.flows.import_registrations import import_registrations

    samples = files("regbulk.sample_data")
    for name, purpose in (
        ("registrations.csv", "new registrations"),
        ("registrations-dirty.csv", "a file with bad rows"),
        ("registrations-update.csv", "the first file a day later"),
    ):
        before = sandboxed.stats()
        typer.echo(f"\n== import {name} ({purpose})")
        load_id = asyncio.run(import_registrations(str(samples / name)))
        _tell(folder, str(load_id), before, sandboxed.stats())
    events = sorted({item["event_id"] for item in sandboxed.registrations(TENANT)})
    typer.echo(f"\n== export {len(events)} events")
    exported = asyncio.run(export_registrations(events, str(folder / "registrations.parquet")))
    held = sandboxed.held(TENANT)
    typer.echo(f"{exported['rows']:,} registrations from {exported['pages']} pages: {exported['path']}")
    if exported["rows"] != held:
        raise RegbulkError(f"the export has {exported['rows']} registrations, the sandbox holds {held}")
    typer.echo(f"the sandbox holds {held:,} registrations: the counts agree")


def _tell(folder: Path, load_id: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    import polars as pl

    from regbulk.ledger import open_ledger
    from regbulk.load import open_load
    from regbulk.rejects import counts
    from regbulk.summary import summarise

    load = open_load(folder, load_id)
    with open_ledger(folder) as ledger:
        summary = summarise(ledger, load_id, load.path)
        canaries = sum(step == "canary-patch" for step in ledger.steps(load_id))
    outcomes = summary.outcomes
    typer.echo(f"rows read {summary.read:,}, accepted {summary.accepted:,}, rejected {summary.rejects:,}")
    typer.echo(", ".join(f"{name} {count:,}" for name, count in outcomes.items() if count))
    for error in counts(pl.read_parquet(load.rejects_parquet))[:5]:
        typer.echo(f"  {error['count']:>3} x {error['code']} in {error['field'] or 'the row as a whole'}")
    if summary.rejects:
        typer.echo(f"  every one with its reason: {load.rejects_csv}")
    grown = after["registrations"][TENANT] - before["registrations"].get(TENANT, 0)
    if grown != outcomes["created"]:
        raise RegbulkError(f"{outcomes['created']} created, but the sandbox grew by {grown}")
    if outcomes["patched"]:
        batches = after["requests"].get(_BATCH, 0) - before["requests"].get(_BATCH, 0) - canaries
        typer.echo(
            f"{outcomes['patched']} patches in {batches} batch requests and 1 for the canary "
            "(10 of them, sent ahead and read back)"
        )
