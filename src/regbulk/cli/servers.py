"""Commands that run something of their own: the sandbox and the demonstration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from regbulk.cli import options
from regbulk.cli.console import guarded
from regbulk.errors import SettingsError


def _list_faults(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the option's value
    if wanted:
        from regbulk.sandbox.faults.catalogue import listing

        typer.echo(listing())
        raise typer.Exit


def sandbox(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    data: Annotated[Path | None, typer.Option(help="SQLite file that keeps the data (gone at the end).")] = None,
    api_key: Annotated[
        list[str] | None, typer.Option(metavar="KEY=TENANT", help="Accept only such keys; repeatable (any key).")
    ] = None,
    page_size: Annotated[int, typer.Option(min=1, help="Registrations read for one page.")] = 100,
    dialect: Annotated[list[str] | None, typer.Option(help="Answer an open question of the API document.")] = None,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=VALUE][@SCOPE][:WHEN]", help="Let something go wrong; repeatable, see --faults-list."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="What the random numbers of faults come from.")] = 0,
    _faults_list: Annotated[
        bool, typer.Option("--faults-list", is_eager=True, callback=_list_faults, help="Print all faults, and leave.")
    ] = False,
) -> None:
    """Run the Registrations API as a local server; prints one line with its address when ready."""
    with guarded():
        from regbulk.sandbox.server import SandboxOptions, serve

        pairs = [text.rpartition("=") for text in api_key or []]
        if bad := [text for text, (key, _, tenant) in zip(api_key or [], pairs, strict=True) if not (key and tenant)]:
            raise SettingsError(f"--api-key: {len(bad)} given without a tenant, expected KEY=TENANT")
        keys = {key: tenant for key, _, tenant in pairs}
        serve(
            SandboxOptions(
                port=port,
                data=data,
                api_keys=keys,
                page_size=page_size,
                dialects=frozenset(dialect or []),
                faults=tuple(fault or []),
                seed=seed,
            )
        )


def demo(*, workspace: options.Workspace = None) -> None:
    """Run the main job on the samples: a sandbox, the Prefect flows, what they did."""
    with guarded():
        from regbulk.demo import run_demo

        run_demo(Path(workspace) if workspace else None)
