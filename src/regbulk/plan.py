"""plan: accepted records and the target → what must be written, record by record.

A partition holds the records whose key falls into one hash range, so that a record and its registration always meet.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from regbulk import keys, partitions, patch, rejects, target
from regbulk.encode import record_json
from regbulk.load import Manifest, Mode
from regbulk.references.resolved import referred
from regbulk.schema import compile_rules
from regbulk.source.contract import CLEARS, LINE_NO, RECORD_NO
from regbulk.stamps import OPERATION_ID, OPERATION_VERSION, STAMPS

PLAN_SCHEMA: Final[dict[str, pl.DataType]] = {
    "record_no": pl.Int64(),
    "line_no": pl.Int64(),
    "action": pl.String(),
    "id": pl.String(),
    "document": pl.String(),
    "reason": pl.String(),
    "batch": pl.Int64(),
    "canary": pl.Boolean(),
    "wave": pl.Int64(),
}

_ROWS: Final = 100_000
_HITS: Final = "_hits"


@dataclass(frozen=True)
class PlanRules:
    """How records are turned into operations.

    Attributes:
        shape: key, source columns and schema of the load.
        mode: create or upsert.
        manifest: for the stamps of patches.
        stamps: the stamp fields that are sent; empty where the tenant does not keep them.
        batch_size: operations in one batch.
        canary: records of each action that go ahead in a batch of their own.
        links: file of the resolved links (see `regbulk.references.resolved`); None for a load without references.
    """

    shape: target.Shape
    mode: Mode
    manifest: Manifest
    stamps: tuple[str, ...]
    batch_size: int
    canary: int
    links: Path | None = None


class Planned(NamedTuple):
    """One partition of a plan: a row per record in the shape of `PLAN_SCHEMA`, and records refused only now.

    `document` is JSON text: the registration of a create, the operations of a patch; it begins with the fields that
    refer to other records, and holds `record:<number>` where the id of that record is not made yet. `batch` counts
    from 1 within the partition and is null where nothing is sent; rows are in the order of batches. `wave` is 0 where
    all ids are known, and larger than that of every record whose id is waited for.
    """

    rows: pl.DataFrame
    rejects: pl.DataFrame


def partition_count(accepted: int, registrations: int) -> int:
    """How many partitions a plan has, so that one fits into memory."""
    return max(1, math.ceil(max(accepted, registrations) / _ROWS))


def plan_partition(accepted: Path, snapshot: Path, index: int, count: int, rules: PlanRules) -> Planned:
    """Plan partition `index` (from 0) of `count`: what becomes of each accepted record in it."""
    columns = rules.shape.columns
    mine = pl.col(keys.KEY).hash(2) % count == index
    schema = {RECORD_NO: pl.Int64(), LINE_NO: pl.Int64(), CLEARS: pl.List(pl.String()), keys.KEY: pl.String()}
    records = partitions.scan(accepted, schema | dict.fromkeys([*columns, *STAMPS], pl.String())).filter(mine).collect()
    records, fields, unlinked = referred(records, rules.links)
    columns = (*fields, *(name for name in columns if name not in fields))
    found = partitions.scan(snapshot, target.snapshot_schema(columns)).filter(mine)
    registrations = found.collect().unique(target.ID, keep="last", maintain_order=True)
    hits = registrations.group_by(keys.KEY).len(_HITS)
    single = registrations.unique(keys.KEY, keep="first", maintain_order=True)
    pairs = records.join(hits, on=keys.KEY, how="left").join(single, on=keys.KEY, how="left").sort(RECORD_NO)
    planned = _decide(pairs, replace(rules, shape=replace(rules.shape, columns=columns)))
    return Planned(planned.rows, rejects.merge(planned.rejects, unlinked))


def _decide(pairs: pl.DataFrame, rules: PlanRules) -> Planned:
    columns = [name for name in rules.shape.columns if name != "id"]
    hits = pl.col(_HITS).fill_null(0)
    pairs = pairs.with_columns(_changes=patch.operations(pairs, columns, rules.shape.schema))
    unknown_id = hits.eq(0) & pl.col("id").is_not_null() if "id" in pairs.columns else pl.lit(value=False)
    other_id = pl.col("id").ne(pl.col(target.ID)) if "id" in pairs.columns else pl.lit(value=False)
    changed = pl.col("_changes").ne("")
    reason = (
        pl.when(hits > 1)
        .then(pl.format("{} registrations have this key, expected one at most", hits))
        .when(unknown_id)
        .then(pl.lit("the target has no registration of this id; a record with an id is never created"))
        .when(other_id.fill_null(value=False))
        .then(pl.lit("the registration with this key has another id than the record says"))
        .when(changed & pl.col(target.LOCKED))
        .then(pl.lit("the registration is locked (sys_locked)"))
        .when(changed & hits.eq(1) & pl.lit(rules.mode == "create"))
        .then(pl.lit("the registration exists already and differs; use mode upsert to change it"))
    )
    action = (
        pl.when(pl.col("reason").is_not_null())
        .then(pl.lit("conflict"))
        .when(hits.eq(0))
        .then(pl.lit("create"))
        .when(changed)
        .then(pl.lit("patch"))
        .otherwise(pl.lit("unchanged"))
    )
    decided = pairs.with_columns(reason=reason).with_columns(action=action)
    late = _incomplete(decided, rules)
    refused = late["record_no"].unique().implode()
    return Planned(_rows(decided.filter(~pl.col(RECORD_NO).is_in(refused)), rules), late)


def _incomplete(decided: pl.DataFrame, rules: PlanRules) -> pl.DataFrame:
    """Rejects among the records that turned out to be creates: only now the rules about presence apply."""
    creates = decided.filter(pl.col("action") == "create").select(RECORD_NO, LINE_NO, CLEARS, *rules.shape.columns)
    if not creates.height:
        return rejects.none()
    return compile_rules(rules.shape.schema, rules.shape.columns).check_complete(creates)


def _rows(decided: pl.DataFrame, rules: PlanRules) -> pl.DataFrame:
    written = [name for name in rules.shape.columns if name != "id"]
    registration = record_json([*_named(written), *rules.stamps], rules.shape.schema)
    creates = decided.filter(pl.col("action") == "create").with_columns(_named_values(written))
    documents = creates.select(RECORD_NO, document=registration)
    stamps = patch.stamp_operations(
        rules.stamps,
        {OPERATION_ID: pl.lit(rules.manifest.load_id), OPERATION_VERSION: pl.col(target.VERSION)}
        if rules.stamps
        else {},
    )
    body = pl.concat_str(
        pl.lit("["), pl.concat_str("_changes", *([stamps] if rules.stamps else []), separator=","), pl.lit("]")
    )
    patches = decided.filter(pl.col("action") == "patch").select(RECORD_NO, document=body)
    rows = decided.join(pl.concat([documents, patches]), on=RECORD_NO, how="left")
    return in_batches(rows.with_columns(record_no=RECORD_NO, line_no=LINE_NO, id=target.ID), rules)


def _named(columns: list[str]) -> list[str]:
    derivable = "name" not in columns and {"first_name", "last_name"} <= set(columns)
    return [*columns, "name"] if derivable else columns


def _named_values(columns: list[str]) -> list[pl.Expr]:
    """`name` of a new registration, made of first and last name where the source has none (import schema)."""
    if not {"first_name", "last_name"} <= set(columns):
        return []
    full = pl.concat_str("first_name", "last_name", separator=" ")
    return [(pl.coalesce("name", full) if "name" in columns else full).alias("name")]


def in_batches(rows: pl.DataFrame, rules: PlanRules) -> pl.DataFrame:
    """Number the batches: wave by wave, per action a canary in its first wave, then full batches, in record order."""
    sent = pl.col("action").is_in(["create", "patch"])
    first = pl.col("wave") == pl.col("wave").min().over("action")
    place = pl.int_range(pl.len()).over("wave", "action")
    canary = first & (place < rules.canary)
    ahead = pl.when(first).then(rules.canary).otherwise(0)
    within = pl.when(canary).then(0).otherwise(1 + (place - ahead) // rules.batch_size)
    ordered = rows.sort("record_no").with_columns(canary=sent & canary, _within=within)
    batch = pl.struct("wave", "action", "_within").rank("dense").cast(pl.Int64)
    numbered = ordered.filter(sent).with_columns(batch=batch).sort("batch", maintain_order=True)
    others = ordered.filter(~sent).with_columns(batch=pl.lit(None, pl.Int64))
    return pl.concat([numbered, others]).select(pl.col(name).cast(kind) for name, kind in PLAN_SCHEMA.items())
