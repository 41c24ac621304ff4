"""The manifest of an export: what was asked, what came, and what the file must be."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

import pyarrow.parquet as pq
from pyarrow import ArrowException
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError, model_validator

from regbulk.errors import ExportError

LIVE_SCAN: Final = (
    "A live scan, not a snapshot: records changed while it ran stand as they were when their page was read; "
    "records created or moved behind the cursor meanwhile may be missing."
)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Part):
    """The query: events in the order they were read, filters as sent, fields (None for all)."""

    events: tuple[str, ...]
    filters: Mapping[str, Any]
    fields: tuple[str, ...] | None


class Quarantined(_Part):
    """A value on a page that is no JSON object, and so no record; page and position are counted from 1."""

    event: str
    page: int
    position: int
    value: str


class Counts(_Part):
    """What the scan met.

    Attributes:
        pages: answers of the search, empty ones included.
        rows: records written.
        overlaps: records seen again under an id already written, and left out.
        quarantined: values that are no JSON object; the first thousand are listed.
        event_rows: records written, by event.
        kept_raw: how many values are kept in `_raw`, by field.
        cursors_sha256: SHA-256 over the chain of cursors, one JSON line `[event, cursor]` for each page.
    """

    pages: int
    rows: int
    overlaps: int
    quarantined: int
    quarantine: tuple[Quarantined, ...]
    event_rows: Mapping[str, int]
    kept_raw: Mapping[str, int]
    cursors_sha256: str


class Contents(_Part):
    """The data file: rows, Arrow schema as text, size in bytes, SHA-256 as hex text."""

    rows: int
    bytes: int
    sha256: str
    arrow_schema: str


class Manifest(_Part):
    """`<export>.manifest.json`; times are UTC."""

    format: Literal[1] = 1
    regbulk: str
    tenant: str
    api_host: str
    query: Asked
    started_at: AwareDatetime
    finished_at: AwareDatetime
    counts: Counts
    data: Contents
    note: str = LIVE_SCAN

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        if not self.counts.rows == self.data.rows == sum(self.counts.event_rows.values()):
            raise ValueError("rows read, rows in the file and rows by event differ")
        return self


def manifest_path(out: Path) -> Path:
    """Where the manifest of an export stands."""
    return out.with_name(f"{out.name}.manifest.json")


def contents(file: io.BufferedIOBase) -> Contents:
    """The facts of a whole Parquet file; raises ArrowInvalid where it is none."""
    table = pq.ParquetFile(file)
    rows, schema = table.metadata.num_rows, table.schema_arrow.to_string()
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Contents(rows=rows, bytes=file.tell(), sha256=sha256, arrow_schema=schema)


def check_export(path: Path) -> Manifest:
    """The manifest of a published export, after comparing it with the file.

    Raises:
        ExportError: one of the two is missing or unreadable, or they do not belong together.
    """
    manifest = _read_manifest(manifest_path(path))
    try:
        with path.open("rb") as file:
            found = contents(file)
    except (OSError, ArrowException) as error:
        raise ExportError(f"{path}: cannot be read as an export: {error}; export it again") from error
    for fact, is_ in found:
        if is_ != (should := getattr(manifest.data, fact)):
            raise ExportError(f"{path}: not the file its manifest describes: {fact} is {is_}, expected {should}")
    return manifest


def _read_manifest(path: Path) -> Manifest:
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ExportError(f"{path}: no manifest can be read ({error.strerror}): the export is not complete") from error
    except ValidationError as error:
        raise ExportError(f"{path}: not a manifest of this version ({error.error_count()} problems)") from None
