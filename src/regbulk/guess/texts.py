"""Distinct texts of a column with their counts, and what is counted about the look of them."""

from __future__ import annotations

from collections import Counter
from typing import Final, NamedTuple

import polars as pl

from regbulk.mapping.cells import Cells
from regbulk.mapping.damage import damage
from regbulk.mapping.text import INVISIBLE, trimmed

TEXT: Final = "text"
COUNT: Final = "count"
_DIGITS: Final = r"^[0-9]+$"
_EMAIL: Final = r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;]{2,}$"
_SCIENTIFIC: Final = r"^[+-]?[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]{1,3}$"
_ROUNDED: Final = r"^[1-9][0-9]{14}0+$"
_LONG: Final = r"^[1-9][0-9]{15,}$"
_refused: Final = damage(is_id=False)


class Looks(NamedTuple):
    """How many cells of a column look so.

    Attributes:
        values: with text, after spaces and invisible characters at both ends are taken off.
        blank: of nothing but spaces and invisible characters.
        spaced: with spaces or invisible characters at an end.
        invisible: with invisible characters or spaces of an unusual kind inside.
        emails: an e-mail address.
        json: a JSON object or array.
        scientific: a number as `1.23E+15`.
        long: a whole number of 16 digits or more.
        rounded: one of those with nothing but zeros behind the 15th digit.
        signed: beginning with a plus sign.
        several_lines: with a line break inside.
    """

    values: int = 0
    blank: int = 0
    spaced: int = 0
    invisible: int = 0
    emails: int = 0
    json: int = 0
    scientific: int = 0
    long: int = 0
    rounded: int = 0
    signed: int = 0
    several_lines: int = 0

    def plus(self, other: Looks) -> Looks:
        """Both together."""
        return Looks(*(mine + its for mine, its in zip(self, other, strict=True)))


def counted(cells: pl.Series) -> tuple[pl.DataFrame, Looks]:
    """The distinct texts of cells: `text` String (trimmed, not empty), `count`; and how they look."""
    raw = cells.rename("raw").drop_nulls().value_counts(name=COUNT)
    both = raw.with_columns(trimmed(pl.col("raw")).alias(TEXT))
    looks = both.select(*((test * pl.col(COUNT)).sum().alias(name) for name, test in _TESTS.items()))
    seen = Looks(**looks.row(0, named=True))
    texts = both.filter(pl.col(TEXT) != "")
    if seen.spaced:
        texts = texts.group_by(TEXT, maintain_order=True).agg(pl.col(COUNT).sum())
    return texts.select(TEXT, COUNT), seen


def digit_lengths(texts: pl.DataFrame) -> Counter[tuple[int, bool]]:
    """Of texts of digits alone: (length, whether the first is 0) → how many."""
    digits = texts.filter(pl.col(TEXT).str.contains(_DIGITS))
    by_length = digits.group_by(pl.col(TEXT).str.len_bytes(), pl.col(TEXT).str.starts_with("0").alias("zero"))
    return Counter({(length, zero): count for length, zero, count in by_length.agg(pl.col(COUNT).sum()).iter_rows()})


def errors(texts: pl.DataFrame) -> Counter[str]:
    """Texts that the error values of a spreadsheet are (`#REF!`), as a mapping will refuse them."""
    doubtful = texts.filter(pl.col(TEXT).str.starts_with("#"))
    if not doubtful.height:
        return Counter()
    refused = _refused(Cells(doubtful[TEXT])).text.is_null()
    return Counter(dict(doubtful.filter(refused).iter_rows()))


_text: Final = pl.col(TEXT)
_TESTS: Final = {
    "values": _text != "",
    "blank": _text == "",
    "spaced": _text != pl.col("raw"),
    "invisible": _text.str.contains(f"[{INVISIBLE}]"),
    "emails": _text.str.contains(_EMAIL),
    "json": _text.str.contains(r"^[\[{]") & _text.str.json_path_match("$").is_not_null(),
    "scientific": _text.str.contains(_SCIENTIFIC),
    "long": _text.str.contains(_LONG),
    "rounded": _text.str.contains(_ROUNDED),
    "signed": _text.str.starts_with("+"),
    "several_lines": _text.str.contains("\n", literal=True),
}
