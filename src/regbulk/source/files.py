"""Files as bytes: local or behind any fsspec address, plain, gzip or zstd."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any, Final, Literal

import fsspec
import pyarrow as pa

from regbulk.errors import SourceError

_MAGIC: Final[dict[bytes, Literal["gzip", "zstd"]]] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_SUFFIX: Final[dict[str, Literal["gzip", "zstd"]]] = {".gz": "gzip", ".zst": "zstd"}
_SNIFFED: Final = 512
_BEFORE: Final = b"\xef\xbb\xbf\xff\xfe \t\r\n"
"""Byte order marks and space, which may stand before any text."""
_HASHED: Final = 1 << 20
_EDITION: Final = ("size", "mtime", "ino", "ETag", "etag", "LastModified", "last_modified", "updated")
"""What the file systems say about a file that is another once the file was written to."""

_UNPACKED: Final = "give it unpacked"
_EXPORT: Final = "export the data as CSV"
_DOWNLOAD: Final = "download the file itself"
_FOREIGN: Final = {
    b"pk\x03\x04": ("an Excel workbook or another zip archive", _UNPACKED),
    b"pk\x05\x06": ("an empty zip archive", "give the file itself"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", _UNPACKED),
    b"\x1f\x8b": ("data that is compressed twice", _UNPACKED),
    b"\x28\xb5\x2f\xfd": ("data that is compressed twice", _UNPACKED),
    b"bzh91ay": ("a bzip2 file", _UNPACKED),
    b"\xfd7zxz": ("an xz file", _UNPACKED),
    b"7z\xbc\xaf": ("a 7-Zip archive", _UNPACKED),
    b"rar!\x1a": ("a RAR archive", _UNPACKED),
    b"%pdf": ("a PDF document", _EXPORT),
    b"{\\rtf": ("a text document with formats (RTF)", _EXPORT),
    b"[{": ("JSON", _EXPORT),
    b'{"': ("JSON", _EXPORT),
    b"<!doctype": ("an HTML page, perhaps a login page", _DOWNLOAD),
    b"<html": ("an HTML page, perhaps a login page", _DOWNLOAD),
    b"<table": ("an HTML table", "open it in Excel and save it as 'CSV UTF-8'"),
    b"<?xml": ("an XML document", _EXPORT),
}
"""First bytes (letters in lower case) of what is often named .csv and is none: what it is, and what to do."""


@dataclass(frozen=True)
class File:
    """One file and the file system that can open it."""

    system: fsspec.AbstractFileSystem
    path: str

    @property
    def name(self) -> str:
        """The base name."""
        return self.path.replace("\\", "/").rstrip("/").rpartition("/")[2]

    def open(self) -> IO[bytes]:
        """The bytes as stored; seekable."""
        with readable(self.name):
            stream: IO[bytes] = self.system.open(self.path, "rb")
            return stream

    def magic(self) -> bytes:
        """The first bytes as stored."""
        with readable(self.name), self.open() as stream:
            return stream.read(_SNIFFED)

    def pieces(self, size: int) -> Iterator[bytes]:
        """The decompressed bytes in pieces of at most `size`.

        Raises:
            SourceError: the file cannot be read, or its compressed data is cut off or damaged.
        """
        kind = _compression(self)
        with readable(self.name), self.open() as stored, _decompressed(stored, kind) as stream:
            while piece := stream.read(size):
                yield piece

    def edition(self) -> tuple[object, ...]:
        """What differs once the file was written to, as far as its file system tells."""
        with readable(self.name):
            self.system.invalidate_cache()
            found = self.system.info(self.path)
        return tuple(found.get(word) for word in _EDITION)

    def hash_into(self, digest: hashlib._Hash) -> None:
        """Add the bytes as stored to a digest."""
        with readable(self.name), self.open() as stream:
            while piece := stream.read(_HASHED):
                digest.update(piece)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turn what reading can raise into SourceError: no such file, no permission, damaged or cut-off data."""
    try:
        yield
    except FileNotFoundError:
        raise SourceError(name, ["no such file; check the path"]) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceError(name, [f"the compressed data is cut off or damaged ({error}); copy the file again"]) from None
    except (OSError, pa.ArrowException) as error:
        raise SourceError(name, [f"the file cannot be read: {error}"]) from None


def refuse_foreign(name: str, start: bytes) -> None:
    """Refuse what is no CSV text by its first (decompressed) bytes, whatever its name says.

    Raises:
        SourceError: it is another kind of file; says which.
    """
    text = start[:_SNIFFED].replace(b"\0", b"").lstrip(_BEFORE).lower()
    for magic, (kind, advice) in _FOREIGN.items():
        if text.startswith(magic):
            raise SourceError(name, [f"found {kind}, expected CSV, Excel (.xlsx) or Parquet; {advice}"])


def _compression(file: File) -> Literal["gzip", "zstd"] | None:
    start = file.magic()
    found = next((kind for magic, kind in _MAGIC.items() if start.startswith(magic)), None)
    claimed = next((kind for suffix, kind in _SUFFIX.items() if file.name.lower().endswith(suffix)), None)
    if claimed and start and found != claimed:
        raise SourceError(
            file.name, [f"the name says {claimed}, the first bytes do not; copy the file again, or rename it"]
        )
    return found


def _decompressed(stored: IO[bytes], kind: Literal["gzip", "zstd"] | None) -> Any:  # noqa: ANN401 - three stream types
    if kind == "gzip":
        return gzip.GzipFile(fileobj=stored)
    if kind == "zstd":
        return pa.CompressedInputStream(pa.PythonFile(stored), "zstd")
    return stored
