"""The command line: parse, call, print, exit status."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def _root() -> None:
    """Move event registrations in and out of the Registrations API in bulk."""


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="port on 127.0.0.1; 0 takes a free one")] = 0,
    *,
    data: Annotated[Path | None, typer.Option(help="SQLite file that keeps the data; without it the data is gone at the end")] = None,
    api_key: Annotated[list[str] | None, typer.Option(metavar="KEY=TENANT")] = None,
    page_size: Annotated[int, typer.Option(min=1)] = 100,
    dialect: Annotated[list[str] | None, typer.Option()] = None,
) -> None:
    """Run the Registrations API as a local server."""
    from regbulk.sandbox.server import SandboxOptions, serve

    keys = dict(pair.rsplit("=", 1) for pair in api_key or [])
    serve(SandboxOptions(port=port, data=data, api_keys=keys, page_size=page_size, dialects=frozenset(dialect or [])))


def main() -> None:
    """Run the command line."""
    app()
