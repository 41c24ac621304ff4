"""Texts of dates by one format: what the clock shows, and how far that clock is from UTC.

A reading is a frame with one row per text: `local` Datetime[us] without zone, null where the text is not a date of this
format; `offset` Int32, minutes ahead of UTC, null where the text does not say; `alone` Boolean, whether it is a day
without a time, never null.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from regbulk.mapping.date_formats import DateFormat
from regbulk.mapping.months import MONTHS
from regbulk.schema import Kind, canonical

_NO_OFFSET: Final = pl.lit(None, pl.Int32).alias("offset")
_EXCEL: Final = r"^([1-9][0-9]{0,6})(?:[.,]([0-9]{1,17}))?$"
_ISO: Final = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,6})0*)?)?$"
_LAST_DAY: Final = 2_958_465
_NEVER: Final = 60
"""The number that spreadsheets give to 29 February 1900, which never was: Lotus 1-2-3 took 1900 for a leap year."""
_DIGITS_OF_MILLISECONDS: Final = 9


def by_format(texts: pl.Series, form: DateFormat, *, years_from: int | None) -> pl.DataFrame:
    """Texts read by a strptime format; 24:00 is the midnight at the end of a day.

    Args:
        texts: the texts.
        form: the format.
        years_from: the first of the hundred years that years of two digits stand for; only `%y` needs it.
    """
    groups = texts.to_frame("text").select(pl.col("text").str.extract_groups(form.pattern)).unnest("text")
    day = pl.concat_str(_year(form, years_from), _month(form), "d", separator="-").str.to_date("%Y-%m-%d", strict=False)
    hour, minute, second, micro = _hour(form), _number(form, "M"), _number(form, "S"), _fraction(form)
    full = (hour == 24) & (minute == 0) & (second == 0) & (micro == 0)  # noqa: PLR2004 - the end of a day
    clock = pl.duration(hours=hour, minutes=minute, seconds=second, microseconds=micro)
    local = pl.when((hour < 24) | full).then(day.cast(pl.Datetime("us")) + clock)  # noqa: PLR2004
    return groups.select(written(local).alias("local"), _offset(form), alone=pl.lit(not form.has_time))


def by_day_number(texts: pl.Series, *, from_1904: bool) -> pl.DataFrame:
    """Texts read as a spreadsheet's day numbers, in which the fraction is the time of the day.

    A fraction of nine digits or more is read to the millisecond, a shorter one to the second: 0.00001 of a day is 0.9
    seconds. Numbers below 1 are times without a day and are not read, nor is the day that never was.
    """
    parts = pl.col("text").str.extract_groups(_EXCEL)
    number = parts.struct[0].cast(pl.Int32)
    fraction = parts.struct[1]
    ordinal = number + pl.when(number < _NEVER).then(1).otherwise(0) if not from_1904 else number
    start = pl.date(1904, 1, 1) if from_1904 else pl.date(1899, 12, 30)
    there = (number <= _LAST_DAY) & (pl.lit(from_1904) | (number != _NEVER))
    fine = fraction.str.len_chars() >= _DIGITS_OF_MILLISECONDS
    share = (pl.lit("0.") + fraction).cast(pl.Float64) * 86_400
    seconds = pl.when(fine).then(share.round(3)).otherwise(share.round(0)).fill_null(0)
    time = pl.duration(milliseconds=(seconds * 1000).round(0).cast(pl.Int64))
    local = pl.when(there).then(start.cast(pl.Datetime("us")) + pl.duration(days=ordinal) + time)
    return texts.to_frame("text").select(written(local).alias("local"), _NO_OFFSET, alone=seconds == 0)


def by_rfc_3339(texts: pl.Series) -> pl.DataFrame:
    """Texts read as RFC 3339; without a zone, or as a day alone, they are what typed cells hold that have none."""
    zoned = canonical(pl.col("text"), Kind.DATETIME)
    parts = pl.coalesce(zoned.str.strip_suffix("Z"), pl.col("text")).str.extract_groups(_ISO)
    day, time, fraction = (parts.struct[place] for place in range(3))
    clock = pl.concat_str(day, pl.lit("T"), time.fill_null("00:00:00"))
    whole = clock.str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False, time_unit="us")
    local = whole + pl.duration(microseconds=fraction.str.pad_end(6, "0").cast(pl.Int64).fill_null(0))
    return texts.to_frame("text").select(
        written(local).alias("local"),
        offset=pl.when(zoned.is_not_null()).then(pl.lit(0, pl.Int32)),
        alone=zoned.is_null() & time.is_null(),
    )


def written(moment: pl.Expr) -> pl.Expr:
    """A moment, null where RFC 3339 cannot write it: its years are 0001 to 9999."""
    return pl.when(moment.dt.year().is_between(1, 9999)).then(moment)


def _year(form: DateFormat, years_from: int | None) -> pl.Expr:
    if "Y" in form.signs:
        return pl.col("Y")
    if years_from is None:
        raise AssertionError(f"{form.written}: the century of %y is not known")
    start = years_from % 100
    digits = pl.col("y").cast(pl.Int32)
    year = years_from - start + digits + pl.when(digits < start).then(100).otherwise(0)
    return year.cast(pl.String).str.zfill(4)


def _month(form: DateFormat) -> pl.Expr:
    if "m" in form.signs:
        return pl.col("m")
    name = pl.col("b").str.strip_suffix(".").str.to_lowercase()
    return name.replace_strict(list(MONTHS), list(MONTHS.values()), default=None, return_dtype=pl.String)


def _number(form: DateFormat, sign: str) -> pl.Expr:
    return pl.col(sign).cast(pl.Int32) if sign in form.signs else pl.lit(0, pl.Int32)


def _hour(form: DateFormat) -> pl.Expr:
    if "I" not in form.signs:
        return _number(form, "H")
    hour = _number(form, "I")
    afternoon = pl.when(pl.col("p").str.to_lowercase().str.starts_with("p")).then(12).otherwise(0)
    return pl.when(hour.is_between(1, 12)).then(hour % 12 + afternoon)


def _fraction(form: DateFormat) -> pl.Expr:
    return pl.col("f").str.pad_end(6, "0").cast(pl.Int32) if "f" in form.signs else pl.lit(0, pl.Int32)


def _offset(form: DateFormat) -> pl.Expr:
    if not form.has_zone:
        return _NO_OFFSET
    digits = pl.col("z").str.replace_all(r"[^0-9]", "")
    minutes = digits.str.slice(0, 2).cast(pl.Int32, strict=False) * 60 + digits.str.slice(2).cast(
        pl.Int32, strict=False
    )
    ahead = pl.when(pl.col("z").str.starts_with("-")).then(-minutes).otherwise(minutes)
    return pl.when(pl.col("z").is_not_null()).then(ahead.fill_null(0)).alias("offset")
