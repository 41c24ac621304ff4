"""orphans: records of a plan whose parent will not get an id, as the plan itself knows already.

Children of records that were refused late are rejects like them, so that they come back together in `rejects.csv`;
children of records in conflict are in conflict. What a push alone can tell (a parent failed) is not known here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from regbulk import partitions
from regbulk.plan import PlanRules, in_batches
from regbulk.references.lineage import fallen
from regbulk.references.links import parent_is, refusals


def refuse_orphans(parts: Sequence[Path], links: pl.DataFrame, *, late: pl.DataFrame, rules: PlanRules) -> pl.DataFrame:
    """Take the orphans out of the partition files of a plan, or put them into conflict.

    Args:
        parts: the partition files; those that hold orphans are written anew, with batches numbered anew.
        links: the links that wait for an id (see `regbulk.references.resolved`).
        late: the records refused by planning, in the shape of `rejects.SCHEMA`.
        rules: what the plan was made by.

    Returns:
        A `reference-error` for each field that refers to a refused record.
    """
    conflicts = _conflicts(parts, links)
    lines = pl.concat([frame.select("record_no", "line_no") for frame in (late, conflicts, links)]).unique("record_no")
    links = links.join(lines.rename({"record_no": "parent_no", "line_no": "parent_line"}), on="parent_no", how="left")
    refused = fallen(links, late["record_no"].unique())
    left = links.join(refused, on="record_no", how="anti")
    disputed = fallen(left, conflicts["record_no"]).unique("record_no", keep="first", maintain_order=True)
    disputed = disputed.select("record_no", _reason=parent_is("is in conflict"))
    if refused.height or disputed.height:
        for path in parts:
            rows = pl.read_parquet(path)
            left = _without(rows, refused, disputed)
            if not left.equals(rows):
                partitions.write_frame(in_batches(left, rules), path)
    return refusals(refused.with_columns(message=parent_is("was rejected")))


def _conflicts(parts: Sequence[Path], links: pl.DataFrame) -> pl.DataFrame:
    """The parents among records in conflict: `record_no, line_no`."""
    conflicts = pl.scan_parquet(list(parts)).filter(pl.col("action") == "conflict").select("record_no", "line_no")
    return conflicts.join(links.lazy().select(record_no="parent_no"), on="record_no", how="semi").collect()


def _without(rows: pl.DataFrame, refused: pl.DataFrame, disputed: pl.DataFrame) -> pl.DataFrame:
    kept = rows.join(refused, on="record_no", how="anti", maintain_order="left")
    marked = kept.join(disputed, on="record_no", how="left", maintain_order="left")
    sound = pl.col("_reason").is_null()
    return marked.with_columns(
        action=pl.when(sound).then("action").otherwise(pl.lit("conflict")),
        reason=pl.coalesce("reason", "_reason"),
        document=pl.when(sound).then("document"),
    ).drop("_reason")
