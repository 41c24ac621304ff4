"""Raw CSV records into a block of text columns; the ones that have no cells of their own become faults."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from typing import Final

import polars as pl

from regbulk.source.contract import CELL_LIMIT, CLEARS, LINE_NO, RECORD_NO, Block, Skipped
from regbulk.source.csv_faults import certain_faults, fault_frame, ragged, undecodable, undecodable_record
from regbulk.source.csv_header import Header
from regbulk.source.records import Records

__all__ = ["CELL_LIMIT", "CLEAR", "to_block"]

CLEAR: Final = r"\N"
"""The cell that asks to clear its field."""
# A last cell that no file can hold, behind every record: a record with more or fewer cells has another one there,
# where polars by itself pads short rows and cuts long ones without a word.
_SENTINEL: Final = secrets.token_hex(8)
_INDEX: Final = "_index"


def to_block(records: Records, header: Header, skipped: Skipped, footers: Collection[int] = ()) -> Block:
    r"""Split records into cells: "" and an empty cell are null, `\N` is null and named in `_clears`.

    Args:
        records: raw records, numbered; all of them count as read.
        header: what their cells are and how they are written.
        skipped: what was passed over between them.
        footers: indexes of records that sum the file up and are to be refused.
    """
    faults = certain_faults(records, header, footers)
    dialect = header.dialect
    # polars takes every quote for one that encloses a cell.
    raw = records.raw if records.well_quoted or dialect.escape else [dialect.plain(record) for record in records.raw]
    try:
        cells = _parse(raw, faults.keys(), header)
    except (pl.exceptions.ComputeError, UnicodeDecodeError):
        faults |= {index: fault for index, fault in undecodable(records).items() if index not in faults}
        cells = _parse(raw, faults.keys(), header)
    whole = _is_whole(header)
    for index in cells.filter(~whole)[_INDEX]:
        faults[index] = undecodable_record(records, index) or ragged(records, index, header)
    kept = cells.filter(whole) if faults else cells
    return Block(_texts(kept, records, header), fault_frame(faults, records), len(records), skipped)


def _is_whole(header: Header) -> pl.Expr:
    """Whether a record has as many cells as it must, and none of the nameless ones holds a value."""
    last = pl.col(str(header.width + header.own)).eq_missing(_SENTINEL)
    nameless = (pl.col(str(len(header.names) + place)) for place in range(header.unnamed))
    return pl.all_horizontal(last, *(cell.is_null() | (cell.str.strip_chars() == "") for cell in nameless))


def _parse(raw: Sequence[bytes], left_out: Collection[int], header: Header) -> pl.DataFrame:
    """One row per record: its cells as `0`, `1`, …, then what stands in the sentinel's place, then `_index`."""
    kept = [index for index in range(len(raw)) if index not in left_out] if left_out else range(len(raw))
    rows = [raw[index] for index in kept] if left_out else raw
    frame = _by_escape(rows, header) if header.dialect.escape else _by_polars(rows, header)
    if frame.height != len(kept):
        raise AssertionError(f"{len(kept)} records became {frame.height} rows")
    return frame.with_columns(pl.Series(_INDEX, kept, pl.Int64))


def _by_polars(rows: Sequence[bytes], header: Header) -> pl.DataFrame:
    names = [str(column) for column in range(header.width + header.own + 1)]
    dialect = header.dialect
    end = dialect.delimiter + _SENTINEL.encode() + b"\n"
    first = dialect.delimiter.join(name.encode() for name in names) + b"\n"
    return pl.read_csv(
        end.join([first + rows[0], *rows[1:], b""]) if rows else first,
        schema=dict.fromkeys(names, pl.String()),
        truncate_ragged_lines=True,
        separator=dialect.delimiter.decode(),
        quote_char=dialect.quote.decode() or None,
        null_values=[""],
    )


def _by_escape(rows: Sequence[bytes], header: Header) -> pl.DataFrame:
    """The same where a character escapes, which polars does not know: Python's csv module reads, slower."""
    width = header.width + header.own
    table = []
    for record in rows:
        record.decode()
        cells = header.dialect.cells(record)
        last = _SENTINEL if len(cells) == width else None
        table.append([*(cell or None for cell in cells[:width]), *[None] * (width - len(cells)), last])
    return pl.DataFrame(table, schema={str(column): pl.String() for column in range(width + 1)}, orient="row")


def _texts(cells: pl.DataFrame, records: Records, header: Header) -> pl.DataFrame:
    numbered = records.places if cells.height == len(records) else records.places[cells[_INDEX]]
    places = [str(column) for column in range(len(header.names))]
    clears = _clearing(cells, places) if b"\\" in records.data else []
    named = pl.Series(CLEARS, [[]], pl.List(pl.String)).new_from_index(0, cells.height)
    if clears:
        asked = [pl.when(pl.col(place) == CLEAR).then(pl.lit(header.names[int(place)])) for place in clears]
        named = cells.select(pl.concat_list(asked).list.drop_nulls().alias(CLEARS)).to_series()
        cells = cells.with_columns(pl.when(pl.col(clears) != CLEAR).then(pl.col(clears)))
    texts = [cells[place].alias(name) for place, name in zip(places, header.names, strict=True)]
    return pl.DataFrame([numbered["number"].alias(RECORD_NO), numbered["line"].alias(LINE_NO), named, *texts])


def _clearing(cells: pl.DataFrame, places: Sequence[str]) -> list[str]:
    found = cells.select((pl.col(places) == CLEAR).any()).row(0)
    return [place for place, clears in zip(places, found, strict=True) if clears]
