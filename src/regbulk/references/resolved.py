"""resolved: the links of a load with the ids of the parents that the target has already.

Where the id is known the record is planned with it, so that a child whose parent did not change stays unchanged; a
parent that is yet to be made is named by its record number, until `push` knows its id.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.references.links import LINKS, PLACEHOLDER, SCHEMA, refusals
from regbulk.source.contract import RECORD_NO

RESOLVED: Final[dict[str, pl.DataType]] = SCHEMA | {"parent_id": pl.String(), "message": pl.String()}
"""Links in the order of waves: `parent_id` is null where it is not known, `wave` 0 where all ids of the record are
known, `message` says what is wrong where neither a record nor a registration was found."""
FILE: Final = LINKS
"""Their file in the folder of the plan; there is none without references."""


class Referred(NamedTuple):
    """Records with what their fields refer to; the rejects among them are left out."""

    records: pl.DataFrame
    fields: tuple[str, ...]
    rejects: pl.DataFrame


def referred(records: pl.DataFrame, links: Path | None) -> Referred:
    """Fill the fields that refer: with the id of the parent, or with `record:<number>` where it has none yet.

    Returns:
        The records and their `wave`, the fields that were filled, and a `reference-error` per field of each record
        whose parent was not found.
    """
    if links is None:
        return Referred(records.with_columns(wave=pl.lit(0, pl.Int64)), (), rejects.none())
    mine = pl.read_parquet(links).join(records.select(record_no=RECORD_NO), on="record_no", how="semi")
    found = refusals(mine.filter(pl.col("message").is_not_null()))
    records = records.join(found, left_on=RECORD_NO, right_on="record_no", how="anti", maintain_order="left")
    value = pl.coalesce("parent_id", pl.format(PLACEHOLDER, "parent_no"))
    fields = tuple(mine["field"].unique().sort())
    for field in fields:
        values = mine.filter(pl.col("field") == field).select(pl.col("record_no").alias(RECORD_NO), _value=value)
        records = records.join(values, on=RECORD_NO, how="left", maintain_order="left")
        records = records.with_columns(pl.coalesce("_value", field).alias(field)).drop("_value")
    waves = mine.group_by(pl.col("record_no").alias(RECORD_NO)).agg(pl.col("wave").first())
    waited = records.join(waves, on=RECORD_NO, how="left", maintain_order="left")
    return Referred(waited.with_columns(pl.col("wave").fill_null(0)), fields, found)


def waiting(links: Path) -> pl.LazyFrame:
    """The links whose ids are not known yet: their parents are to be made by the load itself."""
    return pl.scan_parquet(links).filter(pl.col("parent_id").is_null() & pl.col("parent_no").is_not_null())


def waiting_in(links: Path, wave: int) -> pl.DataFrame:
    """Of those the ones of the records of a wave: `record_no, field, parent_no`."""
    return waiting(links).filter(pl.col("wave") == wave).select("record_no", "field", "parent_no").collect()
