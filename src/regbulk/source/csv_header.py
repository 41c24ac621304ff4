"""The beginning of a CSV file: encoding, dialect, and the names of the columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from regbulk.errors import SourceError
from regbulk.source import rejects_csv
from regbulk.source.contract import OWN_COLUMNS
from regbulk.source.cut import LINE_LIMIT, cut, endless
from regbulk.source.dialect import Dialect
from regbulk.source.encoding import find_encoding
from regbulk.source.files import File, refuse_foreign
from regbulk.source.options import SourceOptions
from regbulk.source.records import Origin, Records, split
from regbulk.source.sniff import Sniffed, sniff
from regbulk.source.transcoding import Encoding
from regbulk.source.trial import Sample

_SAMPLE: Final = 262_144
_COLUMNS_LIMIT: Final = 5_000


@dataclass(frozen=True)
class Header:
    """What the beginning of a file says.

    Attributes:
        encoding: how its characters are written.
        dialect: how its cells are written.
        preamble: a `sep=` line in UTF-8 with its line end, or nothing.
        raw: the record of names in UTF-8, without line end.
        line: the physical line on which that begins, from 1.
        line_end: what stands behind it.
        names: the source's own names, in order.
        unnamed: how many columns without a name stand behind them.
        own: how many columns of regbulk's own stand at the end (a `rejects.csv`), or 0.
        decisions: what was found out, each with its ground.
    """

    encoding: Encoding
    dialect: Dialect
    preamble: bytes
    raw: bytes
    line: int
    line_end: bytes
    names: tuple[str, ...]
    unnamed: int
    own: int
    decisions: tuple[str, ...]

    @property
    def first_line(self) -> int:
        """The physical line behind the preamble, from 1."""
        return 2 if self.preamble else 1

    @property
    def stored_before(self) -> int:
        """Bytes of the file before what follows the preamble."""
        return len(self.encoding.mark) + self.encoding.stored_size(self.preamble)

    @property
    def width(self) -> int:
        """How many cells a record has, regbulk's own not counted."""
        return len(self.names) + self.unnamed


class _First(NamedTuple):
    """The record of names in UTF-8, its line, its line end and its cells."""

    raw: bytes
    line: int
    line_end: bytes
    cells: Sequence[str]


def read_header(file: File, options: SourceOptions) -> Header:
    """Find out how a file is written, and read its first record.

    Raises:
        SourceError: another kind of file, no header, or an encoding or dialect that cannot be told.
    """
    refuse_foreign(file.name, next(file.pieces(_SAMPLE), b""))
    encoding, ground = find_encoding(file, options.encoding)
    sample = _sample(file, encoding)
    found = sniff(sample, options, file.name)
    first = _first(sample, found, encoding, file.name)
    own = len(OWN_COLUMNS) if rejects_csv.is_returned(first.cells) else 0
    written = first.cells[: len(first.cells) - own]
    named = max((place for place, name in enumerate(written, 1) if name.strip()), default=0)
    return Header(
        encoding=encoding,
        dialect=found.dialect,
        preamble=found.preamble,
        raw=first.raw,
        line=first.line,
        line_end=first.line_end,
        # A header of nothing but blank names keeps them, to be told so.
        names=tuple(written[:named] or written),
        unnamed=len(written) - named if own and named else found.unnamed if named else 0,
        own=own,
        decisions=(ground, *found.decisions),
    )


def _sample(file: File, encoding: Encoding) -> Sample:
    """The first whole lines."""
    held: list[bytes] = []
    ended = False
    pieces = encoding.to_utf_8(file.pieces(_SAMPLE))
    for piece in pieces:
        held.append(piece)
        size = sum(map(len, held))
        ended = ended or b"\n" in piece or b"\r" in piece
        if size >= _SAMPLE and ended and (whole := _last_line_end(text := b"".join(held))):
            is_all = not any(pieces)
            return Sample(text if is_all else text[:whole], is_all)
        if size > LINE_LIMIT:
            raise endless(file.name, 1)
    return Sample(b"".join(held), whole=True)


def _last_line_end(sample: bytes) -> int:
    """Where the last whole line ends; a CR at the very end may belong to a line feed behind it."""
    return max(sample.rfind(b"\n"), sample.rfind(b"\r", 0, len(sample) - 1)) + 1


def _first(sample: Sample, found: Sniffed, encoding: Encoding, name: str) -> _First:
    """The first record with a value.

    Raises:
        SourceError: there is none, or it cannot be a header.
    """
    line = 2 if found.preamble else 1
    for block in cut(iter([sample.text[len(found.preamble) :]]), found.dialect, name, line=line):
        records = split(block, found.dialect, Origin(0, encoding))
        for index, place in enumerate(records.places.iter_rows(named=True)):
            if not place["blank"]:
                names = _names(name, records, index, found.dialect)
                return _First(records.raw[index], place["line"], block.data[place["stop"] : place["end"]], names)
    raise SourceError(name, ["the file is empty; expected a header line with the names of fields"])


def _names(name: str, records: Records, index: int, dialect: Dialect) -> list[str]:
    raw, encoding = records.raw[index], records.origin.encoding
    if fault := encoding.fault_in(raw):
        found = f"found byte 0x{fault[1]:02X} in the header, expected {encoding.codec} text"
        raise SourceError(name, [f"{found}; say how the file is written with --encoding"])
    if b"\0" in raw:
        raise SourceError(name, ["found a NUL byte in the header, expected text; the file is damaged, copy it again"])
    if records.places["malformed"][index]:
        problem = "the header cannot be split into names: a quote is not closed or has text behind it"
        raise SourceError(name, [f"{problem}; write one name per cell, and quotes inside a name twice"])
    names = dialect.cells(raw)
    if len(names) > _COLUMNS_LIMIT:
        problem = f"found {len(names):,} names in the header, expected at most {_COLUMNS_LIMIT:,}"
        raise SourceError(name, [f"{problem}; is the delimiter right? say which with --delimiter"])
    return names
