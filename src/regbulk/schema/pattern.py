r"""Patterns of JSON Schema (ECMA-262, not anchored) in the notation of the engine that runs them by column.

In ECMA-262 `\d`, `\w` and `\b` mean ASCII, in the engine Unicode; and `[`, `&`, `~` inside a class have no meaning
of their own.
"""

from __future__ import annotations

from typing import Final

import polars as pl

_ASCII: Final = {"d": "[0-9]", "D": "[^0-9]", "w": "[0-9A-Za-z_]", "W": "[^0-9A-Za-z_]"}
_BOUNDARIES: Final = {"b": r"(?-u:\b)", "B": r"(?-u:\B)"}


def by_column(pattern: str) -> str:
    """The same pattern for `str.contains`.

    Raises:
        ValueError: the engine cannot run it (look-around, back-references).
    """
    translated = "".join(_pieces(pattern))
    try:
        pl.select(pl.lit("").str.contains(translated))
    except pl.exceptions.ComputeError:
        raise ValueError(f"{pattern} cannot be checked by column (no look-around, no back-references)") from None
    return translated


def _pieces(pattern: str) -> list[str]:
    pieces: list[str] = []
    inside = False
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            escaped = next(characters, "")
            named = _ASCII.get(escaped) or (None if inside else _BOUNDARIES.get(escaped))
            pieces.append(named or f"\\{escaped}")
        elif inside and character in "[&~":
            pieces.append(f"\\{character}")
        else:
            inside = (inside or character == "[") and character != "]"
            pieces.append(character)
    return pieces
