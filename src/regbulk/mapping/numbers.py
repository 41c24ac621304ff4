"""Numbers as people write them → numbers as JSON writes them, digit by digit: nothing is rounded.

Marks between thousands must stand between groups of three; a number like `0.123` is therefore not read as 123 where the
point is such a mark. A sign behind the number, exponents and brackets are refused: what they mean differs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

import polars as pl

from regbulk.mapping.cells import Cells, Step, found
from regbulk.mapping.mapping import NumberFormat
from regbulk.mapping.text import INVISIBLE

_MARKS: Final = {
    " ": r"[ \x{a0}\x{2009}\x{202f}]",
    "'": r"['\x{2019}]",
    ".": r"\.",
    ",": ",",
}
"""What counts as a mark: people cannot tell spaces apart, nor a typewriter's apostrophe from a printer's."""
_SIGN: Final = r"[+\x{2212}-]?"
_SPACES: Final = f"[ {INVISIBLE}]"


def number(form: NumberFormat, strip: Sequence[str] = ()) -> Step:
    """The step that reads the numbers of one column.

    Args:
        form: how they are written.
        strip: signs taken off both ends first, with spaces beside them; the number stays what it is.
    """
    whole, expected = _pattern(form), _expected(form)

    def read(cells: Cells) -> Cells:
        bare = cells.mapped(lambda text: _stripped(text, strip)) if strip else cells
        malformed = ~bare.text.str.contains(whole)
        refused = cells.refuse(malformed, "type-error", found(expected))
        return refused.become(bare.text.set(malformed, None)).mapped(_as_json(form))

    return read


def _stripped(text: pl.Expr, signs: Sequence[str]) -> pl.Expr:
    either = "|".join([_SPACES, *(re.escape(sign) for sign in sorted(signs, key=len, reverse=True))])
    return text.str.replace(f"^(?:{either})+", "").str.replace(f"(?:{either})+$", "")


def _pattern(form: NumberFormat) -> str:
    grouped = rf"|[1-9][0-9]{{0,2}}(?:{_MARKS[form.thousands]}[0-9]{{3}})+" if form.thousands else ""
    fraction = f"{_MARKS[form.decimal]}[0-9]+"
    return f"^{_SIGN}(?:(?:[0-9]+{grouped})(?:{fraction})?|{fraction})$"


def _as_json(form: NumberFormat) -> Callable[[pl.Expr], pl.Expr]:
    def written(text: pl.Expr) -> pl.Expr:
        plain = text.str.replace_all(_MARKS[form.thousands], "") if form.thousands else text
        plain = plain.str.replace_all(form.decimal, ".", literal=True) if form.decimal != "." else plain
        signed = plain.str.replace(r"^\x{2212}", "-").str.strip_prefix("+")
        return signed.str.replace(r"^(-?)0+([0-9])", "$1$2").str.replace(r"^(-?)\.", "${1}0.")

    return written


def _expected(form: NumberFormat) -> str:
    example = f"1{form.thousands}234{form.decimal}50"
    return f"a number like {example} (strip takes off signs around it, like € or %)"
