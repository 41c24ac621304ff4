"""Records of a CSV file that have no cells of their own, each with what was found there, what was expected, what to do.

Byte offsets are counted from 0 in the (decompressed) file as stored, in whatever encoding.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.source.contract import CELL_LIMIT
from regbulk.source.csv_header import Header
from regbulk.source.records import Records


class Fault(NamedTuple):
    """Why a record is refused."""

    code: rejects.Code
    message: str


def certain_faults(records: Records, header: Header, footers: Collection[int]) -> dict[int, Fault]:
    """By index, the records that can be told before they are split into cells."""
    faults = dict.fromkeys(footers, _FOOTER) | dict.fromkeys(records.places["blank"].arg_true(), _BLANK)
    faults |= {index: _malformed(records, index, header) for index in records.places["malformed"].arg_true()}
    if b"\0" in records.data:
        found = ((index, record.find(b"\0")) for index, record in enumerate(records.raw))
        faults |= {index: _nul(records, index, inside) for index, inside in found if inside >= 0}
    long = (records.places["stop"] - records.places["start"] > CELL_LIMIT).arg_true()
    found_long = {index: _too_long(records, index, header) for index in long if index not in faults}
    return faults | {index: fault for index, fault in found_long.items() if fault}


def undecodable(records: Records) -> dict[int, Fault]:
    """By index, the records with bytes that are no text."""
    faults = {index: undecodable_record(records, index) for index in range(len(records))}
    return {index: fault for index, fault in faults.items() if fault}


def undecodable_record(records: Records, index: int) -> Fault | None:
    """The fault of a record that is no text."""
    encoding = records.origin.encoding
    if (found := encoding.fault_in(records.raw[index])) is None:
        return None
    inside, octet = found
    told = f"found byte 0x{octet:02X} at byte offset {records.offset(index, inside):,}, expected {encoding.codec} text"
    return Fault("encoding-error", f"{told}; correct it, or say how the whole file is written with --encoding")


def ragged(records: Records, index: int, header: Header) -> Fault:
    """The fault of a record that has more or fewer cells than the header has names."""
    dialect, place = header.dialect, f"the record begins at byte offset {records.offset(index):,}"
    found = dialect.count(records.raw[index]) - header.own
    if found == header.width:
        told = f"found a value behind column {len(header.names)}, expected none where no column has a name"
        return Fault("ragged-row", f"{told}; name the column or remove the value ({place})")
    expected = f"{header.width:,}" + (f" ({header.unnamed:,} of them without a name)" if header.unnamed else "")
    quoted = f"enclose a cell that holds a {dialect.between} in quotes" if dialect.quote else "remove the surplus cell"
    advice = f"add the missing cell or {dialect.between}" if found < header.width else quoted
    cells = "1 cell" if found == 1 else f"{found:,} cells"
    return Fault("ragged-row", f"found {cells}, expected {expected}; {advice} ({place})")


def fault_frame(faults: Mapping[int, Fault], records: Records) -> pl.DataFrame:
    """The faults of some records in the shape of `rejects.SCHEMA`, in order."""
    places = records.places[sorted(faults)].select("number", "line").rows() if faults else []
    rows = [
        (number, line, None, faults[index].code, faults[index].message, None)
        for index, (number, line) in zip(sorted(faults), places, strict=True)
    ]
    return pl.DataFrame(rows, schema=rejects.SCHEMA, orient="row")


_BLANK: Final = Fault(
    "blank-row",
    "found a row without any value, expected a record; remove it, or have such rows skipped with --blank-rows skip",
)
_FOOTER: Final = Fault(
    "footer-row",
    "found a line that sums the file up, expected a record; remove it, or have such lines skipped with --footer skip",
)


def _malformed(records: Records, index: int, header: Header) -> Fault:
    dialect = header.dialect
    inside = "write quotes inside a cell twice"
    if dialect.escape:
        inside = f"write {dialect.escape.decode()} before quotes inside a cell"
    stray = dialect.stray(records.raw[index])
    if stray is None:
        told = "found the end of the file behind an escape character, expected a character"
        return Fault("ragged-row", f"{told}; complete the record, or remove it")
    if stray.closes:
        where = f"at byte offset {records.offset(index, stray.position + 1):,}"
        told = f"found text {where} behind a closing quote, expected a {dialect.between} or the end of the line"
        return Fault("ragged-row", f"{told}; {inside} and enclose the whole cell")
    where = f"at byte offset {records.offset(index, stray.position):,}"
    told = f"found a quote {where} that opens a cell and is not closed, expected a quote at the end of the cell"
    return Fault("ragged-row", f"{told}; close it, or {inside} and enclose the whole cell")


def _nul(records: Records, index: int, inside: int) -> Fault:
    told = f"found a NUL byte at byte offset {records.offset(index, inside):,}, expected text"
    return Fault("encoding-error", f"{told}; the record is damaged: correct it, or remove the byte")


def _too_long(records: Records, index: int, header: Header) -> Fault | None:
    sizes = header.dialect.sizes(records.raw[index])
    if max(sizes) <= CELL_LIMIT:
        return None
    column = sizes.index(max(sizes))
    name = repr(header.names[column]) if column < len(header.names) else "without a name"
    told = f"found {max(sizes):,} bytes in column {column + 1} ({name}), expected at most {CELL_LIMIT:,} in a cell"
    return Fault("length-error", f"{told}; shorten it (the record begins at byte offset {records.offset(index):,})")
