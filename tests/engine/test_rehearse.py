from __future__ import annotations

import copy
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import fields
from pathlib import Path

import polars as pl
import psutil
import pytest

from regbulk.cli.inputs import asks_for_inputs
from regbulk.inputs import Inputs
from regbulk.load import find_load
from regbulk.rehearsal.compare import compare
from regbulk.rehearsal.importer import arguments, environment
from regbulk.settings import Settings
from regbulk.source import SourceOptions

QUICKLY = {"REGBULK_SETTLE_SECONDS": "0.5", "REGBULK_TIMEOUT": "2", "REGBULK_CONCURRENCY": "4"}
SECRET = "a-key-that-stays-at-home"


def source(path: Path, rows: int) -> Path:
    same = {"event_id": "e", "name": "N", "type_id": "t", "package_id": "p"}
    pl.DataFrame(same | {"contact_id": [f"c{n}" for n in range(rows)]}).write_csv(path)
    return path


class Listener:
    """An API of the user that nobody may call: it counts who comes."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.visitors = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        try:
            while True:
                self._socket.accept()[0].close()
                self.visitors += 1
        except OSError:
            return

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def mine():
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def rehearse(regbulk_for, mine, tmp_path):
    def run(*given, **environment):
        users = {"REGBULK_API_KEY": SECRET, "REGBULK_TENANT": "production", **QUICKLY}
        return regbulk_for(mine.url)("rehearse", *given, "--workspace", tmp_path / "left", **users | environment)

    return run


def test_a_bad_day_ends_with_every_record_once_and_never_calls_the_users_api(rehearse, mine, tmp_path):
    ran = rehearse(source(tmp_path / "a.csv", 150), "--json", "--faults", "lossy", "--faults", "429=zero:every=60")
    assert ran.status == 0, ran.stdout + ran.stderr
    day, fair = ran.json["bad_day"], ran.json["without_faults"]
    assert day["found"]["right"] == fair["found"]["right"] == 150
    assert ran.json["struck"]["429=zero:every=60"] >= 2
    assert sum(ran.json["struck"].values()) > 6
    assert day["calls"] > fair["calls"]
    assert ran.json["verdict"] == ["all 150 accepted records are there exactly once and as they should be"]
    assert "your API is not called" in ran.stderr
    assert mine.visitors == 0
    left = [path for path in (tmp_path / "left").rglob("*") if path.is_file()]
    assert left
    assert not [path for path in left if SECRET.encode() in path.read_bytes() or b"production" in path.read_bytes()]


def test_an_importer_killed_again_and_again_goes_on_each_time(rehearse, tmp_path):
    ran = rehearse(source(tmp_path / "a.csv", 200), "--quick", "--kill", "2", "--seed", "3", "--faults", "latency=0.02")
    assert ran.status == 0, ran.stdout + ran.stderr
    assert "killed" in ran.stdout
    assert ran.stderr.count("bad day: killed, ") == 2
    assert ran.stderr.count("bad day: going on with regbulk push ") == 2
    assert "there once 200 · lost 0 · written twice 0 · different 0 · unknown 0" in ran.stdout


def test_rejects_are_told_and_the_rest_is_proved(rehearse, samples):
    ran = rehearse(samples / "registrations-dirty.csv", "--quick", "--faults", "status-before=503:every=50")
    assert ran.status == 3, ran.stdout + ran.stderr
    assert "lost 0 · written twice 0 · different 0 · unknown 0" in ran.stdout
    assert "were rejected" in ran.stdout


@pytest.mark.parametrize("quick", [["--quick"], []])
def test_values_that_a_dialect_keeps_otherwise_are_told_and_are_no_fault_of_the_import(rehearse, tmp_path, quick):
    source(tmp_path / "a.csv", 12)
    pl.read_csv(tmp_path / "a.csv").with_columns(notes=pl.lit(" wide ")).write_csv(tmp_path / "wide.csv")
    faults = "reset-after@create:once-at=3"
    ran = rehearse(tmp_path / "wide.csv", *quick, "--dialect", "trimmed-texts", "--faults", faults)
    assert ran.status == 3, ran.stdout + ran.stderr
    assert "12 are kept otherwise (notes)" in ran.stdout
    assert ("without --quick" in ran.stdout) == bool(quick), "only a day without faults can tell"
    assert "report it" not in ran.stderr


def test_children_are_compared_with_the_ids_their_parents_got(rehearse, samples):
    mapping = ("--mapping", samples / "legacy-mapping.yaml")
    ran = rehearse(samples / "legacy.csv", *mapping, "--quick", "--faults", "reset-after@write:p=0.01")
    assert ran.status == 3, ran.stdout + ran.stderr
    assert "there once 1,928 · lost 0 · written twice 0 · different 0 · unknown 0" in ran.stdout


def test_a_limit_that_never_lets_go_is_given_up_and_the_load_goes_on_when_it_is_gone(rehearse, tmp_path):
    soon = {"REGBULK_ATTEMPTS": "2", "REGBULK_OUTAGE_SECONDS": "0.5"}
    ran = rehearse(source(tmp_path / "a.csv", 20), "--quick", "--faults", "429=zero@create:always", **soon)
    assert ran.status == 0, ran.stdout + ran.stderr
    assert ran.stderr.count("bad day: stopped (exit status 1), 0 of 20 records there: ") == 4
    assert "bad day: it did not get through; the faults are off now, going on" in ran.stderr
    assert "there once 20 · lost 0 · written twice 0 · different 0 · unknown 0" in ran.stdout


def test_a_dialect_that_stops_the_load_is_told_with_the_setting_that_helps(rehearse, tmp_path):
    rows = source(tmp_path / "a.csv", 30)
    stopped = rehearse(rows, "--dialect", "drop-stamps", "--faults", "reset-after@write:once-at=5")
    assert stopped.status == 4, stopped.stdout + stopped.stderr
    assert "REGBULK_STAMPS=omit" in stopped.stderr
    shutil.rmtree(tmp_path / "left")
    set_right = rehearse(
        rows, "--dialect", "drop-stamps", "--faults", "reset-after@write:once-at=15", REGBULK_STAMPS="omit"
    )
    assert set_right.status == 0, set_right.stdout + set_right.stderr
    assert "there once 30 · " in set_right.stdout


@pytest.mark.parametrize(
    ("header", "more", "told"),
    [
        ("id,event_id,contact_id,name", (), "its records have ids"),
        ("event_id,contact_id,name", ("--faults", "earthquake"), "earthquake"),
        ("event_id,contact_id,name", ("--dialect", "klingon"), "klingon"),
    ],
    ids=["ids", "no such fault", "no such dialect"],
)
def test_what_cannot_be_rehearsed_is_refused_before_anything_runs(rehearse, tmp_path, header, more, told):
    (tmp_path / "a.csv").write_text(f"{header}\n{'x,' * header.count(',')}x\n")
    ran = rehearse(tmp_path / "a.csv", *more)
    assert ran.status in {1, 2}
    assert told in ran.stderr
    assert "records in" not in ran.stderr


def test_a_folder_with_files_in_it_is_refused(rehearse, tmp_path):
    (tmp_path / "left").mkdir()
    (tmp_path / "left" / "ledger.sqlite").touch()
    ran = rehearse(source(tmp_path / "a.csv", 1))
    assert ran.status == 2
    assert "a rehearsal begins in an empty folder" in ran.stderr


def test_an_interrupted_rehearsal_takes_its_processes_with_it(regbulk_for, mine, tmp_path):
    rows = source(tmp_path / "a.csv", 2_000)
    given = ("--quick", "--faults", "latency=0.1", "--workspace", tmp_path / "left")
    with regbulk_for(mine.url).start("rehearse", rows, *given) as process:
        deadline = time.monotonic() + 60
        while not list((tmp_path / "left").glob("*/loads/*/load.json")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert "rehearsal interrupted" in stderr
    assert len(children) >= 2
    assert psutil.wait_procs(children, timeout=10)[1] == []


def test_every_option_about_a_source_is_passed_on(tmp_path):
    asked: list[Inputs] = []
    given = Inputs(
        source=str(tmp_path / "a.csv"),
        mode="create",
        key=("event_id", "contact_id"),
        own_schema=tmp_path / "own.json",
        mapping=tmp_path / "m.yaml",
        options=SourceOptions("cp1252", ";", "", "\\", "Sheet 1", "reject", "skip"),
    )
    assert all(getattr(given.options, field.name) is not None for field in fields(SourceOptions))

    def keep(inputs: Inputs) -> None:
        asked.append(inputs)

    import typer

    app = typer.Typer()
    app.command("import")(asks_for_inputs(keep))
    app.callback()(lambda: None)
    app(arguments(given), standalone_mode=False)
    assert asked == [given]


def test_settings_about_an_api_stay_at_home_and_all_others_come_along(tmp_path, monkeypatch):
    secrets = {"api_key": SECRET, "client_id": "me", "client_secret": SECRET, "token_url": "https://t.example/token"}
    users = {"api_url": "https://a.example", "tenant": "production", "batch_size": 7, "create_in_batch": True}
    monkeypatch.setenv("REGBULK_API_KEY", SECRET)
    settings = Settings.model_validate(users | secrets)
    found = environment(settings, url="http://127.0.0.1:1", tenant="bad-day", workspace=tmp_path)
    for name, value in found.items():
        monkeypatch.setenv(name, value)
    for name in set(os.environ) - set(found):
        monkeypatch.delenv(name)
    taken = Settings.model_validate({})
    assert taken.model_dump(exclude_unset=True, exclude={"api_key"}) == {
        "api_url": "http://127.0.0.1:1",
        "timeout": 5.0,
        "tenant": "bad-day",
        "workspace": tmp_path,
        "batch_size": 7,
        "create_in_batch": True,
    }
    assert not [value for value in found.values() if SECRET in value or "example" in value]


@pytest.fixture(scope="module")
def loaded(session_starter, tmp_path_factory, samples):
    """A load with parents and children, and what its tenant holds."""
    sandbox, workspace = session_starter(), tmp_path_factory.mktemp("loaded")
    own = {"API_URL": sandbox.url, "TENANT": "t", "API_KEY": "k", "WORKSPACE": str(workspace)}
    given = {name: value for name, value in os.environ.items() if not name.startswith("REGBULK_")}
    command = [sys.executable, "-m", "regbulk", "import", samples / "legacy.csv"]
    subprocess.run(
        [*command, "--mapping", samples / "legacy-mapping.yaml"],
        env=given | {f"REGBULK_{name}": value for name, value in own.items()},
        check=False,
        capture_output=True,
    )
    (path,) = workspace.glob("loads/*")
    return find_load(workspace, path.name), sandbox.registrations("t")


def number_of(registration) -> int:
    return int(registration["sys_bulk_load_record_no"])


def test_a_sound_load_is_found_sound(loaded):
    load, registrations = loaded
    found = compare(load, registrations)
    assert found == (len(registrations), [], [], {}, [], [])


def test_what_is_missing_is_lost_and_what_is_there_twice_is_doubled(loaded):
    load, (first, second, *rest) = loaded
    children = {one["id"] for one in rest if one.get("parent_registration_id") == first["id"]}
    found = compare(load, [second, second | {"id": "again"}, *rest])
    assert found.lost == [number_of(first)]
    assert found.doubled == [number_of(second)]
    assert found.right == len(rest) - len(children)


def test_a_copy_without_its_stamps_is_known_by_its_key(loaded):
    load, (first, *rest) = loaded
    bare = {name: value for name, value in first.items() if not name.startswith("sys_bulk")} | {"id": "again"}
    assert compare(load, [first, bare, *rest]).doubled == [number_of(first)]


@pytest.mark.parametrize(
    ("name", "value"), [("name", "Another"), ("notes_nobody_sent", "x"), ("sys_bulk_load_source_file", "b.csv")]
)
def test_a_value_that_was_not_sent_is_different(loaded, name, value):
    load, (first, *rest) = loaded
    found = compare(load, [first | {name: value}, *rest])
    assert found.different == {number_of(first): (name,)}


def test_a_child_under_another_parent_is_different(loaded):
    load, registrations = loaded
    moved = copy.deepcopy(registrations)
    child = next(one for one in moved if one.get("parent_registration_id"))
    child["parent_registration_id"] = child["id"]
    assert compare(load, moved).different == {number_of(child): ("parent_registration_id",)}


def test_a_registration_of_nobody_is_a_stranger(loaded):
    load, registrations = loaded
    assert compare(load, [*registrations, {"id": "x", "event_id": "?", "contact_id": "?"}]).strangers == ["x"]
