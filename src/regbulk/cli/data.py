"""Commands about data outside a load: export and template."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from regbulk.cli import options
from regbulk.cli.console import guarded, print_json, progress_shown
from regbulk.cli.options import settings_from
from regbulk.errors import SettingsError


def export(
    *,
    event: Annotated[list[str], typer.Option("--event", metavar="ID", help="Event to export; repeatable.")],
    out: Annotated[Path, typer.Option("--out", metavar="PATH", help="Parquet file to write.")],
    status: Annotated[list[str] | None, typer.Option("--status", help="Only these statuses; repeatable.")] = None,
    where: Annotated[
        list[str] | None,
        typer.Option("--filter", metavar="FIELD=VALUE", help="Any search filter of the API; repeatable (any of)."),
    ] = None,
    fields: Annotated[str | None, typer.Option("--fields", metavar="A,B", help="Only these fields.")] = None,
    api: options.Api = None,
    tenant: options.Tenant = None,
    workspace: options.Workspace = None,
    profile: options.Profile = None,
    as_json: options.AsJson = False,
) -> None:
    """Export registrations of events into one typed Parquet file with a manifest beside it."""
    with guarded(as_json=as_json):
        from regbulk.api import Client
        from regbulk.export import ExportQuery, ExportResult, export_registrations, search_filters

        settings = settings_from(api, tenant, workspace, profile)
        settings.require_api()
        settings.require_credentials()
        raw = _filters(where or [])
        if status:
            raw["status"] = [*raw.get("status", []), *status]
        names = tuple(name.strip() for name in fields.split(",")) if fields else None
        query = ExportQuery(events=tuple(event), filters=search_filters(raw), fields=names)

        async def pages() -> ExportResult:
            with progress_shown() as progress:
                async with Client(settings) as client:
                    return await export_registrations(
                        client,
                        query,
                        out,
                        started_at=datetime.now(UTC),
                        on_page=lambda rows, _: progress("export", rows, None),
                    )

        result = asyncio.run(pages())
        if as_json:
            print_json(result._asdict())
        else:
            typer.echo(
                f"{result.rows:,} registrations from {result.pages:,} pages in {result.seconds:.1f} s: {result.path}"
            )
            typer.echo(f"manifest: {result.manifest_path}")


def _filters(where: list[str]) -> dict[str, list[str]]:
    raw: dict[str, list[str]] = {}
    for text in where:
        field, sign, value = text.partition("=")
        if not sign:
            raise SettingsError(f"--filter {text!r}: expected FIELD=VALUE, for example status=active")
        raw.setdefault(field, []).append(value)
    return raw


def template(
    *,
    out: Annotated[Path | None, typer.Option("--out", metavar="PATH", help="CSV file to write (stdout).")] = None,
) -> None:
    """Write an empty CSV with every column that may be written."""
    with guarded():
        from regbulk.schema import import_schema

        header = ",".join(import_schema().writable) + "\n"
        if out is None:
            sys.stdout.write(header)
        else:
            if out.exists():
                raise SettingsError(f"{out} exists already; choose another name, a filled-in template is work")
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(header, encoding="utf-8")
            typer.echo(f"{out}: {header.count(',') + 1} columns")
