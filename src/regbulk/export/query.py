"""What an export is asked for, and what it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple


@dataclass(frozen=True)
class ExportQuery:
    """Which registrations, and which of their fields.

    Attributes:
        events: event ids, read one after another; at least one (search has no "all events").
        filters: documented search filters other than `event_id`, typed as `search_filters` gives them.
        fields: names of the fields to export, None for all; `id` and `sys_version` always come with them.
    """

    events: tuple[str, ...]
    filters: Mapping[str, Any]
    fields: tuple[str, ...] | None


class ExportResult(NamedTuple):
    """A published export.

    Attributes:
        rows: records in the file, overlaps between pages removed.
        pages: answers of the search, empty ones included.
        path: the Parquet file.
        manifest_path: the manifest beside it.
        seconds: wall time from the first request to the publication.
    """

    rows: int
    pages: int
    path: Path
    manifest_path: Path
    seconds: float
