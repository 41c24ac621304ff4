"""A load: its name, its folder and the manifest that is written once.

`<workspace>/loads/<load_id>/` holds `load.json`, `accepted/`, `target/`, `plan/`, `rejects.*` and `outcomes.*`. What
became of a load is not in the folder's manifest but in the ledger alone.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from regbulk.errors import LoadError
from regbulk.source.options import SourceOptions

Mode = Literal["create", "upsert"]


class Manifest(BaseModel):
    """What a load was started with; written once, never changed (times are UTC).

    `family` is the load whose rejects came back in this one, or in loads between them; the load itself where its source
    are no returned rejects. `options` is how its source is read, `decisions` what of that was found out and why.
    `anchor` is the field that holds the legacy key by which records refer to each other, or `column:` and the column
    of the source where it goes into no field; None without references. `files` are what the load keeps of its inputs.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    load_id: str
    version: str
    tenant: str
    api_url: str
    source: str
    source_name: str
    fingerprint: str
    inputs_hash: str
    mode: Mode
    key: tuple[str, ...]
    started_at: AwareDatetime
    family: str | None = None
    options: SourceOptions = SourceOptions()
    decisions: tuple[str, ...] = ()
    anchor: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """A load on disk: its folder and its manifest."""

    path: Path
    manifest: Manifest

    @property
    def id(self) -> str:
        """The load id: unique, sortable by time."""
        return self.manifest.load_id

    @property
    def family(self) -> str:
        """The id of the load that the family began with."""
        return self.manifest.family or self.id

    @property
    def mapping(self) -> Path:
        """Folder of the mapping as it was when the load began; there is none without a mapping."""
        return self.path / "mapping"

    @property
    def accepted(self) -> Path:
        """Folder of accepted records by record range."""
        return self.path / "accepted"

    @property
    def target(self) -> Path:
        """Folder of the snapshot of the target."""
        return self.path / "target"

    @property
    def plan(self) -> Path:
        """Folder of planned records by hash of the key."""
        return self.path / "plan"

    @property
    def rejects_parquet(self) -> Path:
        """One row per broken rule."""
        return self.path / "rejects.parquet"

    @property
    def rejects_csv(self) -> Path:
        """One row per rejected record, as it was in the source."""
        return self.path / "rejects.csv"


def new_load_id(at: datetime, run_id: UUID | None = None) -> str:
    """A name for a load: UTC time, then twelve hexadecimal digits.

    Given a flow run's id and the time it was made, the name depends on these alone, so a retried run finds the load it
    began; without one the digits are random. The id is hashed because Prefect's scheduler makes many runs in one
    millisecond, and ids that carry a time (UUIDv7, RFC 9562) then begin alike.
    """
    digits = hashlib.sha256(run_id.bytes).hexdigest()[:12] if run_id else secrets.token_hex(6)
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digits}"


def inputs_hash(parts: Sequence[bytes]) -> str:
    """SHA-256 over everything that decides what a load will do: file, how it is read, mapping, schema, mode, key."""
    return hashlib.sha256(b"\0".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def create_load(workspace: Path, manifest: Manifest, files: Mapping[str, bytes] = MappingProxyType({})) -> Load:
    """Make the load's folder, readable by its owner only, with the files it keeps; `load.json` is written last."""
    path = _folder(workspace, manifest.load_id)
    private_folder(path)
    for name, content in files.items():
        private_folder((path / name).parent)
        write_private(path / name, content)
    write_private(path / "load.json", manifest.model_dump_json(indent=1).encode())
    return Load(path, manifest)


def private_folder(path: Path) -> None:
    """Make a folder, and those above it that are missing, for their owner alone."""
    for folder in [*reversed(path.parents), path]:
        folder.mkdir(mode=0o700, exist_ok=True)


def find_load(workspace: Path, load_id: str) -> Load | None:
    """The load of that name, or None."""
    file = _folder(workspace, load_id) / "load.json"
    if not file.is_file():
        return None
    try:
        return Load(file.parent, Manifest.model_validate_json(file.read_bytes()))
    except ValidationError as error:
        raise LoadError(f"{file}: not a manifest of this version ({error.error_count()} problems)") from None


def open_load(workspace: Path, load_id: str) -> Load:
    """The load of that name; raises LoadError naming the latest ones when there is none."""
    load = find_load(workspace, load_id)
    if load is None:
        known = sorted(path.parent.name for path in workspace.glob("loads/*/load.json"))[-3:]
        raise LoadError(f"no load {load_id!r} in {workspace}; the latest are: {', '.join(known) or 'none'}")
    return load


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, beside its name first and then renamed into place."""
    beside = path.with_name(f".{path.name}.{os.getpid()}-{time.monotonic_ns()}")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def _folder(workspace: Path, load_id: str) -> Path:
    if not load_id or load_id.startswith(".") or "/" in load_id or "\\" in load_id:
        raise LoadError(f"{load_id!r} is not a load id; `regbulk status` lists them")
    return workspace / "loads" / load_id
