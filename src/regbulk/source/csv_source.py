"""CSV in any dialect and encoding as a source."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import polars as pl

from regbulk.errors import SourceError
from regbulk.source.contract import Block, Skipped
from regbulk.source.csv_header import Header, read_header
from regbulk.source.csv_runs import Run, first_load, read_runs, with_footers
from regbulk.source.files import File
from regbulk.source.header import name_problems
from regbulk.source.options import SourceOptions
from regbulk.source.rejects_csv import Returning, error_texts, owner_only
from regbulk.source.rows import to_block


@dataclass(frozen=True)
class CsvSource:
    """A CSV file whose header has been read.

    Attributes:
        file: where it is.
        edition: what its file system said of it before the header was read.
        header: what its beginning says.
        options: what is known beforehand.
        block_bytes: about how many bytes are held as one block.
    """

    file: File
    edition: tuple[object, ...]
    header: Header
    options: SourceOptions
    block_bytes: int

    @property
    def name(self) -> str:
        """The base name of the file."""
        return self.file.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The names in the header, in order; without regbulk's own of a `rejects.csv` and nameless ones behind."""
        return self.header.names

    @property
    def problems(self) -> tuple[str, ...]:
        """Always empty: what can be wrong with a readable CSV file as a whole lies in its column names."""
        return ()

    @property
    def decisions(self) -> tuple[str, ...]:
        """Encoding and dialect, each with its ground."""
        return self.header.decisions

    @property
    def as_read(self) -> SourceOptions:
        """With encoding and dialect as they were told or found out."""
        signs = self.header.dialect
        return replace(
            self.options,
            encoding=self.header.encoding.codec,
            delimiter=signs.delimiter.decode(),
            quote=signs.quote.decode(),
            escape=signs.escape.decode(),
        )

    @cached_property
    def returned_from(self) -> str | None:
        """The load whose `rejects.csv` this is."""
        return first_load(self.file, self.header, self.block_bytes)

    def blocks(self) -> Iterator[Block]:
        r"""All records in order; `\N` clears, an empty cell is null.

        Raises:
            SourceError: names of columns that cannot be told apart, compressed data that is damaged, a returned record
                without its number, a file that was changed while it was read.
        """
        if problems := name_problems(self.columns):
            raise SourceError(self.name, problems)
        for records, blank, footers in with_footers(_one_ahead(self._runs()), self.header):
            if footers and self.options.footer == "skip":
                rest = records.where(~pl.int_range(pl.len()).is_in(footers))
                yield to_block(rest, self.header, Skipped(blank, len(footers)))
            else:
                yield to_block(records, self.header, Skipped(blank), footers)

    def fingerprint(self) -> str:
        """SHA-256 over the file as stored."""
        digest = hashlib.sha256()
        self.file.hash_into(digest)
        self._refuse_changed()
        return digest.hexdigest()

    def write_rejects(self, rejects: pl.DataFrame, out: Path, *, load_id: str | None = None) -> int:
        """Write the rejected records as they are in the file, each with load, number, line and errors behind it."""
        errors = error_texts(rejects)
        returning = Returning(self.header, load_id)
        written = 0
        with owner_only(out) as stream:
            stream.write(returning.head())
            for run in self._runs():
                for line in returning.lines(run.records, errors):
                    stream.write(line)
                    written += 1
        return written

    def _runs(self) -> Iterator[Run]:
        yield from read_runs(self.file, self.header, self.options, self.block_bytes)
        self._refuse_changed()

    def _refuse_changed(self) -> None:
        if self.file.edition() != self.edition:
            problem = "the file was changed while it was read; wait until it is complete, or copy it, and start again"
            raise SourceError(self.name, [problem])


def open_csv(file: File, options: SourceOptions, block_bytes: int) -> CsvSource:
    """Find out how a CSV file is written, as far as `options` do not say so, and read its header.

    Raises:
        SourceError: another kind of file, no header, or an encoding or dialect that cannot be told.
    """
    return CsvSource(file, file.edition(), read_header(file, options), options, block_bytes)


def _one_ahead(runs: Iterator[Run]) -> Iterator[Run]:
    """The same, the next one made in another thread meanwhile: cutting and parsing share the work of two cores."""
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(next, runs, None)
        while (run := following.result()) is not None:
            following = pool.submit(next, runs, None)
            yield run
