"""One Parquet file of a set: its columns, and its rows in batches of bounded size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, Final, NamedTuple

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from regbulk.errors import SourceError
from regbulk.source.files import readable
from regbulk.source.parquet_text import sound
from regbulk.source.parts import Part

_ROWS: Final = 5_000
"""Records of one batch at most; fewer where records are large."""
_BUFFER: Final = 1 << 18
"""Bytes read at a time from each column; without a limit a whole row group is held, however large."""
_BATCH_TEXT: Final = 16_000_000
"""Bytes of text that one column of a batch may come to."""
_ELEMENTS: Final = 16
"""As many elements are expected in a list of texts."""
_LARGE: Final = 64_000_000
_RATIO: Final = 200
_ENCRYPTED: Final = b"PARE"
_SIGNATURE: Final = 28
"""Bytes behind a footer that is signed."""


class PartFile(NamedTuple):
    """One file of the set.

    Attributes:
        part: where it is, and what the folders say of its records.
        names: its columns in order.
        types: their types; None: one that polars does not know.
        rows: rows of a batch at most.
    """

    part: Part
    names: tuple[str, ...]
    types: Mapping[str, pl.DataType | None]
    rows: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Its own columns, then those that only the folders name."""
        return (*self.names, *(name for name in self.part.partition if name not in self.names))


def read_footer(part: Part, block_bytes: int) -> PartFile:
    """What the end of a file says of its columns and sizes.

    Raises:
        SourceError: it is no Parquet file, or an encrypted, damaged or overstuffed one.
    """
    with _opened(part) as parquet:
        schema, footer = parquet.schema_arrow, parquet.metadata
        _refuse_overstuffed(part, footer)
        unpacked = sum(footer.row_group(group).total_byte_size for group in range(footer.num_row_groups))
        rows = min(_ROWS, max(1, block_bytes * max(footer.num_rows, 1) // max(unpacked, 1)))
        return PartFile(part, tuple(schema.names), {field.name: _polars_type(field) for field in schema}, rows)


class Frame(NamedTuple):
    """Consecutive rows, and for each row, from 0, the columns whose value was no text."""

    values: pl.DataFrame
    broken: Mapping[int, Sequence[str]]


def frames(file: PartFile) -> Iterator[Frame]:
    """All rows in order. Statistics in the file are never looked at: they need not be true.

    Raises:
        SourceError: the file cannot be read to its end.
    """
    with _opened(file.part) as parquet:
        rows = min(file.rows, _rows_by_dictionaries(file, parquet.metadata))
        # Threads would decode all columns of a row group side by side and hold a third more memory for it.
        for batch in parquet.iter_batches(batch_size=rows, use_threads=False):
            mended, broken = sound(batch)
            # Column by column: what else a file says of itself may be no text, on which polars ends with a panic.
            named = zip(mended.schema.names, mended.columns, strict=True)
            yield Frame(pl.DataFrame([pl.Series(name, values) for name, values in named]), broken)


@contextmanager
def _opened(part: Part, dictionaries: list[str] | None = None) -> Iterator[pq.ParquetFile]:
    """The file without anything of it being loaded as code or by guess.

    Extension types stay what they are stored as. INT96 in microseconds: nanoseconds end in the year 2262 and begin
    again in 1677.
    """
    with readable(part.file.name), _named(part), part.file.open() as stream:
        start, length = _ends(stream)
        if start == _ENCRYPTED:
            raise _encrypted(part)
        with pq.ParquetFile(
            stream,
            pre_buffer=False,
            buffer_size=_BUFFER,
            read_dictionary=dictionaries,
            coerce_int96_timestamp_unit="us",
            arrow_extensions_enabled=False,
        ) as parquet:
            # Some columns are encrypted, the footer is only signed. Asked for such a column, pyarrow ends the process.
            if length == parquet.metadata.serialized_size + _SIGNATURE:
                raise _encrypted(part)
            yield parquet


@contextmanager
def _named(part: Part) -> Iterator[None]:
    try:
        yield
    except UnicodeDecodeError:
        raise SourceError(part.file.name, ["the footer is damaged: a name in it is no UTF-8 text"]) from None


def _ends(stream: IO[bytes]) -> tuple[bytes, int]:
    """The first four bytes, and how long the last ones say that the footer is."""
    start = stream.read(len(_ENCRYPTED))
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, size - 2 * len(_ENCRYPTED)))
    length = int.from_bytes(stream.read(len(_ENCRYPTED)), "little")
    stream.seek(0)
    return start, length


def _encrypted(part: Part) -> SourceError:
    problem = "the file is encrypted (Parquet modular encryption); write it again without encryption"
    return SourceError(part.file.name, [problem])


def _refuse_overstuffed(part: Part, footer: pq.FileMetaData) -> None:
    stored = part.file.system.size(part.file.path)
    for number in range(footer.num_row_groups):
        size = footer.row_group(number).total_byte_size
        if stored and size > max(_LARGE, _RATIO * stored):
            found = f"row group {number + 1} unpacks to {size:,} bytes, in a file of {stored:,}"
            advice = "if that is right, write the file with row groups of 100,000 rows"
            raise SourceError(part.file.name, [f"{found}; {advice}"])


def _rows_by_dictionaries(file: PartFile, footer: pq.FileMetaData) -> int:
    """How many rows may be unpacked at a time, so that texts stored once and meant often do not fill the memory.

    Nothing is asked of the metadata of columns: where they are damaged, pyarrow ends the process.
    """
    groups = [(number, footer.row_group(number)) for number in range(footer.num_row_groups)]
    suspicious = [
        number for number, group in groups if min(file.rows, group.num_rows) * group.total_byte_size > _BATCH_TEXT
    ]
    columns = map(footer.schema.column, range(len(footer.schema)))
    paths = {column.path: column.max_repetition_level for column in columns if column.physical_type == "BYTE_ARRAY"}
    if not suspicious or not paths:
        return _ROWS
    with _opened(file.part, list(paths)) as parquet:
        longest = {
            path: max(_longest(parquet, number, path) * (_ELEMENTS if repeated else 1) for number in suspicious)
            for path, repeated in paths.items()
        }
    return max(1, _BATCH_TEXT // max(1, *longest.values()))


def _longest(parquet: pq.ParquetFile, group: int, path: str) -> int:
    """Bytes of the longest text in the dictionary of a column."""
    for batch in parquet.iter_batches(batch_size=1, row_groups=[group], columns=[path], use_threads=False):
        return max(map(_longest_in, batch.columns), default=0)
    return 0


def _longest_in(values: pa.Array) -> int:
    if pa.types.is_dictionary(values.type):
        sizes = pl.Series(values.dictionary.cast(pa.large_binary())).bin.size()
        return max(sizes.to_list(), default=0)
    if pa.types.is_struct(values.type):
        return max((_longest_in(values.field(place)) for place in range(values.type.num_fields)), default=0)
    if pa.types.is_map(values.type):
        return max(_longest_in(values.keys), _longest_in(values.items))
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        return _longest_in(values.values)
    return 0


def _polars_type(field: pa.Field) -> pl.DataType | None:
    # polars ends with a panic on a type it cannot hold, so they are asked for by name.
    return None if _is_foreign(field.type) else pl.Series(pa.array([], field.type)).dtype


def _is_foreign(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType) or pa.types.is_decimal256(kind) or pa.types.is_interval(kind):
        return True
    return any(_is_foreign(kind.field(place).type) for place in range(kind.num_fields))
