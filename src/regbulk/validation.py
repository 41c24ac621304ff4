"""validate: every broken rule of a source, without asking the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.keys import choose_key
from regbulk.load import new_load_id
from regbulk.schema import import_schema
from regbulk.source import open_source
from regbulk.stage import StageRules, stage, staged_columns, write_rejects
from regbulk.work import Inputs


class Validation(NamedTuple):
    """What was found; `errors` counts broken rules by code and field, `rejects` counts records."""

    source: str
    read: int
    accepted: int
    rejects: int
    errors: list[dict[str, Any]]
    rejects_csv: str
    rejects_parquet: str


def validate_source(workspace: Path, inputs: Inputs, *, progress: Callable[[str, int, int | None], None]) -> Validation:
    """Check a source; the rejects land in `<workspace>/validations/`.

    Without the API nobody knows which records exist already, so in mode upsert every record without an id must be
    complete.

    Raises:
        SourceError: the source as a whole is broken.
        SettingsError: the source has no key.
    """
    source = open_source(inputs.source)
    schema = import_schema(inputs.own_schema)
    create = inputs.mode == "create"
    rules = StageRules(
        schema,
        choose_key(staged_columns(source, schema), inputs.key),
        complete="every record" if create else "records without id",
        ids_allowed=not create,
    )
    folder = workspace / "validations" / new_load_id(datetime.now(UTC))
    folder.mkdir(mode=0o700, parents=True)
    staged = stage(source, rules, folder, keep=_drop, progress=lambda read: progress("validate", read, None))
    write_rejects(source, staged.rejects, folder)
    return Validation(
        source=inputs.source,
        read=staged.read,
        accepted=staged.accepted,
        rejects=staged.rejected,
        errors=rejects.counts(staged.rejects),
        rejects_csv=str(folder / "rejects.csv"),
        rejects_parquet=str(folder / "rejects.parquet"),
    )


def _drop(_accepted: pl.DataFrame) -> None:
    """Nothing is kept of accepted records."""
