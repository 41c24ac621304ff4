"""validate: every broken rule of a source, without asking the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.inputs import Inputs, converter_for
from regbulk.keys import choose_key
from regbulk.load import new_load_id, private_folder
from regbulk.returned import open_inputs
from regbulk.stage import StageRules, stage, write_rejects


class Validation(NamedTuple):
    """What was found.

    `errors` counts broken rules by code and field, `rejects` records, `skipped` rows that are no records,
    `references_elsewhere` those that name no record of the source and may name one of the target; `decisions` say how
    the source was found to be written, each with its ground.
    """

    source: str
    read: int
    accepted: int
    rejects: int
    skipped: dict[str, int]
    references_elsewhere: int
    decisions: tuple[str, ...]
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
        MappingError: the mapping cannot be used, or an example in it does not come out as it says.
    """
    opened = open_inputs(inputs, workspace)
    source, means = opened.source, opened.means
    converter = converter_for(source, means)
    create = opened.mode == "create"
    rules = StageRules(
        converter,
        means.schema,
        choose_key(converter.columns, opened.key),
        complete="every record" if create else "records without id",
        ids_allowed=not create,
    )
    folder = workspace / "validations" / new_load_id(datetime.now(UTC))
    private_folder(folder)
    staged = stage(source, rules, folder, keep=_drop, progress=lambda read: progress("validate", read, None))
    write_rejects(source, staged.rejects, folder, load_id=opened.first.id if opened.first else None)
    return Validation(
        source=inputs.source,
        read=staged.read,
        accepted=staged.accepted,
        rejects=staged.rejected,
        skipped=staged.skipped._asdict(),
        references_elsewhere=0 if staged.links is None else staged.links["parent_no"].null_count(),
        decisions=source.decisions,
        errors=rejects.counts(staged.rejects),
        rejects_csv=str(folder / "rejects.csv"),
        rejects_parquet=str(folder / "rejects.parquet"),
    )


def _drop(_accepted: pl.DataFrame) -> None:
    """Nothing is kept of accepted records."""
