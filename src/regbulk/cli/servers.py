"""Commands that run something of their own: the sandbox and the demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regbulk.cli import options
from regbulk.cli.console import guarded
from regbulk.errors import SettingsError


def sandbox(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    data: Annotated[Path | None, typer.Option(help="SQLite file that keeps the data (gone at the end).")] = None,
    api_key: Annotated[
        list[str] | None, typer.Option(metavar="KEY=TENANT", help="Accept only such keys; repeatable (any key).")
    ] = None,
    page_size: Annotated[int, typer.Option(min=1, help="Registrations read for one page.")] = 100,
    dialect: Annotated[list[str] | None, typer.Option(help="Answer an open question of the API document.")] = None,
) -> None:
    """Run the Registrations API as a local server; prints one line with its address when ready."""
    with guarded():
        from regbulk.sandbox.server import SandboxOptions, serve

        pairs = [text.rpartition("=") for text in api_key or []]
        if bad := [text for text, (key, _, tenant) in zip(api_key or [], pairs, strict=True) if not (key and tenant)]:
            raise SettingsError(f"--api-key: {len(bad)} given without a tenant, expected KEY=TENANT")
        keys = {key: tenant for key, _, tenant in pairs}
        serve(
            SandboxOptions(port=port, data=data, api_keys=keys, page_size=page_size, dialects=frozenset(dialect or []))
        )


def demo(*, workspace: options.Workspace = None) -> None:
    """Run the main job on the samples: a sandbox, the Prefect flows, what they did."""
    with guarded():
        from regbulk.demo import run_demo

        run_demo(Path(workspace) if workspace else None)
