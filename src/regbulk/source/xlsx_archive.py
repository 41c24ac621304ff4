"""An Excel workbook as the zip archive it is: opened with care, its faults told in plain words."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from regbulk.errors import SourceError
from regbulk.source.files import File, readable

ZIP_MAGIC: Final = b"PK\x03\x04"
OLE_MAGIC: Final = b"\xd0\xcf\x11\xe0"
"""First bytes of an `.xls`, and of an `.xlsx` behind a password."""
SUFFIXES: Final = (".xlsx", ".xlsm", ".xltx", ".xltm")
EXPECTED: Final = "expected CSV, Excel (.xlsx) or Parquet"

_LARGE: Final = 64_000_000
_RATIO: Final = 200
"""What Excel writes packs to a 10th or 20th, and to an 80th at the very best; a bomb to a 1000th."""
_PARTS: Final = 20_000
_ENCRYPTED: Final = 0x1
_PIECE: Final = 1 << 20
_SAVE: Final = "open it in Excel and save it as 'Excel Workbook (*.xlsx)'"


@contextmanager
def opened(file: File) -> Iterator[ZipFile]:
    """The archive, for as long as it is read.

    Raises:
        SourceError: it cannot be read, is damaged, encrypted or unsafe, or is no workbook; also for what is found
            damaged while it is open.
    """
    _refuse_others(file)
    with _in_plain_words(file.name), readable(file.name), file.open() as stream, ZipFile(stream) as archive:
        _refuse_unsafe(file.name, archive)
        yield archive


def refuse_large(name: str, entry: ZipInfo, limit: int) -> None:
    """Refuse a part of the workbook that is held in memory as a whole and has more bytes than the limit.

    Raises:
        SourceError: it has.
    """
    if entry.file_size > limit:
        size, most = (f"{octets // 1_000_000:,} MB" for octets in (entry.file_size, limit))
        raise SourceError(
            name, [f"{entry.filename} has {size}, expected at most {most}; save the sheet as 'CSV UTF-8'"]
        )


def damaged(name: str, what: str) -> SourceError:
    """The error for a workbook whose parts do not say what they must."""
    return SourceError(
        name, [f"the workbook is damaged: {what}; open it in Excel, let it repair the file, and save it"]
    )


@contextmanager
def _in_plain_words(name: str) -> Iterator[None]:
    try:
        yield
    except (BadZipFile, EOFError, zlib.error) as error:
        raise SourceError(name, [f"the workbook is cut off or damaged ({error}); copy the file again"]) from None
    except expat.ExpatError as error:
        raise damaged(name, f"malformed XML, {error}") from None
    except NotImplementedError as error:
        raise SourceError(name, [f"the workbook is packed in a way Excel never uses ({error}); {_SAVE}"]) from None


def _refuse_others(file: File) -> None:
    start = file.magic()
    if start.startswith(OLE_MAGIC):
        raise SourceError(file.name, [_ole_problem(file)])
    if not start.startswith(ZIP_MAGIC):
        found = "something else, whatever its name says" if start else "an empty file"
        raise SourceError(file.name, [f"found {found}, {EXPECTED}; {_SAVE}, or rename text to .csv"])


def _ole_problem(file: File) -> str:
    if _holds(file, "EncryptedPackage".encode("utf-16-le")):
        how = "File > Info > Protect Workbook > Encrypt with Password"
        return f"the workbook is encrypted with a password; open it in Excel, take the password off ({how}) and save it"
    return f"found an old Excel workbook (.xls) or another Office file, {EXPECTED}; {_SAVE}"


def _holds(file: File, wanted: bytes) -> bool:
    tail = b""
    with readable(file.name), file.open() as stream:
        while piece := stream.read(_PIECE):
            if wanted in tail + piece:
                return True
            tail = piece[-len(wanted) :]
    return False


def _refuse_unsafe(name: str, archive: ZipFile) -> None:
    entries = archive.infolist()
    if problem := _foreign(archive, {entry.filename for entry in entries}):
        raise SourceError(name, [problem])
    if len(entries) > _PARTS:
        raise SourceError(name, [f"found {len(entries):,} parts in the workbook, expected at most {_PARTS:,}; {_SAVE}"])
    for entry in entries:
        if fault := _fault(entry):
            raise SourceError(name, [f"{entry.filename!r} {fault}, which Excel never writes; {_SAVE}"])


def _foreign(archive: ZipFile, names: set[str]) -> str | None:
    if "mimetype" in names and b"opendocument" in archive.read("mimetype")[:100]:
        return f"found an OpenDocument file (.ods), {EXPECTED}; save it as 'Excel 2007-365 (.xlsx)'"
    if "xl/workbook.bin" in names:
        return f"found a binary workbook (.xlsb), {EXPECTED}; {_SAVE}"
    if "[Content_Types].xml" not in names:
        return f"found a zip archive without a workbook, {EXPECTED}; unpack it and give the file inside"
    return None


def _fault(entry: ZipInfo) -> str | None:
    if entry.filename.startswith(("/", "\\")) or ".." in entry.filename.replace("\\", "/").split("/"):
        return "leads out of the archive"
    if entry.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if entry.file_size > max(_LARGE, _RATIO * entry.compress_size):
        return f"unpacks {entry.compress_size:,} bytes to {entry.file_size:,}"
    return None
