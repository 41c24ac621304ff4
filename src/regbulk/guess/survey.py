"""The first look at a source: all of its columns, all of its records, once from front to back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import polars as pl

from regbulk.errors import SourceError
from regbulk.guess.facts import Facts
from regbulk.source.contract import Block, Skipped, Source
from regbulk.source.header import name_problems

Progress: TypeAlias = Callable[[str, int, int | None], None]
"""Called with a step's name, how many records are done, and of how many (None: not known)."""

_ROWS: Final = 20_000
_BYTES: Final = 12_000_000
"""Blocks are looked at together up to about so much: a look at a column costs the same for few records as for many."""


@dataclass(frozen=True)
class Survey:
    """What a source holds.

    Attributes:
        columns: its columns in order.
        read: how many records there are, those included that could not be split into cells.
        faults: of those how many by reject code.
        skipped: rows that are no records.
    """

    columns: tuple[Facts, ...]
    read: int
    faults: Mapping[str, int]
    skipped: Skipped

    @property
    def records(self) -> int:
        """How many records could be looked at."""
        return self.read - sum(self.faults.values())


def survey(source: Source, progress: Progress) -> Survey:
    """Look at every record of a source.

    Raises:
        SourceError: it is broken as a whole, or the names of its columns cannot be told apart.
    """
    if problems := [*source.problems, *name_problems(source.columns)]:
        raise SourceError(source.name, problems)
    columns = tuple(map(Facts, source.columns))
    faults: Counter[str] = Counter()
    read = blank_rows = footers = 0
    for block in gathered(source.blocks()):
        for facts in columns:
            facts.see(block.records[facts.name])
        once = block.faults.unique("record_no", keep="first", maintain_order=True)
        faults.update(dict(once["code"].value_counts().iter_rows()))
        read, blank_rows = read + block.read, blank_rows + block.skipped.blank_rows
        footers += block.skipped.footers
        progress("look", read, None)
    return Survey(columns, read, faults, Skipped(blank_rows, footers))


def gathered(blocks: Iterator[Block]) -> Iterator[Block]:
    """The same records in fewer, larger blocks."""
    waiting: list[Block] = []
    for block in blocks:
        waiting.append(block)
        rows = sum(each.records.height for each in waiting)
        if rows >= _ROWS or sum(each.records.estimated_size() for each in waiting) >= _BYTES:
            yield _together(waiting)
            waiting = []
    if waiting:
        yield _together(waiting)


def _together(blocks: list[Block]) -> Block:
    skipped = [block.skipped for block in blocks]
    return Block(
        records=pl.concat([block.records for block in blocks], rechunk=False),
        faults=pl.concat([block.faults for block in blocks]),
        read=sum(block.read for block in blocks),
        skipped=Skipped(sum(each.blank_rows for each in skipped), sum(each.footers for each in skipped)),
    )
