"""Beginning a load and taking one up: what was asked for, where it goes, and that neither has changed since."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from regbulk.errors import LoadError, SettingsError, StopRule
from regbulk.inputs import Inputs, Means, anchor_of, converter_for, hashed_parts, kept
from regbulk.keys import choose_key
from regbulk.lease import Hold, Told
from regbulk.lease import held as hold_load
from regbulk.ledger import Ledger
from regbulk.load import Load, Manifest, create_load, find_load, inputs_hash
from regbulk.returned import Opened, open_inputs
from regbulk.schema import Schema
from regbulk.settings import Settings
from regbulk.source import Source, open_source

Progress = Callable[[str, int, int | None], None]
"""Called with the name of a step, how many records are done, and of how many (None = not known)."""


def never() -> bool:
    """A push that nobody asks to stop."""
    return False


@dataclass(frozen=True)
class Work:
    """A load being worked on; made by `take_up`, so that settings and load name the same target.

    `stopping` says whether a push shall begin no further batch, `hold` what this process holds; None before `held`.
    """

    load: Load
    ledger: Ledger
    settings: Settings
    progress: Progress
    stopping: Callable[[], bool] = never
    hold: Hold | None = None

    def permit(self) -> None:
        """Let a write leave.

        Raises:
            LeaseLost: another process took the load over.
        """
        self.held.lease.check()

    @property
    def held(self) -> Hold:
        """What this process holds.

        Raises:
            LoadError: the load is not held.
        """
        if self.hold is None:
            raise LoadError(f"load {self.load.id} is written to while it is held only: with regbulk.held(work) as work")
        return self.hold

    @property
    def done(self) -> dict[str, dict[str, Any]]:
        """The steps that are done, with their figures."""
        return self.ledger.steps(self.load.id)

    @cached_property
    def means(self) -> Means:
        """Schema and mapping of this load, as they were when it began."""
        return kept(self.load)

    @property
    def schema(self) -> Schema:
        """The rules of this load."""
        return self.means.schema

    def source(self) -> Source:
        """The source of this load, if it is still what it was when the load began.

        Raises:
            StopRule: it has changed since (decision 12 of the design).
        """
        source = open_source(self.load.manifest.source, self.load.manifest.options)
        if source.fingerprint() != self.load.manifest.fingerprint:
            raise StopRule(
                f"load {self.load.id}: {self.load.manifest.source_name} is not the file it was when the load began; "
                "put that file back, or import the new one, which begins a load of its own"
            )
        return source


def begin(settings: Settings, ledger: Ledger, inputs: Inputs, *, load_id: str, now: datetime) -> Load:
    """Start a load, or take up the one of that name.

    Rejects that come back are read with the mapping, schema, mode and key of the load that refused them, where `inputs`
    say nothing else.

    Raises:
        SettingsError: address or tenant are missing, or the source has no key.
        SourceError: the header has problems.
        MappingError: the mapping cannot be used.
        StopRule: the load of that name began with other inputs.
    """
    api_url, tenant = settings.require_api()
    settings.require_credentials()
    known = find_load(settings.workspace, load_id)
    if known is not None and "planned" in ledger.steps(load_id):
        return known
    opened = open_inputs(inputs, settings.workspace, api_url=api_url, tenant=tenant)
    manifest = _manifest(settings, inputs, opened, load_id=load_id, now=now)
    if known is not None:
        if known.manifest.inputs_hash != manifest.inputs_hash:
            raise StopRule(
                f"load {load_id} began with another {known.manifest.source_name}, mode, key, mapping or schema than it "
                "has now; begin a new load"
            )
        return known
    ledger.register(load_id, tenant=tenant, api_url=api_url, source=manifest.source_name, started_at=now)
    return create_load(settings.workspace, manifest, opened.means.files)


def _manifest(settings: Settings, inputs: Inputs, opened: Opened, *, load_id: str, now: datetime) -> Manifest:
    api_url, tenant = settings.require_api()
    source, means = opened.source, opened.means
    converter = converter_for(source, means)
    key = choose_key(converter.columns, opened.key)
    fingerprint = source.fingerprint()
    return Manifest(
        load_id=load_id,
        version=version("regbulk"),
        tenant=tenant,
        api_url=api_url,
        source=inputs.source if "://" in inputs.source else str(Path(inputs.source).expanduser().absolute()),
        source_name=source.name,
        fingerprint=fingerprint,
        inputs_hash=inputs_hash(hashed_parts(fingerprint, means, mode=opened.mode, key=key)),
        mode=opened.mode,
        key=key,
        started_at=now.astimezone(UTC).replace(microsecond=0),
        family=opened.first.family if opened.first else load_id,
        options=source.as_read,
        decisions=source.decisions,
        anchor=anchor_of(converter),
        files=tuple(means.files),
    )


def take_up(load: Load, ledger: Ledger, settings: Settings, progress: Progress) -> Work:
    """Work on a load, at its own address and in its own tenant.

    Raises:
        SettingsError: the settings name another address or tenant than the load was begun for.
    """
    for name in ("api_url", "tenant"):
        asked, kept = getattr(settings, name), getattr(load.manifest, name)
        if asked not in {None, kept}:
            raise SettingsError(f"load {load.id} belongs to {name} {kept}, found {asked}; begin a new load for that")
    target = {"api_url": load.manifest.api_url, "tenant": load.manifest.tenant}
    return Work(load, ledger, settings.model_copy(update=target), progress)


@contextmanager
def held(work: Work, waiting: Told | None = None) -> Iterator[Work]:
    """The same work while this process holds its load; its ledger takes nothing once another process took over.

    Args:
        work: what `take_up` gave.
        waiting: is told once for whom this process waits, up to REGBULK_WAIT_SECONDS; None = do not wait.

    Raises:
        LoadError: another process is working on the load.
    """
    with hold_load(work.load, work.ledger, work.settings, waiting=waiting) as hold:
        yield replace(work, ledger=work.ledger.fenced(hold.lease), hold=hold)
