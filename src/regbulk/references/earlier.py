"""earlier: registrations that other loads of this workspace wrote, by the legacy keys of their records."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import polars as pl

from regbulk import partitions
from regbulk.errors import LoadError
from regbulk.ledger import Ledger
from regbulk.load import Load, find_load
from regbulk.mapping import ANCHOR
from regbulk.references.links import ANCHORS
from regbulk.source.contract import RECORD_NO

FOUND: Final[dict[str, pl.DataType]] = {
    "to": pl.String(),
    "event_id": pl.String(),
    "parent_id": pl.String(),
    "load_id": pl.String(),
    "written": pl.Boolean(),
    "count": pl.Int64(),
}

_EXTERNAL: Final = "sys_external_id"


def find_registrations(ledger: Ledger, load: Load, wanted: pl.DataFrame) -> pl.DataFrame:
    """Look in other loads to the same tenant and address, newest first.

    A load is asked where its legacy keys mean the same: where they are of the same field or column, or, for a load
    without references, where the keys asked for are external ids.

    Args:
        ledger: of the workspace.
        load: the load that asks.
        wanted: legacy keys and events, `to, event_id`; an event that is null is any.

    Returns:
        In the shape of `FOUND` what the newest load says that knows a legacy key in that event: how many
        registrations it stands for, one of them, and whether that load wrote it or found it as it should be.
    """
    found = [pl.DataFrame(schema=FOUND)]
    for other in _others(ledger, load):
        if not wanted.height:
            break
        known = _known(ledger, other, wanted)
        found.append(known)
        wanted = wanted.join(known, on=["to", "event_id"], how="anti", nulls_equal=True)
    return pl.concat(found)


def _others(ledger: Ledger, load: Load) -> Iterator[Load]:
    mine, workspace = load.manifest, load.path.parents[1]
    for row in reversed(ledger.loads()):
        # A load of another version of regbulk cannot be asked; what only it knows is then told as missing.
        with suppress(LoadError):
            other = find_load(workspace, row["load_id"]) if row["tenant"] == mine.tenant else None
            if other is None or other.id == load.id or other.manifest.api_url != mine.api_url:
                continue
            if other.manifest.anchor == mine.anchor or (other.manifest.anchor is None and mine.anchor == _EXTERNAL):
                yield other


def _known(ledger: Ledger, load: Load, wanted: pl.DataFrame) -> pl.DataFrame:
    named = _named(load, wanted)
    if not named.height:
        return pl.DataFrame(schema=FOUND)
    known = _in_events(load, named).join(_ids(ledger, load, named), on="record_no")
    return (
        wanted.join(known, on="to")
        .filter(pl.col("event_id").eq(pl.col("event")).fill_null(value=True))
        .group_by("to", "event_id")
        .agg(
            pl.col("parent_id").first(),
            pl.lit(load.id).alias("load_id"),
            pl.col("written").first(),
            pl.col("parent_id").n_unique().cast(pl.Int64).alias("count"),
        )
        .select(*FOUND)
    )


def _named(load: Load, wanted: pl.DataFrame) -> pl.DataFrame:
    """The records (`record_no, to`) on which these legacy keys stand; without references it is `sys_external_id`."""
    folder, column = (load.accepted, _EXTERNAL) if load.manifest.anchor is None else (load.path / ANCHORS, ANCHOR)
    paths = partitions.files(folder)
    if not paths or column not in pl.read_parquet_schema(paths[0]):
        return pl.DataFrame(schema={"record_no": pl.Int64, "to": pl.String})
    keys = pl.scan_parquet(paths).select(record_no=RECORD_NO, to=column)
    return keys.join(wanted.lazy().select("to").unique(), on="to", how="semi").collect()


def _in_events(load: Load, named: pl.DataFrame) -> pl.DataFrame:
    """Those of the records that were accepted, with their `event` (null = the source did not say)."""
    paths = partitions.files(load.accepted)
    if not paths:
        return named.clear().with_columns(event=pl.lit(None, pl.String))
    event = pl.col("event_id") if "event_id" in pl.read_parquet_schema(paths[0]) else pl.lit(None, pl.String)
    accepted = pl.scan_parquet(paths).select(record_no=RECORD_NO, event=event)
    return named.join(accepted.join(named.lazy(), on="record_no", how="semi").collect(), on="record_no")


def _ids(ledger: Ledger, load: Load, named: pl.DataFrame) -> pl.DataFrame:
    """The registrations of the records, `record_no, parent_id, written`: as the ledger says, else as was planned."""
    sent = [
        (outcome.record_no, outcome.id, True)
        for outcome in ledger.outcomes_of(load.id, named["record_no"].to_list())
        if outcome.outcome in {"created", "patched"} and outcome.id is not None
    ]
    schema = {"record_no": pl.Int64(), "parent_id": pl.String(), "written": pl.Boolean()}
    written = pl.DataFrame(sent, schema=schema, orient="row")
    planned = partitions.scan(load.plan, {"record_no": pl.Int64(), "action": pl.String(), "id": pl.String()})
    met = planned.filter(pl.col("action").is_in(["unchanged", "patch"]))
    met = met.select("record_no", parent_id="id", written=pl.lit(value=False)).join(
        named.lazy(), on="record_no", how="semi"
    )
    return pl.concat([written, met.collect().join(written, on="record_no", how="anti")])
