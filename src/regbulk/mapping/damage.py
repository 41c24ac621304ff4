"""What spreadsheets do to values, recognised cell by cell.

Error words stand where a formula failed. Ids are taken for numbers and come out rounded (`1.23E+15`), or carry
characters that nobody sees. What the value was before is gone, so the record is rejected and not repaired.

On sound columns this costs one pass.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import polars as pl

from regbulk.mapping.cells import Cells, Step
from regbulk.mapping.text import INVISIBLE
from regbulk.schema.phrases import found_text

_ERRORS: Final = frozenset(
    word
    for words in (
        # English, and what newer versions added
        "#N/A #REF! #VALUE! #DIV/0! #NAME? #NUM! #NULL! #SPILL! #CALC! #FIELD! #BLOCKED! #UNKNOWN! #CONNECT! #BUSY!",
        "#GETTING_DATA #EXTERNAL! #PYTHON!",
        # German, French, Spanish
        "#NV #BEZUG! #WERT! #ZAHL! #ÜBERLAUF! #KALK! #FELD!",
        "#N/D #VALEUR! #NOM? #NOMBRE! #NUL! #PROPAGATION! #CHAMP!",
        "#¡REF! #¡VALOR! #¡DIV/0! #¿NOMBRE? #¡NUM! #¡NULO! #¡DESBORDAMIENTO!",
        # Italian, Portuguese, Dutch, Polish, Swedish
        "#RIF! #VALORE! #NOME? #NULLO! #ESPANSIONE! #VALOR! #NÚM! #NULO! #DESPEJAR!",
        "#N/B #VERW! #WAARDE! #DEEL/0! #NAAM? #GETAL! #LEEG! #OVERLOOP!",
        "#N/D! #ADR! #ARG! #DZIEL/0! #NAZWA? #LICZBA! #ZERO! #ROZLANIE!",
        "#SAKNAS! #REFERENS! #VÄRDEFEL! #DIVISION/0! #NAMN? #OGILTIGT! #SKÄRNING!",
    )
    for word in words.split()
)
_TOO_NARROW: Final = "^#{3,}$"
_SCIENTIFIC: Final = r"^[+-]?[0-9](?:[.,][0-9]+)?[eE][+-][0-9]{2,3}$"
_UNSEEN: Final = f"[{INVISIBLE}]"
_SPACED: Final = "^ | $"
_ANY: Final = f"^#|[eE][+-][0-9]{{2,3}}$|{_UNSEEN}|{_SPACED}"
_FAILED: Final = (
    "which a spreadsheet writes where a formula failed; correct the cell there, or name the word under empty"
)
_NARROW: Final = "which a spreadsheet writes where a column is too narrow; widen it and save again"
_ROUNDED: Final = (
    "a number that a spreadsheet rounded, expected an id; take it from where it came, with the column formatted as text"
)
_SPACE: Final = "found a space at an end of an id, expected none; take it off, or use a mapping that trims"


def damage(*, is_id: bool, meant: Collection[str] = ()) -> Step:
    """The step that rejects what a spreadsheet damaged, with what happened and what to do.

    Args:
        is_id: whether every character counts: rounded numbers, invisible characters and spaces at the ends are
            damage too.
        meant: texts whose meaning the mapping knows; they are as they should be.
    """

    def recognised(cells: Cells) -> Cells:
        touched = cells.text.str.contains(_ANY) if is_id else cells.text.str.starts_with("#")
        if not touched.any():
            return cells
        doubtful = touched & ~cells.text.is_in(list(meant)) if meant else touched
        return _told(cells, doubtful, is_id=is_id)

    return recognised


def _told(cells: Cells, doubtful: pl.Series, *, is_id: bool) -> Cells:
    text = cells.text
    failed = doubtful & text.str.to_uppercase().is_in(list(_ERRORS))
    cells = cells.refuse(failed, "damaged-value", _message(_FAILED))
    cells = cells.refuse(doubtful & text.str.contains(_TOO_NARROW), "damaged-value", _message(_NARROW))
    if is_id:
        cells = cells.refuse(doubtful & text.str.contains(_SCIENTIFIC), "damaged-value", _message(_ROUNDED))
        cells = cells.refuse(doubtful & text.str.contains(_UNSEEN), "damaged-value", _unseen())
        cells = cells.refuse(doubtful & text.str.contains(_SPACED), "damaged-value", pl.lit(_SPACE))
    return cells


def _message(why: str) -> pl.Expr:
    return pl.concat_str(found_text(pl.col("text")), pl.lit(f", {why}"))


def _unseen() -> pl.Expr:
    """Names the character by its code point, because it cannot be shown."""
    before = pl.col("text").str.extract(f"^([^{INVISIBLE}]*)")
    return pl.concat_str(
        pl.lit("found the invisible character "),
        pl.col("text").str.extract(f"({_UNSEEN})").map_batches(_code_points, return_dtype=pl.String),
        pl.lit(" as character "),
        before.str.len_chars() + 1,
        pl.lit(", expected an id without it; take it out"),
    )


def _code_points(characters: pl.Series) -> pl.Series:
    seen = characters.unique().drop_nulls().to_list()
    return characters.replace_strict(seen, [f"U+{ord(each):04X}" for each in seen], return_dtype=pl.String)
