"""scope: which records of another load can have to do with the registrations that were asked for."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from regbulk import keys, partitions
from regbulk.load import Load
from regbulk.overlay.reading import Reading
from regbulk.source.contract import RECORD_NO


@dataclass(frozen=True)
class Scope:
    """What a load asks the target for.

    Attributes:
        key: the fields of its key.
        events: that its records name; None where they name none.
        known: hashes of the keys of its records; None where other registrations of these events matter too.
    """

    key: tuple[str, ...]
    events: pl.Series | None
    known: pl.Series | None

    def admits(self, rows: pl.DataFrame, load: Load | None) -> pl.DataFrame:
        """Those rows of another load (`record_no`, `id`, …) that may stand for a registration asked for.

        A record that does not say its event or key may be any; so may one whose load is not in this workspace.
        """
        if self.key == ("id",):
            return rows if self.known is None else rows.filter(pl.col("id").hash().is_in(self.known.implode()))
        told = _told(rows, load, ("event_id", *self.key))
        fits = [pl.lit(value=True)]
        if self.events is not None:
            fits.append(pl.col("event_id").is_in(self.events.implode()).fill_null(value=True))
        if self.known is not None:
            key = keys.key_text(self.key)
            fits.append(key.is_null() | key.hash().is_in(self.known.implode()))
        return told.filter(pl.all_horizontal(fits)).select(rows.columns)

    def holds(self, event_id: object) -> bool:
        """Whether a registration of this event belongs into the snapshot."""
        return self.key == ("id",) or self.events is None or event_id in self.events


def scope_of(reading: Reading) -> Scope:
    """What the accepted records of a load ask for."""
    accepted = pl.scan_parquet(partitions.files(reading.load.accepted))
    named = "event_id" in accepted.collect_schema().names()
    events = accepted.select(pl.col("event_id").unique().drop_nulls()).collect()["event_id"] if named else None
    known = None if reading.referring else accepted.select(pl.col(keys.KEY).hash()).collect()[keys.KEY]
    return Scope(reading.shape.key, events, known)


def _told(rows: pl.DataFrame, load: Load | None, fields: tuple[str, ...]) -> pl.DataFrame:
    """The rows with these fields as the source of their load says them; null where it does not."""
    paths = partitions.files(load.accepted) if load is not None else []
    names = [name for name in dict.fromkeys(fields) if paths and name in pl.read_parquet_schema(paths[0])]
    missing = [pl.lit(None, pl.String).alias(name) for name in dict.fromkeys(fields) if name not in names]
    if not names:
        return rows.with_columns(missing)
    records = pl.scan_parquet(paths).select(pl.col(RECORD_NO).alias("record_no"), *names)
    mine = records.join(rows.lazy().select("record_no"), on="record_no", how="semi").collect()
    return rows.join(mine, on="record_no", how="left").with_columns(missing)
