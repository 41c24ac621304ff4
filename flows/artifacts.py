"""What a person sees of a load in Prefect: one progress artifact and one table of rejects, each under a fixed key."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, NamedTuple
from uuid import UUID

import polars as pl
from prefect.artifacts import acreate_progress_artifact, acreate_table_artifact, aupdate_progress_artifact

log = logging.getLogger(__name__)

EVERY_SECONDS: Final = 3.0
REJECTS_SHOWN: Final = 100


class Reached(NamedTuple):
    """How far a step is, in records or partitions; `total` None = not known."""

    step: str
    done: int
    total: int | None


class ProgressArtifact:
    """Takes progress at any rate and shows it every few seconds.

    The numbers stand in the description, because the bar is not shown on every page of Prefect's UI.
    """

    def __init__(self, artifact_id: UUID, label: str) -> None:
        """Made by `progress_artifact`."""
        self._id = artifact_id
        self._label = label
        self._reached = Reached("begin", 0, None)

    def __call__(self, step: str, done: int, total: int | None) -> None:
        """Note how far a step is."""
        self._reached = Reached(step, done, total)

    async def show(self) -> None:
        """Write what was noted last."""
        step, done, total = self._reached
        shown = f"{self._label}: {step} {done:,}" + (f" of {total:,}" if total else "")
        try:
            await aupdate_progress_artifact(
                self._id, progress=100.0 * done / total if total else 0.0, description=shown
            )
        except Exception as failure:  # noqa: BLE001 - whatever Prefect's client raises
            # What a person sees must not decide what becomes of a load.
            log.warning("progress not shown: %s", type(failure).__name__)


@asynccontextmanager
async def progress_artifact(key: str, label: str) -> AsyncIterator[ProgressArtifact]:
    """A progress artifact that is kept up to date while the block runs."""
    made = await acreate_progress_artifact(progress=0.0, key=key, description=label)
    artifact = ProgressArtifact(made, label)

    async def keep_showing() -> None:
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            await artifact.show()

    showing = asyncio.create_task(keep_showing())
    try:
        yield artifact
    finally:
        showing.cancel()
        await asyncio.gather(showing, return_exceptions=True)
        await artifact.show()


async def reject_table(key: str, rejects: Path) -> None:
    """The first rejects as a table of places and codes; values and messages stay in the file, they may be personal."""
    found = pl.read_parquet(rejects, columns=["record_no", "line_no", "field", "code"])
    place = f"loads/{rejects.parent.name}/{rejects.name}"
    shown = f"{found['record_no'].n_unique():,} records rejected; all rules they broke: {place}"
    await acreate_table_artifact(found.head(REJECTS_SHOWN).to_dicts(), key=key, description=shown)
