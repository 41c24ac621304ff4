"""Stored cells of a workbook as text: what a person sees, wherever that is the value and not a rounding of it.

| cell | text |
| --- | --- |
| text, rich text, hyperlink, a formula's text | as it is, without any formatting |
| number, amount, percentage | the stored number, however shown: `12.345`; 15 digits, as Excel keeps them |
| number of 1E15 or more | as Excel writes it, `1.23456789012346E+15`: digits are lost, and nobody shall overlook it |
| whole number in a fixed form (`000000`, `000-00`) | in this form, with its zeros |
| date, time, both | `2027-03-01`, `09:30:00`, `2027-03-01T09:30:00`; to the second or as fine as shown |
| duration (`[h]:mm`) | as shown, `36:00`; with seconds where it has some that are not shown |
| boolean | `true`, `false` |
| error | its word, `#N/A` |
| a formula that has no result | `#N/A`, and a fault of the record |

A moment at midnight is written as its day alone. Excel counts a day that never was (1900-02-29) and has a 1900-01-00:
both stand in the text as Excel shows them, and no rule accepts them. Serial numbers that no day has (negative, or after
9999) stay numbers.
"""

from __future__ import annotations

from math import isfinite
from typing import Final, NamedTuple

import polars as pl

from regbulk.source.xlsx_archive import damaged
from regbulk.source.xlsx_format import Format, masked, span_text, understood
from regbulk.source.xlsx_sheet import SCHEMA, UNKNOWN
from regbulk.source.xlsx_strings import unescaped

NO_RESULT: Final = "#N/A"
"""Stands for a formula's result that nobody worked out: whoever reads it again must not take it for an empty cell."""
_PLACED: Final = ("line", "column", "text")
_PLAIN: Final = r"^(?:-?[1-9][0-9]{0,14}|0)$"
_EXACT: Final = 1e15
_LAST_DAY: Final = {False: 2_958_465, True: 2_957_003}
"""The serial number of 9999-12-31."""
_NO_DAYS: Final = {0: "1900-01-00", 60: "1900-02-29"}
_LEAP: Final = 60
_DAY: Final = 86_400_000


class Meaning(NamedTuple):
    """What stored cells of a workbook stand for.

    Attributes:
        name: the source, for messages.
        strings: the texts that cells share.
        formats: the number format of each style.
        from_1904: whether dates are counted from 1904.
    """

    name: str
    strings: pl.Series
    formats: tuple[str, ...]
    from_1904: bool


def texts(cells: pl.DataFrame, meaning: Meaning) -> pl.DataFrame:
    """Text for stored cells, as a `xlsx_sheet.Run` has them: `line`, `column`, `text`, in no order.

    Raises:
        SourceError: a cell names a shared text that the workbook lacks.
    """
    parts = []
    for (type_,), part in cells.partition_by("type", as_dict=True).items():
        stored = part["text"]
        if type_ == "n":
            parts += _numbers(part, meaning)
            continue
        if type_ == "s":
            text = _shared(stored, meaning)
        elif type_ == "b":
            text = stored.replace({"1": "true", "0": "false"})
        elif type_ == "d":
            text = _moments_in_words(stored)
        elif type_ == UNKNOWN:
            text = stored.replace({UNKNOWN: NO_RESULT})
        else:
            text = unescaped(stored)
        parts.append(part.with_columns(text.alias("text")))
    none = pl.DataFrame(schema={name: SCHEMA[name] for name in _PLACED})
    return pl.concat([none, *(part.select(_PLACED) for part in parts)])


def number_text(stored: str) -> str:
    """A stored number as Excel would write it into a cell of the format General."""
    try:
        number = float(stored)
    except ValueError:
        return stored
    if not isfinite(number):
        return stored
    if abs(number) >= _EXACT:
        digits, _, power = f"{number:.14E}".partition("E")
        return f"{digits.rstrip('0').rstrip('.')}E{power}"
    digits, exponent, power = f"{number:.15g}".partition("e")
    if digits == "-0":
        return "0"
    return f"{digits}e{int(power)}" if exponent else digits


def _shared(stored: pl.Series, meaning: Meaning) -> pl.Series:
    index = stored.cast(pl.UInt32, strict=False)
    if index.null_count() or (index >= len(meaning.strings)).any():
        raise damaged(meaning.name, f"a cell names a text that is not among its {len(meaning.strings):,} texts")
    return meaning.strings.gather(index)


def _numbers(cells: pl.DataFrame, meaning: Meaning) -> list[pl.DataFrame]:
    formats, from_1904 = meaning.formats, meaning.from_1904
    parts = []
    for (style,), part in cells.partition_by("style", as_dict=True).items():
        # A style that the workbook lacks shows numbers as they are.
        format_ = understood(formats[style] if style < len(formats) else "General")
        parts.append(part.with_columns(text=_number_texts(part["text"], format_, from_1904=from_1904)))
    return parts


def _number_texts(stored: pl.Series, format_: Format, *, from_1904: bool) -> pl.Series:
    if format_.kind == "moment":
        return _moments(stored, format_, from_1904=from_1904)
    if format_.kind == "number":
        odd = stored.filter(~stored.str.contains(_PLAIN)).unique()
        return stored.replace(odd, [number_text(text) for text in odd]) if len(odd) else stored
    shown = _masked if format_.kind == "mask" else _span
    distinct = stored.unique()
    return stored.replace(distinct, [shown(text, format_.code) for text in distinct])


def _masked(stored: str, code: str) -> str:
    plain = number_text(stored)
    return (plain.isdecimal() and masked(code, int(plain))) or plain


def _span(stored: str, code: str) -> str:
    try:
        days = float(stored)
    except ValueError:
        return stored
    return span_text(days, code) if abs(days) <= _LAST_DAY[False] else number_text(stored)


def _moments(stored: pl.Series, format_: Format, *, from_1904: bool) -> pl.Series:
    """Dates and times; polars counts the days, apart from the two that never were."""
    unit = 1 if format_.fraction else 1000
    at = ((pl.col("serial") * (_DAY // unit)).round() * unit).cast(pl.Int64, strict=False)
    rows = pl.DataFrame({"stored": stored, "serial": stored.cast(pl.Float64, strict=False)})
    last = _LAST_DAY[from_1904]
    rows = rows.with_columns(pl.when(pl.col("serial").is_between(0, last + 1, closed="left")).then(at).alias("at"))
    rows = rows.with_columns(day=pl.col("at") // _DAY, within=pl.col("at") % _DAY)
    beyond = rows.filter(pl.col("at").is_null() | (pl.col("day") > last))["stored"].unique()
    fallback = (
        pl.col("stored").replace(beyond, [number_text(text) for text in beyond]) if len(beyond) else pl.col("stored")
    )
    day, time = _day(from_1904=from_1904), _time()
    clock_only = (pl.col("day") == 0) & format_.clock
    text = (
        pl.when(pl.col("at").is_null() | (pl.col("day") > last))
        .then(fallback)
        .when(clock_only)
        .then(time)
        .when(pl.col("within") == 0)
        .then(day)
        .otherwise(pl.concat_str(day, pl.lit("T"), time))
    )
    return rows.select(text)["stored"]


def _day(*, from_1904: bool) -> pl.Expr:
    number = pl.col("day")
    if from_1904:
        return (pl.date(1904, 1, 1) + pl.duration(days=number)).dt.strftime("%Y-%m-%d")
    # Behind the day that never was, all others have a number too high by one.
    counted = pl.date(1899, 12, 30) + pl.duration(days=number + (number < _LEAP).cast(pl.Int64))
    missing = number.replace_strict(_NO_DAYS, default=None, return_dtype=pl.String)
    return pl.coalesce(missing, counted.dt.strftime("%Y-%m-%d"))


def _time() -> pl.Expr:
    time = pl.col("within") * 1_000_000
    whole = time.cast(pl.Time).dt.strftime("%H:%M:%S")
    fine = time.cast(pl.Time).dt.strftime("%H:%M:%S%.3f")
    return pl.when(pl.col("within") % 1000 == 0).then(whole).otherwise(fine)


def _moments_in_words(stored: pl.Series) -> pl.Series:
    """Dates that stand in the workbook as ISO 8601, as the strict variant of the format has them."""
    text = stored.str.replace(r"\.0+(Z?)$", "$1")
    return text.str.replace(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})T00:00(?::00)?Z?$", "$1")
