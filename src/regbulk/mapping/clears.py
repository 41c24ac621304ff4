r"""Which cells of a block ask to clear what the registration has: `\N`, which the source names, and words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from regbulk.mapping.mapping import Reading
from regbulk.source.contract import CLEARS
from regbulk.source.rows import CLEAR

NO_CLEARS = pl.lit([], pl.List(pl.String)).alias(CLEARS)
"""What a record has in `_clears` that clears nothing."""


def asked_by_cells(records: pl.DataFrame, columns: Sequence[str]) -> dict[str, pl.Series]:
    """For each column in which any cell asks, which records do; read from `_clears`."""
    lists = records[CLEARS]
    named = set(lists.explode().drop_nulls().unique()) if (lists.list.len() > 0).any() else set()
    return {name: lists.list.contains(name) for name in columns if name in named}


def clear_words(texts: pl.DataFrame, readings: Mapping[str, Reading]) -> dict[str, tuple[str, ...]]:
    r"""The words that ask to clear, by column: its own ones, and `\N` where it had spaces around it in any cell.

    Args:
        texts: the trimmed texts by column.
        readings: how each column is read.
    """
    bare = {name for name, reading in readings.items() if reading.trim and (texts[name] == CLEAR).any()}
    words = {name: (*reading.clear, CLEAR) if name in bare else reading.clear for name, reading in readings.items()}
    return {name: asked for name, asked in words.items() if asked}


def asked_by_words(texts: pl.DataFrame, words: Mapping[str, Sequence[str]]) -> dict[str, pl.Series]:
    """For each column in which any cell is one of its words, which ones are.

    Args:
        texts: the trimmed texts by column.
        words: for some of the columns, the words that ask to clear.
    """
    found = texts.select(pl.col(name).is_in(list(asked)).fill_null(value=False) for name, asked in words.items())
    return {flags.name: flags for flags in found if flags.any()}


def either(first: Mapping[str, pl.Series], second: Mapping[str, pl.Series]) -> dict[str, pl.Series]:
    """What is asked one way or the other."""
    both = {name: first[name] | second[name] for name in first.keys() & second.keys()}
    return {**first, **second, **both}


def named_fields(cleared: Mapping[str, pl.Series]) -> pl.Series | pl.Expr:
    """`_clears`: the fields that each record clears, from a truth value per record for each field."""
    if not cleared:
        return NO_CLEARS
    flags = pl.DataFrame({str(place): asked for place, asked in enumerate(cleared.values())})
    named = [pl.when(str(place)).then(pl.lit(field)) for place, field in enumerate(cleared)]
    return flags.select(pl.concat_list(named).list.drop_nulls().alias(CLEARS)).to_series()
