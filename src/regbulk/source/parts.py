"""Which files an address means: one, those of a folder, or those that fit a pattern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import unquote

import fsspec

from regbulk.errors import SourceError
from regbulk.source.files import File, readable

PARQUET_SUFFIXES: Final = (".parquet", ".pq")
_HIDDEN: Final = ("_", ".")
_WILD: Final = frozenset("*?[")
_NOTHING: Final = "__HIVE_DEFAULT_PARTITION__"


class Part(NamedTuple):
    """One file of a set, and the folders between the address and the file."""

    file: File
    folders: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """The path below the address."""
        return "/".join((*self.folders, self.file.name))

    @property
    def partition(self) -> dict[str, str | None]:
        """What the folders named `column=value` say of every record in the file; None: no value."""
        pairs = (folder.partition("=") for folder in self.folders)
        return {unquote(name): None if value == _NOTHING else unquote(value) for name, sign, value in pairs if sign}


class Parts(NamedTuple):
    """Files in the order of their paths, and what was left out.

    Attributes:
        parts: what is read; at least one.
        hidden: files and folders whose names begin with `_` or `.`, which writers keep for themselves.
        other: folders that are not read because their names are not `column=value`.
    """

    parts: tuple[Part, ...]
    hidden: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


def find_parts(location: str) -> Parts:
    """All files at a path or fsspec address.

    Raises:
        SourceError: there are none, or the address cannot be opened.
    """
    system, path = _resolve(location)
    path = path.rstrip("/") or path
    shown = path.rpartition("/")[2] or location
    with readable(shown):
        wild = bool(_WILD & set(path))
        # A file whose name looks like a pattern is that file.
        if not system.isdir(path) if "://" in location and not wild else system.isfile(path):
            return Parts((Part(File(system, path)),))
        is_folder = system.isdir(path)
        found = _sorted(_in_folder(system, path) if is_folder else _fitting(system, path))
    if not found.parts:
        kind = "no Parquet files in this folder" if is_folder else "no such file"
        raise SourceError(shown, [f"{kind}; check the path"])
    return found


class _LeftOut(NamedTuple):
    shown: str
    hidden: bool


def _sorted(found: Iterable[Part | _LeftOut]) -> Parts:
    found = list(found)
    parts = sorted((each for each in found if isinstance(each, Part)), key=lambda part: part.file.path)
    left = sorted(each for each in found if isinstance(each, _LeftOut))
    return Parts(
        tuple(parts),
        hidden=tuple(each.shown for each in left if each.hidden),
        other=tuple(each.shown for each in left if not each.hidden),
    )


def _in_folder(
    system: fsspec.AbstractFileSystem, folder: str, folders: tuple[str, ...] = ()
) -> Iterator[Part | _LeftOut]:
    for entry in system.ls(folder, detail=True):
        path = str(entry["name"]).rstrip("/")
        name = path.rpartition("/")[2]
        if path == folder:
            continue
        hidden = name.startswith(_HIDDEN)
        shown = "/".join((*folders, name))
        if entry["type"] == "directory":
            if hidden or "=" not in name:
                yield _LeftOut(f"{shown}/", hidden)
            else:
                yield from _in_folder(system, path, (*folders, name))
        elif name.lower().endswith(PARQUET_SUFFIXES):
            yield _LeftOut(shown, hidden) if hidden else Part(File(system, path), folders)


def _fitting(system: fsspec.AbstractFileSystem, pattern: str) -> Iterator[Part | _LeftOut]:
    fixed = next((place for place, name in enumerate(pattern.split("/")) if _WILD & set(name)), 0)
    for path in map(str, system.glob(pattern)):
        *folders, name = path.split("/")[fixed:]
        hidden = any(each.startswith(_HIDDEN) for each in (*folders, name))
        yield _LeftOut("/".join((*folders, name)), hidden) if hidden else Part(File(system, path), tuple(folders))


def _resolve(location: str) -> tuple[fsspec.AbstractFileSystem, str]:
    if "://" not in location:
        return fsspec.filesystem("file"), str(Path(location).expanduser().absolute())
    protocol = location.partition("://")[0]
    try:
        system, path = fsspec.core.url_to_fs(location)
    except (ImportError, ValueError) as error:
        raise SourceError(f"{protocol}://…", [f"this kind of address cannot be opened: {error}"]) from None
    return system, str(path)
