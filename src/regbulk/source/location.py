"""From an address to a source: which kind its files are."""

from __future__ import annotations

from typing import Final

from regbulk.errors import SourceError
from regbulk.source.contract import Source
from regbulk.source.csv_source import open_csv
from regbulk.source.options import SourceOptions
from regbulk.source.parquet_source import open_parquet
from regbulk.source.parts import PARQUET_SUFFIXES, find_parts
from regbulk.source.xlsx_archive import OLE_MAGIC, SUFFIXES, ZIP_MAGIC

BLOCK_BYTES: Final = 2_000_000
"""About how many bytes of a source are held as one block; larger blocks cost memory and gain nothing."""
_FOUND_OUT: Final = SourceOptions()
_BEGINNING: Final = 65_536
_PARQUET_MAGIC: Final = (b"PAR1", b"PARE")


def open_source(location: str, options: SourceOptions = _FOUND_OUT, *, block_bytes: int = BLOCK_BYTES) -> Source:
    """The source at a path or fsspec address (`s3://…`, `https://…`).

    A CSV file may be plain, gzip or zstd. An Excel workbook is told by its bytes or by its name. Parquet may be one
    file, a folder, or a glob such as `exports/*.parquet`: files in order of their paths, those beginning with `_` or
    `.` left out; of the folders inside only those named `column=value` are read.

    Raises:
        SourceError: there is nothing to read, or it is neither CSV nor Parquet nor a workbook; faults of the header
            alone are in the `problems` of the source and found by `header_problems`.
    """
    found = find_parts(location)
    files = [part.file for part in found.parts]
    if all(file.name.lower().endswith(PARQUET_SUFFIXES) for file in files):
        return open_parquet(found, block_bytes)
    if len(files) > 1:
        raise SourceError(
            location, [f"found {len(files)} files that are not all Parquet; give other files one at a time"]
        )
    start = files[0].magic()
    if start.startswith(_PARQUET_MAGIC):
        return open_parquet(found, block_bytes)
    if start.startswith((ZIP_MAGIC, OLE_MAGIC)) or files[0].name.lower().endswith(SUFFIXES):
        # The library for workbooks takes a while to start.
        from regbulk.source.xlsx_source import open_xlsx

        return open_xlsx(files[0], options, block_bytes)
    if options.sheet is not None:
        raise SourceError(
            files[0].name, [f"--sheet {options.sheet}: the file is CSV and has no sheets; leave --sheet out"]
        )
    return open_csv(files[0], options, block_bytes)


def beginning(location: str) -> bytes:
    """The first bytes of a CSV file, decompressed; nothing for any other source.

    Raises:
        SourceError: the file cannot be read.
    """
    parts = find_parts(location).parts
    if len(parts) > 1 or parts[0].file.magic().startswith((*_PARQUET_MAGIC, ZIP_MAGIC, OLE_MAGIC)):
        return b""
    return next(parts[0].file.pieces(_BEGINNING), b"")
