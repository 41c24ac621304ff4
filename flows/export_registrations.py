"""Export the registrations of events into one typed Parquet file with a manifest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from regbulk import export
from regbulk.api import Client
from regbulk.flows.artifacts import ProgressArtifact, progress_artifact
from regbulk.flows.credentials import settings_for
from regbulk.settings import Settings


@flow(name="export-registrations", persist_result=False)
async def export_registrations(
    events: list[str],
    out: str,
    *,
    filters: dict[str, list[str]] | None = None,
    fields: list[str] | None = None,
    api_url: str | None = None,
    tenant: str | None = None,
    workspace: str | None = None,
    api_key_block: str | None = None,
) -> dict[str, Any]:
    """Export registrations by paging the search.

    Args:
        events: ids of the events.
        out: Parquet file to write; its manifest stands beside it.
        filters: documented search filters, each a list of values, for example `{"status": ["active"]}`.
        fields: only these fields; all when empty.
        api_url: address of the API; from REGBULK_API_URL when empty.
        tenant: tenant to read; from REGBULK_TENANT when empty.
        workspace: folder of the token cache; from REGBULK_WORKSPACE when empty.
        api_key_block: name of a Prefect Secret block with the API key; from REGBULK_API_KEY when empty.
    """
    parameters = {"api_url": api_url, "tenant": tenant, "workspace": workspace}
    settings = await settings_for(parameters, api_key_block=api_key_block)
    settings.require_api()
    query = export.ExportQuery(tuple(events), export.search_filters(filters or {}), tuple(fields) if fields else None)
    async with progress_artifact("regbulk-export", f"{len(events)} events to {Path(out).name}") as progress:
        return await export_pages(settings, query, out, progress)


@task(name="export", task_run_name="export", cache_policy=NO_CACHE, persist_result=False)
async def export_pages(
    settings: Settings, query: export.ExportQuery, out: str, progress: ProgressArtifact
) -> dict[str, Any]:
    """Page through the search and publish the file when it is complete."""
    async with Client(settings) as client:
        result = await export.export_registrations(
            client,
            query,
            Path(out),
            started_at=datetime.now(UTC),
            on_page=lambda rows, _: progress("export", rows, None),
        )
    get_run_logger().info("exported %s registrations from %s pages", result.rows, result.pages)
    return {"rows": result.rows, "pages": result.pages, "path": str(result.path)}
