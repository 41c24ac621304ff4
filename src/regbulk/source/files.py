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

MARK: Final = b"\xef\xbb\xbf"
"""The UTF-8 byte order mark, which Excel writes and which is no part of the first name."""
_MAGIC: Final[dict[bytes, Literal["gzip", "zstd"]]] = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
_SUFFIX: Final[dict[str, Literal["gzip", "zstd"]]] = {".gz": "gzip", ".zst": "zstd"}
_SNIFFED: Final = 512
_HASHED: Final = 1 << 20

_SAVE: Final = "save it as 'CSV UTF-8'"
_FOREIGN: Final = {
    b"PK\x03\x04": ("an Excel workbook or another zip archive", _SAVE),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", _SAVE),
    b"\xff\xfe": ("UTF-16 text", _SAVE),
    b"\xfe\xff": ("UTF-16 text", _SAVE),
    b"%pdf": ("a PDF document", "export the data as CSV"),
    b"<!doctype": ("an HTML page, perhaps a login page", "download the file itself"),
    b"<html": ("an HTML page, perhaps a login page", "download the file itself"),
    b"<?xml": ("an XML document", "export the data as CSV"),
}
"""First bytes (text in lower case) of what is often named .csv and is none: what it is, and what to do."""


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
    text = start.removeprefix(MARK).lstrip()[:16].lower()
    for magic, (kind, advice) in _FOREIGN.items():
        if start.startswith(magic) or text.startswith(magic):
            raise SourceError(name, [f"found {kind}, expected CSV in UTF-8 or Parquet; {advice}"])


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
