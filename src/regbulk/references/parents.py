"""parents: the registrations that links refer to, as far as the target has them already.

A parent in the source is found by its key. One that is not in the source is looked for in the target where the legacy
key is `sys_external_id`, then among the records of other loads; of those the target itself must prove that they exist.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import polars as pl

from regbulk import keys, partitions, target
from regbulk.api import Client
from regbulk.ledger import Ledger
from regbulk.load import Load
from regbulk.mapping import ANCHOR
from regbulk.references.earlier import find_registrations
from regbulk.references.links import ANCHORS, LINKS
from regbulk.references.proof import prove
from regbulk.references.resolved import RESOLVED
from regbulk.source.contract import RECORD_NO

_MISSING: Final = "found '{}', expected a record of this source or a registration loaded before with that number"
_EXTERNAL: Final = "sys_external_id"


@dataclass(frozen=True)
class Search:
    """Where parents are looked for.

    Attributes:
        load: whose links they are; its target has been read.
        columns: the fields that its source brings.
        client: reads registrations that other loads wrote.
        ledger: of the workspace.
        stamped: whether the tenant keeps the stamps.
        progress: is told how many registrations of other loads were read back.
    """

    load: Load
    columns: tuple[str, ...]
    client: Client
    ledger: Ledger
    stamped: bool
    progress: Callable[[int], None]


async def resolve(search: Search) -> pl.DataFrame:
    """The links of a load in the shape of `RESOLVED`.

    Raises:
        ApiError: the target cannot be read.
    """
    links = pl.read_parquet(search.load.path / LINKS)
    inside = _in_source(search, links)
    outside = await _elsewhere(search, links.filter(pl.col("parent_no").is_null()))
    known = links.join(inside, on="parent_no", how="left").join(outside, on=["record_no", "field"], how="left")
    known = known.with_columns(parent_id=pl.coalesce("parent_id", "known_id"))
    nothing = pl.col("parent_id").is_null()
    waits = (nothing & pl.col("parent_no").is_not_null()).any().over("record_no")
    missing = pl.when(nothing & pl.col("parent_no").is_null()).then(pl.format(_MISSING, "to"))
    resolved = known.with_columns(
        message=pl.coalesce("message", missing), wave=pl.when(waits).then("wave").otherwise(0)
    )
    return resolved.select(*RESOLVED).sort("wave", "record_no", "field")


def _in_source(search: Search, links: pl.DataFrame) -> pl.DataFrame:
    """Of parents that stand in the source and have one registration: `parent_no, parent_id`."""
    wanted = links.lazy().select(pl.col("parent_no").drop_nulls().unique())
    named = ["id"] if "id" in search.columns else []
    schema = {RECORD_NO: pl.Int64(), keys.KEY: pl.String()} | dict.fromkeys(named, pl.String())
    accepted = partitions.scan(search.load.accepted, schema).select(*schema)
    mine = accepted.rename({RECORD_NO: "parent_no"}).join(wanted, on="parent_no", how="semi").collect()
    snapshot = partitions.scan(search.load.target, target.snapshot_schema(search.columns)).select(keys.KEY, target.ID)
    found = snapshot.join(mine.lazy(), on=keys.KEY, how="semi").unique().collect()
    once = mine.join(found.filter(pl.col(keys.KEY).is_unique()), on=keys.KEY)
    if named:
        # A registration of another id than the record says is a conflict (see `plan`): whose it is nobody knows.
        once = once.filter(pl.col("id").eq(pl.col(target.ID)).fill_null(value=True))
    return once.select("parent_no", parent_id=target.ID)


async def _elsewhere(search: Search, links: pl.DataFrame) -> pl.DataFrame:
    """Of links out of the source, as far as anything is known: `record_no, field, known_id, message`."""
    columns = ("record_no", "field", "known_id", "message")
    if not links.height:
        return pl.DataFrame(schema={name: RESOLVED.get(name, pl.String()) for name in columns})
    wanted = links.select("record_no", "field", "to").join(_events(search, links), on="record_no", how="left")
    there = _in_target(search, wanted)
    by = ["to", "event_id"]
    rest = wanted.join(there, on=by, how="anti", nulls_equal=True)
    earlier = find_registrations(search.ledger, search.load, rest.select(by).unique())
    loaded = await prove(search.client, earlier, stamped=search.stamped, progress=search.progress)
    found = (wanted.join(there, on=by, nulls_equal=True), rest.join(loaded, on=by, nulls_equal=True))
    return pl.concat(frame.select(columns) for frame in found)


def _events(search: Search, links: pl.DataFrame) -> pl.DataFrame:
    """The events of the records that refer; null where the source does not say."""
    event = pl.col("event_id") if "event_id" in search.columns else pl.lit(None, pl.String)
    accepted = partitions.scan(search.load.accepted, {RECORD_NO: pl.Int64(), "event_id": pl.String()})
    mine = accepted.select(record_no=RECORD_NO, event_id=event)
    return mine.join(links.lazy().select("record_no").unique(), on="record_no", how="semi").collect()


def _in_target(search: Search, wanted: pl.DataFrame) -> pl.DataFrame:
    """By legacy key and event the registration that has the key as `sys_external_id`, where that is the source's own.

    The event is that of the record that refers; one that is null is any.
    """
    if not wanted.height or not _by_external_id(search):
        return pl.DataFrame(schema=dict.fromkeys(("to", "event_id", "known_id", "message"), pl.String))
    snapshot = partitions.scan(search.load.target, target.snapshot_schema(search.columns))
    event = pl.col(target.column("event_id")) if "event_id" in search.columns else pl.lit(None, pl.String)
    holders = snapshot.select(to=target.column(_EXTERNAL), known_id=target.ID, event=event)
    found = holders.join(wanted.lazy().select("to", "event_id").unique(), on="to").unique()
    mine = found.filter(pl.col("event_id").eq(pl.col("event")).fill_null(value=True))
    several = pl.format("found '{}', the sys_external_id of {} registrations, expected it on one", "to", "count")
    counted = (
        mine.group_by("to", "event_id").agg(pl.col("known_id").first(), count=pl.col("known_id").n_unique()).collect()
    )
    return counted.select("to", "event_id", "known_id", message=pl.when(pl.col("count") > 1).then(several))


def _by_external_id(search: Search) -> bool:
    """Whether every accepted record has its legacy key as its `sys_external_id` too."""
    if _EXTERNAL not in search.columns:
        return False
    accepted = pl.scan_parquet(partitions.files(search.load.accepted)).select(RECORD_NO, _EXTERNAL)
    anchors = pl.scan_parquet(partitions.files(search.load.path / ANCHORS)).select(RECORD_NO, ANCHOR)
    differs = pl.col(_EXTERNAL).ne_missing(pl.col(ANCHOR))
    return not accepted.join(anchors, on=RECORD_NO).select(differs.any()).collect().item()
