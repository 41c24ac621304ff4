"""Beginning a load: what it keeps is what was read, and a load that was killed while it began goes on with it."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from regbulk.errors import LoadError
from regbulk.inputs import Inputs
from regbulk.ledger import open_ledger
from regbulk.load import find_load
from regbulk.settings import load_settings
from regbulk.work import begin, take_up

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
import regbulk.load
from regbulk.inputs import Inputs
from regbulk.ledger import open_ledger
from regbulk.settings import load_settings
from regbulk.work import begin

left = int(sys.argv[2])
folder = Path(sys.argv[1])

def stop_after(event, arguments):
    global left
    if event == "os.rename" and "/loads/" in str(arguments[1]):
        left -= 1
        if left < 0:
            os._exit(9)

sys.addaudithook(stop_after)
settings = load_settings(dict(api_url="http://127.0.0.1:1", tenant="t", api_key="k", workspace=str(folder / "ws")))
inputs = Inputs(str(folder / "a.csv"), mapping=folder / "m.yaml")
with open_ledger(settings.workspace) as ledger:
    begin(settings, ledger, inputs, load_id="x", now=datetime(2026, 11, 24, 2, tzinfo=UTC))
"""


@pytest.fixture
def legacy(tmp_path: Path) -> Inputs:
    (tmp_path / "a.csv").write_text("nr,person\n1,old1\n")
    (tmp_path / "t.csv").write_text("old,new\nold1,new1\n")
    (tmp_path / "m.yaml").write_text(
        "columns:\n  nr: sys_external_id\n  person: {field: contact_id, lookup: {file: t.csv, key: old, value: new}}\n"
        "constants: {event_id: e}\n"
    )
    return Inputs(str(tmp_path / "a.csv"), mapping=tmp_path / "m.yaml")


def begun(folder: Path, inputs: Inputs):
    given = {"api_url": "http://127.0.0.1:1", "tenant": "t", "api_key": "k", "workspace": str(folder / "ws")}
    settings = load_settings(given)
    with open_ledger(settings.workspace) as ledger:
        load = begin(settings, ledger, inputs, load_id="x", now=NOW)
        return take_up(load, ledger, settings, lambda *_: None)


def test_a_load_keeps_mapping_and_lookups_and_goes_on_without_the_files_it_began_with(legacy, tmp_path):
    begun(tmp_path, legacy)
    (tmp_path / "m.yaml").unlink()
    (tmp_path / "t.csv").unlink()
    load = find_load(tmp_path / "ws", "x")
    with open_ledger(tmp_path / "ws") as ledger:
        settings = load_settings({"workspace": str(tmp_path / "ws"), "api_key": "k"})
        means = take_up(load, ledger, settings, lambda *_: None).means
    assert means.mapping.columns[1].name == "person"
    assert {path.stat().st_mode & 0o077 for path in load.path.rglob("*")} == {0}


@pytest.mark.parametrize("files", [0, 1, 2])
def test_killed_while_it_began_a_load_is_begun_again_whole(legacy, tmp_path, files):
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(files)]
    assert subprocess.run(command, check=False, env=os.environ).returncode == 9
    assert find_load(tmp_path / "ws", "x") is None
    work = begun(tmp_path, legacy)
    there = {str(path.relative_to(work.load.path)) for path in work.load.path.glob("mapping/[!.]*")}
    assert set(work.load.manifest.files) == there
    assert work.means.mapping is not None


def test_a_kept_file_that_is_gone_is_an_error_and_not_a_load_without_it(legacy, tmp_path):
    work = begun(tmp_path, legacy)
    (work.load.path / "mapping" / "mapping.yaml").unlink()
    with pytest.raises(LoadError, match=r"mapping\.yaml is gone from its folder; begin a new load"):
        work.means  # noqa: B018 - the look is what raises


@pytest.mark.parametrize(
    ("given", "one"),
    [
        ("HTTP://LocalHost.:80/V1/", "http://localhost/V1"),
        ("https://api.example:443", "https://api.example"),
        ("https://API.example:8443//", "https://api.example:8443"),
        ("http://[::1]:80/", "http://[::1]"),
    ],
)
def test_an_address_has_one_spelling(given, one):
    assert load_settings({"api_url": given}).api_url == one
