from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from regbulk.errors import ExportError
from regbulk.export.publish import partial_file, publish


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def publish_text(out: Path, text: bytes) -> None:
    with partial_file(out) as partial:
        partial.file.write(text)
        publish(partial, b"manifest of " + text)


def leave_half_an_export(out: Path) -> None:
    with partial_file(out) as partial:
        partial.file.write(b"half")
        raise KeyboardInterrupt


def test_a_published_export_has_its_manifest_beside_it_and_is_for_its_owner_only(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "x.parquet"
    publish_text(out, b"data")
    assert names(out.parent) == ["x.parquet", "x.parquet.manifest.json"]
    assert out.read_bytes() == b"data"
    assert (out.parent / "x.parquet.manifest.json").read_bytes() == b"manifest of data"
    assert [stat.S_IMODE(path.stat().st_mode) for path in sorted(out.parent.iterdir())] == [0o600, 0o600]


def test_a_newer_export_replaces_the_older_one_with_its_manifest(tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    publish_text(out, b"one")
    publish_text(out, b"two")
    assert (out.read_bytes(), names(tmp_path)) == (b"two", ["x.parquet", "x.parquet.manifest.json"])


def test_an_unfinished_export_leaves_the_older_one_alone_and_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    publish_text(out, b"one")
    with pytest.raises(KeyboardInterrupt):
        leave_half_an_export(out)
    assert (out.read_bytes(), names(tmp_path)) == (b"one", ["x.parquet", "x.parquet.manifest.json"])


def test_partial_files_of_dead_processes_are_removed_and_those_of_living_ones_kept(tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    dead = [tmp_path / "x.parquet.partial-00000000", tmp_path / "x.parquet.partial-00000000.manifest.json"]
    for path in [*dead, tmp_path / "y.parquet.partial-00000000"]:
        path.touch()
    with partial_file(out) as living, partial_file(out) as other:
        assert names(tmp_path) == sorted(["y.parquet.partial-00000000", living.path.name, other.path.name])


@pytest.mark.parametrize(
    ("name", "said"),
    [("folder", "is a folder: name a file in it"), ("x.csv", "name it x.parquet"), ("pipe", "exists and is no file")],
)
def test_a_name_that_cannot_hold_an_export_is_refused(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ExportError, match=said), partial_file(tmp_path / name):
        raise AssertionError(name)


def test_a_folder_in_the_place_of_the_manifest_is_found_before_anything_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "x.parquet.manifest.json").mkdir()
    with pytest.raises(ExportError, match="is no file"), partial_file(tmp_path / "x.parquet"):
        raise AssertionError
