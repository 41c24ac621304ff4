"""The records of a CSV file behind its header, numbered, without the rows of nothing between them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import polars as pl

from regbulk.source.csv_header import Header
from regbulk.source.cut import cut
from regbulk.source.files import File
from regbulk.source.footer import LAST, looks_like_footer
from regbulk.source.options import SourceOptions
from regbulk.source.records import Origin, Records, split
from regbulk.source.rejects_csv import Renumber, read_own
from regbulk.source.transcoding import behind


class Run(NamedTuple):
    """Consecutive records, how many rows of nothing were passed over, and the indexes of those that sum the file up."""

    records: Records
    blank: int
    footers: Sequence[int] = ()


def read_runs(file: File, header: Header, options: SourceOptions, block_bytes: int) -> Iterator[Run]:
    """The records by block; a block without any gives a run only for the rows of nothing in it.

    Raises:
        SourceError: the file cannot be read to its end, or a returned record has no number.
    """
    renumber = Renumber(file.name, header.dialect, one_column=header.width == 1) if header.own else None
    number = 1
    for found in _found(file, header, block_bytes):
        # A row of nothing at all among returned ones was never refused and has no number.
        run = _renumbered(_without_blank(found), renumber) if renumber else found
        if options.blank_rows != "reject":
            run = _without_blank(run)
        if not renumber:
            run = run._replace(records=_numbered(run.records, number))
            number += len(run.records)
        if len(run.records) or run.blank:
            yield run


def first_load(file: File, header: Header, block_bytes: int) -> str | None:
    """The load that refused the first record of a `rejects.csv`; None for other files, and where no load did."""
    runs = _found(file, header, block_bytes) if header.own else ()
    first = next((run.records.raw[0] for run in map(_without_blank, runs) if len(run.records)), None)
    own = read_own(first, header.dialect) if first is not None else None
    return own.load_id if own else None


def _found(file: File, header: Header, block_bytes: int) -> Iterator[Run]:
    """The records behind the header, not numbered, rows of nothing among them."""
    pieces = header.encoding.to_utf_8(file.pieces(block_bytes))
    blocks = cut(behind(pieces, len(header.preamble)), header.dialect, file.name, line=header.first_line)
    before, one_column = header.stored_before, header.width + header.own == 1
    for block in blocks:
        found = split(block, header.dialect, Origin(before, header.encoding), one_column=one_column)
        before += block.size if header.encoding.is_utf_8 else header.encoding.stored_size(block.data[: block.size])
        yield _behind_header(found, header.line)


def _behind_header(records: Records, line: int) -> Run:
    """The records below the header; what stands above it is blank."""
    first = records.places["line"][0]
    if first > line:
        return Run(records, 0)
    return Run(records.where(pl.col("line") > line), records.places.filter(pl.col("line") < line).height)


def _without_blank(run: Run) -> Run:
    blank = len(run.records.places["blank"].arg_true())
    return Run(run.records.where(~pl.col("blank")), run.blank + blank) if blank else run


def _renumbered(run: Run, renumber: Renumber) -> Run:
    return run._replace(records=renumber(run.records))


def _numbered(records: Records, first: int) -> Records:
    numbers = pl.int_range(first, first + len(records), dtype=pl.Int64, eager=True)
    return replace(records, places=records.places.with_columns(number=numbers))


def with_footers(runs: Iterable[Run], header: Header) -> Iterator[Run]:
    """The same with the lines at the end that sum the file up, which no one knows before the end is there."""
    held: deque[Run] = deque()
    for run in runs:
        if held and not len(run.records):
            held[-1] = held[-1]._replace(blank=held[-1].blank + run.blank)
            continue
        held.append(run)
        while sum(len(later.records) for later in list(held)[1:]) >= LAST:
            yield held.popleft()
    yield from _marked(list(held), header)


def _marked(runs: Sequence[Run], header: Header) -> list[Run]:
    places = [(place, index) for place, run in enumerate(runs) for index in range(len(run.records))][-LAST:]
    footers: list[tuple[int, int]] = []
    for place, index in reversed(places):
        records = runs[place].records
        if records.places["blank"][index]:
            continue
        cells = header.dialect.cells(records.raw[index])
        if not looks_like_footer(cells[: len(cells) - header.own]):
            break
        footers.append((place, index))
    return [run._replace(footers=[index for at, index in footers if at == place]) for place, run in enumerate(runs)]
