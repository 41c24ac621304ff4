"""CSV (RFC 4180: commas, quotes, UTF-8) as a source."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from regbulk.errors import SourceError
from regbulk.source import rejects_csv
from regbulk.source.contract import OWN_COLUMNS, Block
from regbulk.source.cut import cut
from regbulk.source.files import MARK, File, refuse_foreign
from regbulk.source.header import name_problems
from regbulk.source.records import Records, split
from regbulk.source.rows import Layout, to_block

_HEADER_BYTES: Final = 65_536
_OTHER_DELIMITERS: Final = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


@dataclass(frozen=True)
class Header:
    """The first record: its bytes (with byte order mark, without line end), its names, and the file's line end."""

    raw: bytes
    names: tuple[str, ...]
    line_end: bytes


@dataclass(frozen=True)
class CsvSource:
    """A CSV file whose header has been read."""

    file: File
    header: Header
    block_bytes: int

    @property
    def name(self) -> str:
        """The base name of the file."""
        return self.file.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header, in order; without regbulk's own three columns of a `rejects.csv`."""
        return self.header.names[: -len(OWN_COLUMNS)] if self._is_returned else self.header.names

    @property
    def problems(self) -> tuple[str, ...]:
        """Always empty: what can be wrong with a readable CSV file as a whole lies in its column names."""
        return ()

    @property
    def _is_returned(self) -> bool:
        return rejects_csv.is_returned(self.header.names)

    def blocks(self) -> Iterator[Block]:
        r"""All records in order; `\N` clears, an empty cell is null.

        Raises:
            SourceError: names of columns that cannot be told apart, a NUL byte, a quote that is not closed, compressed
                data that is damaged, a returned record without its number.
        """
        if problems := name_problems(self.columns):
            raise SourceError(self.name, problems)
        own = len(OWN_COLUMNS) if self._is_returned else 0
        layout = Layout(self.name, self.columns, own)
        for records in _one_ahead(self._records()):
            yield to_block(records, layout)

    def fingerprint(self) -> str:
        """SHA-256 over the file as stored."""
        digest = hashlib.sha256()
        self.file.hash_into(digest)
        return digest.hexdigest()

    def write_rejects(self, rejects: pl.DataFrame, out: Path) -> int:
        """Write the raw bytes of the rejected records unchanged, each with its number, line and errors behind it."""
        errors = rejects_csv.error_texts(rejects)
        original = rejects_csv.without_own_cells if self._is_returned else bytes
        header = self.header.raw if self._is_returned else rejects_csv.own_header(self.header.raw)
        written = 0
        with rejects_csv.owner_only(out) as stream:
            stream.write(header + self.header.line_end)
            for records in self._records():
                for line in rejects_csv.rejected_lines(records, errors, original):
                    stream.write(line + self.header.line_end)
                    written += 1
        return written

    def _records(self) -> Iterator[Records]:
        # A line of spaces is no record, except where a single column makes it one.
        blank = b" \t\r" if len(self.header.names) > 1 else b"\r"
        renumber = rejects_csv.Renumber(self.name) if self._is_returned else None
        number = 0
        for block in cut(self.file.pieces(self.block_bytes), self.name):
            found = split(block, number, blank=blank)
            number += len(found.raw)
            records = found.without_header()
            if records.raw:
                yield renumber(records) if renumber else records


def open_csv(file: File, block_bytes: int) -> CsvSource:
    """Read the header of a CSV file.

    Raises:
        SourceError: another kind of file, no header, or one that is not comma-separated UTF-8.
    """
    return CsvSource(file, _header(file), block_bytes)


def _one_ahead(runs: Iterator[Records]) -> Iterator[Records]:
    """The same, the next one made in another thread meanwhile: cutting and parsing share the work of two cores."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, runs, None)
        while (run := following.result()) is not None:
            following = pool.submit(next, runs, None)
            yield run


def _header(file: File) -> Header:
    pieces = file.pieces(_HEADER_BYTES)
    first = next(pieces, b"")
    refuse_foreign(file.name, first)
    if b"\r" in first and b"\n" not in first:
        raise SourceError(file.name, ["lines end with a lone CR (old Macintosh style); save the file with LF or CRLF"])
    for block in cut(_chain(first, pieces), file.name):
        if raw := split(block, 0, blank=b"\r").raw:
            mark = MARK if first.startswith(MARK) else b""
            line_end = b"\r\n" if b"\r\n" in block.scan.data else b"\n"
            return Header(mark + raw[0], _names(file.name, raw[0]), line_end)
    raise SourceError(file.name, ["the file is empty; expected a header line with the names of fields"])


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _names(name: str, raw: bytes) -> tuple[str, ...]:
    try:
        text = raw.decode()
        names = next(csv.reader(io.StringIO(text, newline=""), strict=True))
    except UnicodeDecodeError as error:
        raise SourceError(
            name,
            [f"found byte 0x{raw[error.start]:02X} in the header, expected UTF-8; save the file as 'CSV UTF-8'"],
        ) from None
    except csv.Error as error:
        raise SourceError(name, [f"the header cannot be split into names ({error}); write one name per cell"]) from None
    _refuse_dialect(name, text, names)
    return tuple(names)


def _refuse_dialect(name: str, text: str, names: list[str]) -> None:
    if text.lower().startswith("sep="):
        raise SourceError(name, ["found a 'sep=' line, expected the header; remove it and separate cells by commas"])
    found = [word for sign, word in _OTHER_DELIMITERS.items() if len(names) == 1 and sign in names[0]]
    if found:
        raise SourceError(name, [f"found {found[0]} between the names, expected commas; save the file as 'CSV UTF-8'"])
