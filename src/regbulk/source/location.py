"""From an address to a source: which files are meant, and which kind they are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import fsspec

from regbulk.errors import SourceError
from regbulk.source.contract import Source
from regbulk.source.csv_source import open_csv
from regbulk.source.files import File, readable
from regbulk.source.parquet_source import open_parquet

BLOCK_BYTES: Final = 2_000_000
"""About how many bytes of a source are held as one block; larger blocks cost memory and gain nothing."""
_PARQUET_SUFFIXES: Final = (".parquet", ".pq")
_PARQUET_MAGIC: Final = b"PAR1"


def open_source(location: str, *, block_bytes: int = BLOCK_BYTES) -> Source:
    """The source at a path or fsspec address (`s3://…`, `https://…`).

    A CSV file may be plain, gzip or zstd. Parquet may be one file, a folder, or a glob such as `exports/*.parquet`:
    files in order of their names, those beginning with `_` or `.` left out.

    Raises:
        SourceError: there is nothing to read, or it is neither CSV nor Parquet; faults of the header alone are in
            the `problems` of the source and found by `header_problems`.
    """
    files = _files(location)
    if all(file.name.lower().endswith(_PARQUET_SUFFIXES) for file in files):
        return open_parquet(files, block_bytes)
    if len(files) > 1:
        raise SourceError(location, [f"found {len(files)} files that are not all Parquet; give one CSV file at a time"])
    if files[0].magic().startswith(_PARQUET_MAGIC):
        return open_parquet(files, block_bytes)
    return open_csv(files[0], block_bytes)


def _files(location: str) -> list[File]:
    system, path = _resolve(location)
    shown = path.rstrip("/").rpartition("/")[2] or location
    with readable(shown):
        if "://" in location and not any(sign in path for sign in "*?["):
            exists_as_file = not system.isdir(path)
        else:
            exists_as_file = system.isfile(path)
        if exists_as_file:
            return [File(system, path)]
        pattern = f"{path.rstrip('/')}/*.parquet" if system.isdir(path) else path
        found = [File(system, str(name)) for name in sorted(system.glob(pattern))]
    files = [file for file in found if not file.name.startswith(("_", "."))]
    if not files:
        kind = "no Parquet files in this folder" if system.isdir(path) else "no such file"
        raise SourceError(shown, [f"{kind}; check the path"])
    return files


def _resolve(location: str) -> tuple[fsspec.AbstractFileSystem, str]:
    if "://" not in location:
        return fsspec.filesystem("file"), str(Path(location).expanduser().absolute())
    protocol = location.partition("://")[0]
    try:
        system, path = fsspec.core.url_to_fs(location)
    except (ImportError, ValueError) as error:
        raise SourceError(f"{protocol}://…", [f"this kind of address cannot be opened: {error}"]) from None
    return system, str(path)
