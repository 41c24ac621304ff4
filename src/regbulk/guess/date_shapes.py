"""How the dates of a column are written: for every text which orders of day, month and year can read it."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

import polars as pl

from regbulk.guess.texts import COUNT, TEXT
from regbulk.mapping.months import MONTHS

DAY_FIRST: Final = 1
MONTH_FIRST: Final = 2
YEAR_FIRST: Final = 4
ISO: Final = "iso"
SERIAL: Final = "day number"
FOUR_DIGITS: Final = "year of four digits"
TWO_DIGITS: Final = "year of two digits"
NAMED: Final = "month by name"

_WEEKDAY: Final = r"(?:(\p{L}{2,12}\.?)(,? ))?"
_DATE: Final = r"([0-9]{1,4})([./-])([0-9]{1,2})([./-])([0-9]{1,4})"
_CLOCK: Final = (
    r"(?:(,? |T)((?:[01]?[0-9]|2[0-4]):[0-5][0-9])(:[0-5][0-9])?([.,][0-9]{1,6})?( ?[AaPp]\.?[Mm]\.?)?( Uhr)?"
    r"( ?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]))?)?"
)
_CLOCK_PARTS: Final = ("joint", "clock", "seconds", "fraction", "half", "unit", "zone")
_NUMERIC: Final = rf"^{_WEEKDAY}{_DATE}{_CLOCK}$"
_DAY_AND_NAME: Final = rf"^{_WEEKDAY}([0-9]{{1,2}})(\.? |[.-])(\p{{L}}+\.?)( |-)([0-9]{{4}}|[0-9]{{2}}){_CLOCK}$"
_NAME_AND_DAY: Final = rf"^{_WEEKDAY}(\p{{L}}+\.?)( )([0-9]{{1,2}})(,? )([0-9]{{4}}){_CLOCK}$"
_COMPACT: Final = r"^(?:19|20)[0-9]{6}$|^[0-9]{4}(?:19|20)[0-9]{2}$"
_SERIAL: Final = r"^[1-7][0-9]{4}(?:[.,][0-9]+)?$"
_SHORT: Final = 2
_FULL: Final = 4
"""Digits of a year."""
_SERIAL_DAYS: Final = (20_000, 73_050)
_ISO: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})$"
)


class DateShape(NamedTuple):
    """How a date is written.

    Attributes:
        kind: one of the names above.
        layout: a strptime format, with `{}` for day, month and year in figures; of day numbers the year (from 1900).
        separator: what stands between day, month and year in figures.
        has_zone: whether it says how far its clock is from UTC.
        fits: the orders of day, month and year that give a moment that exists, added up; 0 if none does.
    """

    kind: str
    layout: str
    separator: str
    has_zone: bool
    fits: int


def date_shapes(texts: pl.DataFrame) -> Counter[DateShape]:
    """How many cells are written in which shape; what looks like no date at all is left out."""
    found: Counter[DateShape] = Counter()
    text, is_iso = pl.col(TEXT), pl.col(TEXT).str.contains(_ISO)
    for pattern, shaped in (
        (_NUMERIC, _numeric),
        (_COMPACT, _compact),
        (_SERIAL, _serial),
        (_DAY_AND_NAME, _day_and_name),
        (_NAME_AND_DAY, _name_and_day),
    ):
        matching = texts.filter(text.str.contains(pattern) & ~is_iso)
        if matching.height:
            found.update(_summed(shaped(matching)))
    zoned = int(texts.filter(is_iso)[COUNT].sum())
    return found + Counter({DateShape(ISO, ISO, "", has_zone=True, fits=YEAR_FIRST): zoned})


def _summed(shapes: pl.DataFrame) -> dict[DateShape, int]:
    keys = shapes.group_by(*DateShape._fields).agg(pl.col(COUNT).sum())
    return {DateShape(*row[:-1]): row[-1] for row in keys.select(*DateShape._fields, COUNT).iter_rows()}


def _numeric(texts: pl.DataFrame) -> pl.DataFrame:
    found = _groups(texts, _NUMERIC, "weekday", "after", "first", "sign", "second", "sign2", "third", *_CLOCK_PARTS)
    first, second, third = (pl.col(name).cast(pl.Int32) for name in ("first", "second", "third"))
    ahead, last = pl.col("first").str.len_bytes(), pl.col("third").str.len_bytes()
    year_last, year_ahead = (ahead <= _SHORT) & (last == _FULL), (ahead == _FULL) & (last <= _SHORT)
    short = (ahead <= _SHORT) & (last == _SHORT)
    by_last = _fit(third, second, first) * DAY_FIRST + _fit(third, first, second) * MONTH_FIRST
    by_short = (
        _fit(third + 2000, second, first) * DAY_FIRST
        + _fit(third + 2000, first, second) * MONTH_FIRST
        + _fit(first + 2000, second, third) * YEAR_FIRST
    )
    by_ahead = _fit(first, second, third) * YEAR_FIRST
    fits = pl.when(year_last).then(by_last).when(year_ahead).then(by_ahead).otherwise(by_short)
    shaped = found.filter((pl.col("sign") == pl.col("sign2")) & (year_last | year_ahead | short))
    kind = pl.when(short).then(pl.lit(TWO_DIGITS)).otherwise(pl.lit(FOUR_DIGITS))
    return _shapes(shaped, kind, [pl.lit("{}")], fits=fits, separator=pl.col("sign"))


def _compact(texts: pl.DataFrame) -> pl.DataFrame:
    ahead, last = (pl.col(TEXT).str.slice(at, 4).cast(pl.Int32) for at in (0, 4))
    pairs = [pl.col(TEXT).str.slice(at, 2).cast(pl.Int32) for at in (0, 2, 4, 6)]
    century = [19, 20]
    fits = (
        _fit(ahead, pairs[2], pairs[3]) * pairs[0].is_in(century) * YEAR_FIRST
        + _fit(last, pairs[1], pairs[0]) * pairs[2].is_in(century) * DAY_FIRST
        + _fit(last, pairs[0], pairs[1]) * pairs[2].is_in(century) * MONTH_FIRST
    )
    without_clock = texts.with_columns(
        pl.lit(None, pl.String).alias(name) for name in ("weekday", "after", *_CLOCK_PARTS)
    )
    return _shapes(without_clock, pl.lit(FOUR_DIGITS), [pl.lit("{}")], fits=fits, separator=pl.lit(""))


def _serial(texts: pl.DataFrame) -> pl.DataFrame:
    days = pl.col(TEXT).str.slice(0, 5).cast(pl.Int32)
    year = (pl.date(1899, 12, 30) + pl.duration(days=days)).dt.year().cast(pl.String)
    shape = {"kind": pl.lit(SERIAL), "layout": year, "separator": pl.lit(""), "has_zone": pl.lit(value=False)}
    return texts.filter(days.is_between(*_SERIAL_DAYS)).select(**shape, fits=pl.lit(YEAR_FIRST), count=COUNT)


def _day_and_name(texts: pl.DataFrame) -> pl.DataFrame:
    found = _groups(texts, _DAY_AND_NAME, "weekday", "after", "day", "sign", "name", "sign2", "year", *_CLOCK_PARTS)
    year = pl.when(pl.col("year").str.len_bytes() == _FULL).then(pl.lit("%Y")).otherwise(pl.lit("%y"))
    return _by_name(found, [pl.lit("%d"), pl.col("sign"), pl.lit("%B"), pl.col("sign2"), year])


def _name_and_day(texts: pl.DataFrame) -> pl.DataFrame:
    found = _groups(texts, _NAME_AND_DAY, "weekday", "after", "name", "sign", "day", "sign2", "year", *_CLOCK_PARTS)
    return _by_name(found, [pl.lit("%B"), pl.col("sign"), pl.lit("%d"), pl.col("sign2"), pl.lit("%Y")])


def _by_name(found: pl.DataFrame, layout: list[pl.Expr]) -> pl.DataFrame:
    name = pl.col("name").str.strip_suffix(".").str.to_lowercase()
    known = found.filter(name.is_in(list(MONTHS)))
    month = name.replace_strict(list(MONTHS), list(MONTHS.values()), return_dtype=pl.String).cast(pl.Int32)
    year, day = pl.col("year").cast(pl.Int32), pl.col("day").cast(pl.Int32)
    return _shapes(known, pl.lit(NAMED), layout, fits=_fit(year, month, day) * DAY_FIRST, separator=pl.lit(""))


def _groups(texts: pl.DataFrame, pattern: str, *names: str) -> pl.DataFrame:
    groups = pl.col(TEXT).str.extract_groups(pattern).struct.rename_fields(names)
    return texts.select(groups.alias("groups"), COUNT).unnest("groups")


def _shapes(
    found: pl.DataFrame, kind: pl.Expr, layout: list[pl.Expr], *, fits: pl.Expr, separator: pl.Expr
) -> pl.DataFrame:
    """The shapes of dates with their clocks; a layout ends with what the clock is written by."""
    return found.select(
        kind.alias("kind"),
        pl.concat_str(_if_there("weekday", "%a"), pl.col("after").fill_null(""), *layout, *_clock()).alias("layout"),
        separator.alias("separator"),
        pl.col("zone").is_not_null().alias("has_zone"),
        (fits * _clock_fits()).cast(pl.Int32).alias("fits"),
        COUNT,
    )


def _clock() -> list[pl.Expr]:
    hour = pl.when(pl.col("half").is_null()).then(pl.lit("%H:%M")).otherwise(pl.lit("%I:%M"))
    return [
        pl.col("joint").fill_null(""),
        pl.when(pl.col("clock").is_not_null()).then(hour).otherwise(pl.lit("")),
        _if_there("seconds", ":%S"),
        pl.col("fraction").str.slice(0, 1).fill_null("") + _if_there("fraction", "%f"),
        _if_there("half", "%p", spaced=True),
        pl.col("unit").fill_null(""),
        _if_there("zone", "%z", spaced=True),
    ]


def _if_there(part: str, sign: str, *, spaced: bool = False) -> pl.Expr:
    """The sign for a part of a date, with the space in front of it; empty where the part is absent."""
    space = pl.when(pl.col(part).str.starts_with(" ")).then(pl.lit(" ")).otherwise(pl.lit("")) if spaced else pl.lit("")
    return pl.when(pl.col(part).is_not_null()).then(space + pl.lit(sign)).otherwise(pl.lit(""))


def _clock_fits() -> pl.Expr:
    hour = pl.col("clock").str.extract("^([0-9]+)").cast(pl.Int32)
    end_of_day = (pl.col("clock") == "24:00") & (pl.col("seconds").fill_null(":00") == ":00")
    whole = (hour < 24) | (end_of_day & (pl.col("fraction").is_null()))  # noqa: PLR2004 - hours of a day
    half = hour.is_between(1, 12)
    fits = pl.when(pl.col("half").is_null()).then(whole).otherwise(half)
    return fits.fill_null(value=True).cast(pl.Int32)


def _fit(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Whether a day exists, as 0 or 1."""
    leap = ((year % 4 == 0) & (year % 100 != 0)) | (year % 400 == 0)
    missing = pl.when(month == 2).then(2 - leap.cast(pl.Int32)).otherwise(0)  # noqa: PLR2004 - February
    days = 30 + (month + month // 8) % 2 - missing
    return ((year > 0) & month.is_between(1, 12) & (day >= 1) & (day <= days)).cast(pl.Int32)
