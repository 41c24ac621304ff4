"""What is taken off, filled up and left out before a text means anything."""

from __future__ import annotations

from typing import Final

import polars as pl

from regbulk.mapping.cells import Cells, Step

_INVISIBLE: Final = (
    (0x00, 0x1F),
    (0x7F, 0xA0),
    (0xAD, 0xAD),
    (0x034F, 0x034F),
    (0x061C, 0x061C),
    (0x115F, 0x1160),
    (0x180B, 0x180E),
    (0x2000, 0x200F),
    (0x2028, 0x202F),
    (0x205F, 0x206F),
    (0x3000, 0x3000),
    (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0xFFF9, 0xFFFB),
)
"""Characters nobody sees, first and last of each range: controls, spaces other than the plain one, zero-width and
bidirectional marks, the soft hyphen, variation selectors, the byte order mark."""

INVISIBLE: Final = "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in _INVISIBLE)
"""The same for a pattern, inside brackets."""
# Variation selectors and joiners shape the character before them; a cell may end with an emoji.
_SHAPING: Final = frozenset([0x200D, *range(0xFE00, 0xFE10)])
_ENDS: Final = " " + "".join(
    chr(code) for first, last in _INVISIBLE for code in range(first, last + 1) if code not in _SHAPING
)


def trimmed(text: pl.Expr) -> pl.Expr:
    """A text without spaces and invisible characters at its ends."""
    return text.str.strip_chars(_ENDS)


def without(text: pl.Expr, words: tuple[str, ...]) -> pl.Expr:
    """A text, null where it is empty or one of the words."""
    kept = text != ""
    return pl.when(kept & ~text.is_in(list(words)) if words else kept).then(text)


def pad(width: int) -> Step:
    """The step that fills text of digits up with zeros on the left."""

    def padded(cells: Cells) -> Cells:
        return cells.mapped(lambda text: padded_text(text, width))

    return padded


def padded_text(text: pl.Expr, width: int) -> pl.Expr:
    """A text of digits with zeros on the left, any other as it is."""
    return pl.when(text.str.contains("^[0-9]+$")).then(text.str.pad_start(width, "0")).otherwise(text)
