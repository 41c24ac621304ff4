"""Whether the first line of a source names its columns: it may be a record, or a title above the names."""

from __future__ import annotations

import re
from typing import Final

import polars as pl

from regbulk.errors import SourceError
from regbulk.guess.names import Level, Names
from regbulk.guess.reading import NEARLY_ALL
from regbulk.source.contract import Block, Source

_CELL: Final = re.compile(
    r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]{2,}|[0-9]{5,}|[0-9]{1,4}([./-])[0-9]{1,2}\1[0-9]{1,4}([T ][0-9:.]+.{0,6})?"
)
"""An e-mail address, a number of five digits or more, a date."""
_DELIMITERS: Final = {";": "; ", ",": ",[ 0-9]", "\t": "\t ", "|": "[|] "}
"""Signs that part cells, with what they look like where they do not: in a sentence, or in a number."""
_ENOUGH: Final = 2
_RECORD: Final = "the first line looks like a record, not names; add a line with names"
_TITLE: Final = "line 1 has 1 cell, the lines below have more: remove the lines above the names"


def refuse_without_names(source: Source, names: Names) -> None:
    """Go on only with a source whose first line names its columns, as far as that is easily seen.

    Raises:
        SourceError: the first line is a record or a title; the message does not show its text.
    """
    known = any(match.level >= Level.PERHAPS for column in source.columns for match in names.matches(column))
    # Parquet names its columns itself, and nothing is found out about how it is written.
    if known or not source.decisions:
        return
    if any(_CELL.fullmatch(column.strip()) for column in source.columns):
        raise SourceError(source.name, [_RECORD])
    if len(source.columns) == 1 and not source.problems:
        first = next(source.blocks(), None)
        if first and _has_more_cells(first, source.columns[0]):
            raise SourceError(source.name, [_TITLE])


def _has_more_cells(block: Block, column: str) -> bool:
    """Whether most records of a source of one column have several cells, split or not."""
    if block.read < _ENOUGH:
        return False
    ragged = block.faults.filter(pl.col("code") == "ragged-row")["record_no"].n_unique()
    return ragged >= NEARLY_ALL * block.read or _is_delimited(block.records[column].drop_nulls())


def _is_delimited(cells: pl.Series) -> bool:
    """Whether one sign parts nearly all cells in equally many."""
    if len(cells) < _ENOUGH:
        return False
    for sign, other in _DELIMITERS.items():
        # In signed numbers: the difference of unsigned ones would wrap around.
        found, not_meant = (
            cells.str.count_matches(each, literal=each is sign).cast(pl.Int64) for each in (sign, other)
        )
        counts = found - not_meant
        usual = counts.filter(counts > 0).mode().max()
        if usual is not None and (counts == usual).sum() >= NEARLY_ALL * len(cells):
            return True
    return False
