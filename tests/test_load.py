from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from regbulk.errors import LoadError
from regbulk.load import Load, Manifest, create_load, find_load, inputs_hash, new_load_id, open_load

AT = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
RUN = UUID("e4a75f64-7be0-48af-944a-62238129a4a0")


def manifest(load_id: str) -> Manifest:
    return Manifest(
        load_id=load_id,
        version="0",
        tenant="t",
        api_url="http://127.0.0.1:1",
        source="a.csv",
        source_name="a.csv",
        fingerprint="f",
        inputs_hash="h",
        mode="upsert",
        key=("id",),
        started_at=AT,
    )


def made(workspace: Path) -> Load:
    return create_load(workspace, manifest(new_load_id(AT)))


def test_a_load_id_sorts_by_time() -> None:
    later = AT.replace(hour=3)
    assert new_load_id(AT) < new_load_id(later)


def test_a_load_id_is_unique_without_a_run() -> None:
    assert new_load_id(AT) != new_load_id(AT)


def test_a_run_has_the_same_load_id_every_time() -> None:
    assert new_load_id(AT, RUN) == new_load_id(AT, RUN)


def test_runs_made_in_one_millisecond_have_loads_of_their_own() -> None:
    first, second = UUID("01a20b86-1acb-7a2f-903e-4d5d3653126b"), UUID("01a20b86-1acb-7b30-803e-4d5d3653126c")
    assert new_load_id(AT, first) != new_load_id(AT, second)


def test_a_load_is_found_with_the_manifest_it_was_made_with(tmp_path: Path) -> None:
    load = made(tmp_path)
    assert open_load(tmp_path, load.id).manifest == load.manifest


def test_a_load_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    load = made(tmp_path / "workspace")
    assert load.path.stat().st_mode & 0o077 == 0
    assert (load.path / "load.json").stat().st_mode & 0o077 == 0


def test_an_unknown_load_names_the_latest_ones(tmp_path: Path) -> None:
    load = made(tmp_path)
    with pytest.raises(LoadError, match=load.id):
        open_load(tmp_path, "nothing")


@pytest.mark.parametrize("load_id", ["../x", "a/b", "", ".hidden"])
def test_a_load_id_never_leaves_the_workspace(tmp_path: Path, load_id: str) -> None:
    with pytest.raises(LoadError, match="not a load id"):
        find_load(tmp_path, load_id)


def test_every_input_changes_the_hash_and_so_does_its_place() -> None:
    parts = [b"file", b"schema", b"mapping"]
    others = [[b"File", *parts[1:]], parts[:2], [*parts, b""], [b"fileschema", b"mapping"], parts[::-1]]
    assert len({inputs_hash(each) for each in [parts, *others]}) == 6
