"""The export of registrations: pages of search → Parquet beside its name → manifest → publication."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

from pyarrow import ArrowException

from regbulk.errors import ExportError, SettingsError
from regbulk.export.columns import export_columns
from regbulk.export.encode import Record
from regbulk.export.manifest import Asked, Manifest, contents, manifest_path
from regbulk.export.publish import partial_file, publish
from regbulk.export.query import ExportQuery, ExportResult
from regbulk.export.scan import Scan
from regbulk.export.table import TableWriter

if TYPE_CHECKING:
    from regbulk.api import Client

logger = logging.getLogger(__name__)

OnPage: TypeAlias = Callable[[int, int], None]
"""Called with the rows and pages so far."""


def _silent(_rows: int, _pages: int) -> None:
    """Progress nobody looks at."""


async def export_registrations(
    client: Client,
    query: ExportQuery,
    out: Path,
    *,
    started_at: datetime,
    on_page: OnPage = _silent,
) -> ExportResult:
    """Read the events one after another and publish one Parquet file with its manifest.

    Args:
        client: an open client.
        query: events, filters and fields.
        out: the file to write; an older export of that name is replaced at the end.
        started_at: when the export started, with a time zone; goes into the manifest.
        on_page: called after every page with the rows and pages so far.

    Raises:
        SettingsError: no event, or a field that does not exist.
        ExportError: `out` cannot be written; nothing carries its name that did not before.
        ApiError: the search failed or gave a cursor twice; as above.
    """
    if not query.events:
        raise SettingsError("nothing to export: name at least one event with --event")
    columns = export_columns(query.fields)
    address, tenant = client.settings.require_api()
    clock = time.monotonic()
    try:
        with partial_file(out) as partial:
            with TableWriter(partial.file, columns) as table:
                scan = await _read(client, query, table, on_page=on_page)
            counts = scan.counts(table.kept_raw)
            seconds = time.monotonic() - clock
            ended_at = started_at + timedelta(seconds=seconds)
            manifest = Manifest(
                regbulk=version("regbulk"),
                tenant=tenant,
                api_host=urlsplit(address).netloc.rpartition("@")[2],
                query=Asked(events=query.events, filters=query.filters, fields=query.fields),
                started_at=started_at.astimezone(UTC),
                finished_at=ended_at.astimezone(UTC),
                counts=counts,
                data=contents(partial.file),
            )
            publish(partial, manifest.model_dump_json(indent=2).encode())
    except (OSError, ArrowException) as error:
        raise ExportError(f"{out}: cannot be written: {error}; nothing was published") from error
    logger.info("export of %d rows from %d pages published: %s", counts.rows, counts.pages, out)
    return ExportResult(counts.rows, counts.pages, out, manifest_path(out), seconds)


async def _read(client: Client, query: ExportQuery, table: TableWriter, *, on_page: OnPage) -> Scan:
    names = None if query.fields is None else table.names
    scan = Scan()
    for event in dict.fromkeys(query.events):
        async for page in client.pages({**query.filters, "event_id": event}, fields=names):
            records = scan.take(event, page)
            table.add(records if names is None else [_only(names, record) for record in records])
            on_page(scan.rows, scan.pages)
    return scan


def _only(names: Sequence[str], record: Record) -> Record:
    """Some fields of a record, for an API that answers with more than it was asked for."""
    return {name: record[name] for name in names if name in record}
