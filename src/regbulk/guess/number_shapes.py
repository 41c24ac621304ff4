"""How the numbers of a column are written, as far as a single text shows it."""

from __future__ import annotations

from collections import Counter
from typing import Final, Literal, NamedTuple, TypeAlias

import polars as pl

from regbulk.guess.texts import COUNT, TEXT

Form: TypeAlias = Literal[
    "whole", "zeros", "point", "comma", "point or groups", "comma or groups", "point groups", "comma groups", "groups"
]
"""What a number proves: nothing; leading zeros; which sign is the decimal one; or that it is one of two."""

_QUOTES: Final = r"'\x{2019}"
_SPACES: Final = r" \x{00A0}\x{2009}\x{202F}"
_DIGITS: Final = rf"[0-9](?:[0-9.,{_QUOTES}{_SPACES}]*[0-9])?|\.[0-9]+|,[0-9]+"
_PARTS: Final = rf"^([^0-9.,]{{0,8}}?)({_DIGITS})([^0-9.,]{{0,8}}|[^0-9.,]{{0,4}}\.)$"
_SIGNS: Final = ("€", "$", "£", "¥", "%", "‰", "EUR", "CHF", "USD", "GBP", "DKK", "SEK", "NOK", "PLN", "CZK", "HUF")
_NAMES: Final = ("Euro", "Fr.", "SFr.", "kr", "kr.", "zł", "Kč", "Ft", "US$", "eur", "chf", "usd", "gbp", "euro")
KNOWN: Final = frozenset((*_SIGNS, *_NAMES))
"""Signs that may stand beside a number."""

_FORMS: Final[tuple[tuple[str, str, Form], ...]] = (
    (r"^0[0-9]+$", "", "zeros"),
    (r"^[0-9]+$", "", "whole"),
    (r"^[1-9][0-9]{0,2}\.[0-9]{3}$", "", "point or groups"),
    (r"^[1-9][0-9]{0,2},[0-9]{3}$", "", "comma or groups"),
    (r"^[0-9]*\.[0-9]+$", "", "point"),
    (r"^[0-9]*,[0-9]+$", "", "comma"),
    (r"^[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,}$", ".", "point groups"),
    (r"^[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}$", ",", "comma groups"),
    (r"^[1-9][0-9]{0,2}(?:\.[0-9]{3})+,[0-9]+$", ".", "comma"),
    (r"^[1-9][0-9]{0,2}(?:,[0-9]{3})+\.[0-9]+$", ",", "point"),
    (rf"^[1-9][0-9]{{0,2}}(?:[{_SPACES}][0-9]{{3}})+$", " ", "groups"),
    (rf"^[1-9][0-9]{{0,2}}(?:[{_SPACES}][0-9]{{3}})+,[0-9]+$", " ", "comma"),
    (rf"^[1-9][0-9]{{0,2}}(?:[{_SPACES}][0-9]{{3}})+\.[0-9]+$", " ", "point"),
    (rf"^[1-9][0-9]{{0,2}}(?:[{_QUOTES}][0-9]{{3}})+$", "'", "groups"),
    (rf"^[1-9][0-9]{{0,2}}(?:[{_QUOTES}][0-9]{{3}})+,[0-9]+$", "'", "comma"),
    (rf"^[1-9][0-9]{{0,2}}(?:[{_QUOTES}][0-9]{{3}})+\.[0-9]+$", "'", "point"),
)


class NumberShape(NamedTuple):
    """How a number is written.

    Attributes:
        form: what it proves.
        thousands: the sign between groups of three digits, where that is certain; a space for every kind of space.
        sign: what stands beside it, like `€`.
    """

    form: Form
    thousands: str
    sign: str


def number_shapes(texts: pl.DataFrame) -> Counter[NumberShape]:
    """How many cells are written in which shape; what is no number is left out."""
    matching = texts.filter(pl.col(TEXT).str.contains(_PARTS))
    if not matching.height:
        return Counter()
    groups = pl.col(TEXT).str.extract_groups(_PARTS).struct.rename_fields(["ahead", "digits", "behind"])
    parts = matching.select(groups.alias("groups"), COUNT).unnest("groups")
    known = parts.select(_sign().alias("sign"), _form().alias("form"), _thousands().alias("thousands"), COUNT).filter(
        pl.col("form").is_not_null() & pl.col("sign").is_in(["", *KNOWN])
    )
    summed = known.group_by(*NumberShape._fields).agg(pl.col(COUNT).sum())
    return Counter({NumberShape(*row[:-1]): row[-1] for row in summed.select(*NumberShape._fields, COUNT).iter_rows()})


def _sign() -> pl.Expr:
    """What stands beside the digits but for spaces and one plus or minus ahead of them."""
    ahead = pl.col("ahead").str.replace(r"[+\x{2212}-]", "")
    return pl.concat_str(ahead, "behind").str.replace_all(r"\s", "")


def _form() -> pl.Expr:
    return pl.coalesce(
        [pl.when(pl.col("digits").str.contains(pattern)).then(pl.lit(form)) for pattern, _, form in _FORMS]
    )


def _thousands() -> pl.Expr:
    return pl.coalesce(
        [pl.when(pl.col("digits").str.contains(pattern)).then(pl.lit(sign)) for pattern, sign, _ in _FORMS]
    )
