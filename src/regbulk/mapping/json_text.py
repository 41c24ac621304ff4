"""JSON put together from texts, column by column."""

from __future__ import annotations

from typing import Final

import polars as pl

_JSON_OF_ONE: Final = '{"v":'


def quoted(text: pl.Expr) -> pl.Expr:
    """A text as a JSON string, null where it is null; polars writes one only inside an object, which is cut off."""
    encoded = pl.struct(v=text).struct.json_encode().str.slice(len(_JSON_OF_ONE)).str.head(-1)
    return pl.when(text.is_not_null()).then(encoded)


def between(opening: str, inside: pl.Expr, closing: str) -> pl.Expr:
    """A text between two others, null where it is null."""
    return pl.concat_str(pl.lit(opening), inside, pl.lit(closing))
