"""An export gets its name only whole: written beside it, then renamed under a lock, the manifest first.

A data file under its final name always has the manifest that fits it: an older export of the same name is removed
before the new manifest arrives, and the new data file comes last. Of two exports to one path the last to end stays.
"""

from __future__ import annotations

import fcntl
import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from regbulk.errors import ExportError
from regbulk.export.manifest import manifest_path

_OTHER_FORMATS: Final = frozenset({".csv", ".json", ".jsonl", ".ndjson", ".xlsx"})


@dataclass(frozen=True)
class Partial:
    """A data file that nobody may mistake for an export yet: `<out>.partial-<random>`, open for writing and reading."""

    out: Path
    path: Path
    file: io.BufferedRandom


@contextmanager
def partial_file(out: Path) -> Iterator[Partial]:
    """A new partial file for `out`, gone at the end unless it was published.

    Partial files of processes that died are removed: a live one holds a lock on its own.

    Raises:
        ExportError: `out` cannot be the name of an export.
    """
    _check(out)
    out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = out.with_name(f"{out.name}.partial-{secrets.token_hex(4)}")
    with _lock(out.parent):
        _remove_dead(out)
        file = _create(path)
        fcntl.flock(file, fcntl.LOCK_EX)
    try:
        with file:
            yield Partial(out, path, file)
    finally:
        for left in (path, manifest_path(path)):
            left.unlink(missing_ok=True)


def publish(partial: Partial, manifest: bytes) -> None:
    """Give a finished data file and its manifest their final names, durably."""
    partial.file.flush()
    os.fsync(partial.file.fileno())
    beside = manifest_path(partial.path)
    with _lock(partial.out.parent) as folder:
        with _create(beside) as file:
            file.write(manifest)
            file.flush()
            os.fsync(file.fileno())
        partial.out.unlink(missing_ok=True)
        beside.replace(manifest_path(partial.out))
        # Without this a power cut could keep the second rename and lose the first.
        os.fsync(folder)
        partial.path.replace(partial.out)
        os.fsync(folder)


def _check(out: Path) -> None:
    if out.is_dir():
        raise ExportError(f"{out} is a folder: name a file in it, such as {out / 'registrations.parquet'}")
    if out.suffix.lower() in _OTHER_FORMATS:
        raise ExportError(f"{out}: an export is a Parquet file: name it {out.with_suffix('.parquet').name}")
    for path in (out, manifest_path(out)):
        if path.exists() and not path.is_file():
            raise ExportError(f"{path} exists and is no file: choose another --out")


def _create(path: Path) -> io.BufferedRandom:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")


@contextmanager
def _lock(folder: Path) -> Iterator[int]:
    """Hold the folder against other exports for a moment; gives its descriptor. Ends with the process at the latest."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _remove_dead(out: Path) -> None:
    for path in out.parent.iterdir():
        if path.name.startswith(f"{out.name}.partial-"):
            with suppress(BlockingIOError, FileNotFoundError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
