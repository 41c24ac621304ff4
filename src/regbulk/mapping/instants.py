"""From what a clock shows to the instant in UTC, and why some clocks show no instant or two.

A time that the clocks of a zone passed over, or showed twice, is told and not guessed. A day without a time is its
first moment in that zone, which is midnight unless the clocks passed over it.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from regbulk.mapping.date_readings import written

_TICK: Final = pl.duration(microseconds=1)
_LOCAL, _OFFSET, _ALONE = pl.col("local"), pl.col("offset"), pl.col("alone")


def instants(reading: pl.DataFrame, *, zone: str | None, keep_days: bool) -> pl.DataFrame:
    """The instants that readings stand for.

    Args:
        reading: `local`, `offset` and `alone` (see `date_readings`).
        zone: the IANA name of the zone of clocks whose offset is not known; None: such times are told.
        keep_days: days without a time stay what they are (as if they were midnight in UTC) and need no zone.

    Returns:
        One row per reading: `instant` Datetime[us] in UTC without zone, null where there is none; `trouble`, why a
        date that was read has none, else null; `alone` as it came.
    """
    kept = _ALONE if keep_days else pl.lit(value=False)
    open_ = _LOCAL.is_not_null() & _OFFSET.is_null() & ~kept
    given = pl.when(kept).then(_LOCAL).otherwise(_LOCAL - pl.duration(minutes=_OFFSET))
    if zone is None:
        no_zone = pl.when(open_).then(pl.lit(", a time without a zone; name one with time_zone"))
        return reading.select(written(given).alias("instant"), no_zone.alias("trouble"), "alone")
    local = _in_utc(_LOCAL, zone, ambiguous="null")
    found = reading.with_columns(pl.when(open_).then(local).otherwise(given).alias("instant"), open_.alias("open"))
    # Nearly always the clock shows one instant; only the others are looked at again.
    places = (found["open"] & found["instant"].is_null()).fill_null(value=False).arg_true()
    first, trouble = _closer(found[places], zone)
    instant = found["instant"].scatter(places, first) if len(places) else found["instant"]
    troubles = pl.repeat(None, reading.height, dtype=pl.String, eager=True).scatter(places, trouble)
    return pl.DataFrame({"instant": instant, "trouble": troubles, "alone": reading["alone"]}).with_columns(
        written(pl.col("instant"))
    )


def with_offset(instant: pl.Expr, zone: str | None) -> pl.Expr:
    """An instant in UTC as a person of a zone reads it, with the offset."""
    local = instant.dt.replace_time_zone("UTC").dt.convert_time_zone(zone or "UTC")
    return local.dt.strftime("%Y-%m-%dT%H:%M:%S%:z")


def _in_utc(local: pl.Expr, zone: str, *, ambiguous: str) -> pl.Expr:
    aware = local.dt.replace_time_zone(zone, ambiguous=pl.lit(ambiguous), non_existent="null")
    return aware.dt.convert_time_zone("UTC").dt.replace_time_zone(None)


def _first_moment(zone: str) -> pl.Expr:
    """The moment after the last one of the day before, if it is on this day."""
    moment = _in_utc(_LOCAL - _TICK, zone, ambiguous="latest") + _TICK
    day = moment.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.date()
    return pl.when(day == _LOCAL.dt.date()).then(moment).otherwise(_in_utc(_LOCAL, zone, ambiguous="earliest"))


def _closer(reading: pl.DataFrame, zone: str) -> tuple[pl.Series, pl.Series]:
    """Of clocks that show no instant or two: the first moment of a day, and why a time has none."""
    early, late = (_in_utc(_LOCAL, zone, ambiguous=which) for which in ("earliest", "latest"))
    first = pl.when(_ALONE).then(_first_moment(zone))
    twice = pl.concat_str(
        pl.lit(", which is "),
        with_offset(early, zone),
        pl.lit(" or "),
        with_offset(late, zone),
        pl.lit(f" (clocks were set back in {zone}); write the offset from UTC"),
    )
    never = pl.lit(f", a time that never was in {zone} (clocks were set forward); correct it")
    beyond = pl.lit(", which UTC puts outside the years 0001 to 9999; correct it")
    why = pl.when(first.is_not_null()).then(None).when(early.is_null()).then(never).when(early != late).then(twice)
    seen = reading.select(first.alias("first"), why.otherwise(beyond).alias("trouble"))
    return seen["first"], seen["trouble"]
