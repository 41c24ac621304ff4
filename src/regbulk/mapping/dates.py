"""Dates as people write them → RFC 3339 in UTC, the canonical text of a date-time.

Every format is tried on every text. Where two of them read one text as different instants, nobody can tell which is
meant, and the record is rejected with both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from regbulk.mapping.cells import Cells
from regbulk.mapping.date_formats import EXCEL, EXCEL_1904, ISO, date_format
from regbulk.mapping.date_readings import by_day_number, by_format, by_rfc_3339
from regbulk.mapping.instants import instants, with_offset
from regbulk.schema.phrases import found_text

_LIKE_DAY_NUMBER: Final = r"^[1-9][0-9]{4}(?:[.,][0-9]+)?$"
_TOLD: Final[Mapping[str, str]] = {
    ISO: "RFC 3339 like 2024-03-01T09:30:00Z",
    EXCEL: "a spreadsheet's day number",
    EXCEL_1904: "a spreadsheet's day number since 1904",
}


@dataclass(frozen=True)
class DateReader:
    """The step that reads the dates of one column.

    Attributes:
        formats: at least one, as the mapping writes them.
        zone: the IANA name of the zone of times that carry none; None: they are rejected.
        years_from: the first of the hundred years that years of two digits stand for.
        keep_days: a day without a time becomes `2027-03-01` instead of an instant.
    """

    formats: tuple[str, ...]
    zone: str | None
    years_from: int | None
    keep_days: bool = False

    def __call__(self, cells: Cells) -> Cells:
        """The same with canonical text in place of each date."""
        if cells.text.null_count() == len(cells.text):
            return cells
        readings = [self._read(cells.text, form) for form in self.formats]
        beside = _side_by_side(readings)
        sound = cells.refuse(self._broken(cells.text, beside), "format-error", self._message(), beside=beside)
        return sound.become(beside.select(pl.when(sound.text.is_not_null()).then(self._written())).to_series())

    def _read(self, texts: pl.Series, form: str) -> pl.DataFrame:
        if form == ISO:
            reading = by_rfc_3339(texts)
        elif form in {EXCEL, EXCEL_1904}:
            reading = by_day_number(texts, from_1904=form == EXCEL_1904)
        else:
            reading = by_format(texts, date_format(form), years_from=self.years_from)
        return instants(reading, zone=self.zone, keep_days=self.keep_days)

    def _broken(self, texts: pl.Series, beside: pl.DataFrame) -> pl.Series:
        unread = self._first().is_null() | self._trouble().is_not_null()
        return texts.is_not_null() & beside.select(unread | self._other().is_not_null()).to_series()

    def _names(self, name: str) -> list[str]:
        return [f"{name} {place}" for place in range(len(self.formats))]

    def _first(self) -> pl.Expr:
        return pl.coalesce(self._names("instant"))

    def _other(self) -> pl.Expr:
        """The first reading that differs from the first of all."""
        differing = (pl.when(pl.col(name) != self._first()).then(pl.col(name)) for name in self._names("instant"))
        return pl.coalesce(list(differing))

    def _trouble(self) -> pl.Expr:
        return pl.coalesce(self._names("trouble"))

    def _form_of(self, instant: pl.Expr) -> pl.Expr:
        named = zip(self.formats, self._names("instant"), strict=True)
        return pl.coalesce([pl.when(pl.col(name) == instant).then(pl.lit(form)) for form, name in named])

    def _message(self) -> pl.Expr:
        readings = (
            pl.concat_str(with_offset(instant, self.zone), pl.lit(" by "), self._form_of(instant))
            for instant in (self._first(), self._other())
        )
        twice = pl.concat_str(
            *_between(", which is ", " or ", list(readings)), pl.lit("; keep the one format that fits")
        )
        text = pl.col("text")
        number = pl.lit("; a spreadsheet's day number? name excel among the dates")
        advice = pl.when(text.str.contains(_LIKE_DAY_NUMBER)).then(number).otherwise(pl.lit(""))
        unread = pl.concat_str(pl.lit(f", expected {_expected(self.formats)}"), advice)
        return pl.concat_str(found_text(text), pl.coalesce(self._trouble(), twice, unread))

    def _written(self) -> pl.Expr:
        instant = rfc_3339(self._first())
        if not self.keep_days:
            return instant
        alone = pl.coalesce(
            [
                pl.when(pl.col(instant).is_not_null()).then(pl.col(alone))
                for instant, alone in zip(self._names("instant"), self._names("alone"), strict=True)
            ]
        )
        return pl.when(alone).then(self._first().dt.strftime("%Y-%m-%d")).otherwise(instant)


def rfc_3339(instant: pl.Expr) -> pl.Expr:
    """An instant in UTC as canonical text: with `Z`, the fraction of a second only if it is not zero."""
    micro = instant.dt.microsecond()
    fraction = pl.lit(".") + micro.cast(pl.String).str.zfill(6).str.strip_chars_end("0")
    part = pl.when(micro > 0).then(fraction).otherwise(pl.lit(""))
    return instant.dt.strftime("%Y-%m-%dT%H:%M:%S") + part + "Z"


def _side_by_side(readings: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """The columns of all readings, each with the place of its format behind its name."""
    return pl.DataFrame(
        [column.alias(f"{column.name} {place}") for place, reading in enumerate(readings) for column in reading]
    )


def _between(opening: str, separator: str, parts: list[pl.Expr]) -> list[pl.Expr]:
    first, second = parts
    return [pl.lit(opening), first, pl.lit(separator), second]


def _expected(formats: Sequence[str]) -> str:
    return "a date that exists, written as " + " or ".join(_TOLD.get(form, form) for form in formats)
