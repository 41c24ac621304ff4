"""Raw CSV records into a block of text columns; the ones that have no cells of their own become faults."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.source.contract import CLEARS, LINE_NO, RECORD_NO, Block
from regbulk.source.cut import misquoted
from regbulk.source.records import Records, cell_count, is_enclosed, is_separable

CLEAR: Final = r"\N"
"""The cell that asks to clear its field."""
# A last cell that no file can hold, behind every record: a record with more or fewer cells has another one there,
# where polars by itself pads short rows and cuts long ones without a word.
_SENTINEL: Final = secrets.token_hex(8)
_INDEX: Final = "_index"


class _Fault(NamedTuple):
    code: rejects.Code
    message: str


class Layout(NamedTuple):
    """The columns of a file, and how many further cells of regbulk's own each record ends with."""

    name: str
    columns: tuple[str, ...]
    own: int


def to_block(records: Records, layout: Layout) -> Block:
    r"""Split records into cells: "" and an empty cell are null, `\N` is null and named in `_clears`.

    Raises:
        SourceError: quotes of a record over several lines do not enclose whole cells, so its end cannot be known.
    """
    faults = {} if records.well_quoted else _inseparable(records, layout.name)
    try:
        cells = _parse(records.raw, faults.keys(), layout)
    except pl.exceptions.ComputeError:
        faults |= _undecodable(records.raw)
        cells = _parse(records.raw, faults.keys(), layout)
    whole = pl.col(str(_width(layout))).eq_missing(_SENTINEL)
    for index in cells.filter(~whole)[_INDEX]:
        faults[index] = _ragged(records.raw[index], layout)
    kept = cells.filter(whole) if faults else cells
    return Block(_texts(kept, records, layout), _fault_frame(faults, records), len(records.raw))


def _parse(raw: Sequence[bytes], left_out: Collection[int], layout: Layout) -> pl.DataFrame:
    """One row per record: its cells as `0`, `1`, …, then what stands in the sentinel's place, then `_index`."""
    kept = [index for index in range(len(raw)) if index not in left_out] if left_out else range(len(raw))
    names = [str(column) for column in range(_width(layout) + 1)]
    end = f",{_SENTINEL}\n".encode()
    header = ",".join(names).encode() + b"\n"
    rows = [raw[index] for index in kept] if left_out else raw
    text = end.join([header + rows[0], *rows[1:], b""]) if rows else header
    frame = pl.read_csv(text, schema=dict.fromkeys(names, pl.String()), truncate_ragged_lines=True)
    if frame.height != len(kept):
        raise AssertionError(f"{len(kept)} records became {frame.height} rows")
    return frame.with_columns(pl.Series(_INDEX, kept, pl.Int64))


def _width(layout: Layout) -> int:
    return len(layout.columns) + layout.own


def _texts(cells: pl.DataFrame, records: Records, layout: Layout) -> pl.DataFrame:
    places = {str(column): name for column, name in enumerate(layout.columns)}
    cleared = cells.select((pl.col(*places) == CLEAR).any()).row(0)
    clears = [place for place, found in zip(places, cleared, strict=True) if found]
    named = [pl.when(pl.col(place) == CLEAR).then(pl.lit(places[place])) for place in clears]
    empty = pl.lit([], pl.List(pl.String))
    index = cells[_INDEX]
    return cells.select(
        pl.Series(RECORD_NO, records.numbers, pl.Int64).gather(index),
        pl.Series(LINE_NO, records.lines, pl.Int64).gather(index),
        (pl.concat_list(named).list.drop_nulls() if named else empty).alias(CLEARS),
        *(_value(place, clears).alias(name) for place, name in places.items()),
    )


def _value(place: str, clears: Collection[str]) -> pl.Expr:
    cell = pl.col(place)
    return pl.when((cell != "") & (cell != CLEAR) if place in clears else cell != "").then(cell)


def _inseparable(records: Records, name: str) -> dict[int, _Fault]:
    faults = {}
    for index, record in enumerate(records.raw):
        if b'"' not in record:
            continue
        if b"\n" in record and not is_enclosed(record):
            raise misquoted(name, record, records.lines[index])
        if not is_separable(record):
            faults[index] = _Fault(
                "ragged-row",
                "found text behind the closing quote of a cell, expected a comma; write quotes inside a cell twice",
            )
    return faults


def _undecodable(raw: Sequence[bytes]) -> dict[int, _Fault]:
    faults = {}
    for index, record in enumerate(raw):
        try:
            record.decode()
        except UnicodeDecodeError as error:
            faults[index] = _Fault(
                "encoding-error",
                f"found byte 0x{record[error.start]:02X} at byte {error.start + 1} of the record, expected UTF-8; "
                "correct it, or save the whole file as 'CSV UTF-8'",
            )
    return faults


def _ragged(record: bytes, layout: Layout) -> _Fault:
    found, expected = cell_count(record) - layout.own, len(layout.columns)
    advice = "a cell or a comma is missing" if found < expected else "enclose a cell with a comma in quotes"
    return _Fault("ragged-row", f"found {found} cells, expected {expected}; {advice}")


def _fault_frame(faults: Mapping[int, _Fault], records: Records) -> pl.DataFrame:
    rows = [
        (records.numbers[index], records.lines[index], None, code, message, None)
        for index, (code, message) in sorted(faults.items())
    ]
    return pl.DataFrame(rows, schema=rejects.SCHEMA, orient="row")
