"""What a text of the source means: a list of words in the mapping, or a table beside it.

Texts are compared however their accents are written, because nobody can see the difference.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

import polars as pl

from regbulk.mapping.cells import Cells, Step, found
from regbulk.mapping.mapping import Lookup
from regbulk.schema.phrases import expected, found_text


def by_values(values: Mapping[str, str | None]) -> Step:
    """The step that puts what each text means in its place; a text that is not listed is an `enum-error`."""
    composed = {unicodedata.normalize("NFC", word): meaning for word, meaning in values.items()} | dict(values)
    words, meanings, told = list(composed), list(composed.values()), expected("enum", list(values))

    def meant(cells: Cells) -> Cells:
        asked = cells if _all_known(cells.text.is_in(words)) else cells.become(cells.text.str.normalize("NFC"))
        known = asked.refuse(~asked.text.is_in(words), "enum-error", found(told))
        return known.mapped(lambda text: text.replace_strict(words, meanings, default=None, return_dtype=pl.String))

    return meant


def by_lookup(lookup: Lookup, table: pl.DataFrame) -> Step:
    """The step that puts in place of each text what a table says; one without a value there is a `lookup-error`.

    Args:
        lookup: which table and columns, for messages.
        table: `key` (accents composed) and `value`, every key once; value is null where the table has none.
    """
    missing = pl.lit(f", which stands in no row of column {lookup.key} of {lookup.file}")
    unfilled = pl.lit(f", which stands in {lookup.file} with an empty {lookup.value}; fill it in there")
    empty = table.filter(pl.col("value").is_null())["key"].to_list()

    def meant(cells: Cells) -> Cells:
        asked = cells.become(cells.text.str.normalize("NFC"))
        values = _looked_up(asked.text, table)
        unknown = asked.text.is_not_null() & values.is_null()
        told = pl.when(pl.col("text").is_in(empty)).then(unfilled).otherwise(missing)
        message = pl.concat_str(found_text(pl.col("text")), told)
        return asked.refuse(unknown, "lookup-error", message).become(values)

    return meant


def _looked_up(texts: pl.Series, table: pl.DataFrame) -> pl.Series:
    # An inner join builds its hash table on the smaller side, which is the block and not the lookup.
    asked = pl.DataFrame({"key": texts}).with_row_index("place").drop_nulls("key")
    known = asked.join(table, on="key", how="inner")
    return pl.repeat(None, len(texts), dtype=pl.String, eager=True).scatter(known["place"], known["value"])


def _all_known(known: pl.Series) -> bool:
    """Null is no text and needs no meaning."""
    return known.all(ignore_nulls=True)
