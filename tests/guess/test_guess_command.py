from __future__ import annotations

import json
import subprocess
import sys

import pytest
import yaml

ROWS = "Teilnehmer-Nr,Vorname,Nachname,Mitglied,Zimmer\n000017,Eva,Öhler,4711,\n18,Jo,Park,4712,ruhig\n"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "legacy.csv"
    path.write_text(ROWS, encoding="utf-8")
    (tmp_path / "crosswalk.csv").write_text("member_no,contact_id\n4711,con-1\n4712,con-2\n", encoding="utf-8")
    return path


@pytest.fixture
def guess(tmp_path):
    """Runs `regbulk guess` in a process of its own."""

    def run(*arguments):
        command = [sys.executable, "-m", "regbulk", "guess", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, encoding="utf-8")

    return run


def test_guess_prints_the_draft_and_says_on_stderr_what_is_decided_left_and_next(source, guess):
    ran = guess(source)
    assert ran.returncode == 0, ran.stderr
    assert yaml.safe_load(ran.stdout)["columns"]["Teilnehmer-Nr"] == {"field": "sys_external_id", "pad": 6}
    assert "'Vorname' -> first_name: the name is a German word for it" in ran.stderr
    assert "left to decide (" in ran.stderr
    assert "'Zimmer': no field has this name" in ran.stderr
    assert ran.stderr.splitlines()[-1].startswith("next: ")
    assert f"regbulk validate {source} --mapping mapping.yaml" in ran.stderr
    assert "ruhig" not in ran.stderr + ran.stdout


def test_guess_writes_a_file_and_names_crosswalks_from_beside_it(source, guess, tmp_path):
    out = tmp_path / "maps" / "legacy.yaml"
    out.parent.mkdir()
    ran = guess(source, "--out", out, "--lookup", tmp_path / "crosswalk.csv")
    assert (ran.returncode, ran.stdout) == (0, "")
    assert f"draft written to {out}" in ran.stderr
    said = yaml.safe_load(out.read_text(encoding="utf-8"))["columns"]["Mitglied"]
    assert said["lookup"] == {"file": "../crosswalk.csv", "key": "member_no", "value": "contact_id"}


def test_guess_never_writes_over_a_file(source, guess, tmp_path):
    out = tmp_path / "legacy.yaml"
    out.write_text("work\n")
    ran = guess(source, "--out", out)
    assert ran.returncode == 2
    assert "exists already" in ran.stderr
    assert out.read_text() == "work\n"


def test_guess_gives_machines_one_object(source, guess):
    found = json.loads(guess(source, "--json").stdout)
    assert found.keys() == {"source", "records", "decisions", "columns", "left", "path", "mapping"}
    assert found["records"] == 2
    assert found["columns"][1] == {
        "column": "Vorname",
        "target": "first_name",
        "decided": True,
        "grounds": ["the name is a German word for it"],
        "asks": [],
    }
    assert yaml.safe_load(found["mapping"])["columns"]["Vorname"] == "first_name"


def test_guess_reads_a_source_as_it_is_told(tmp_path, guess):
    path = tmp_path / "pipes.csv"
    path.write_bytes("Ort|Land\nKöln|Österreich\n".encode("cp1252"))
    ran = guess(path, "--encoding", "cp1252", "--delimiter", "|")
    assert yaml.safe_load(ran.stdout)["source"] == {"encoding": "cp1252", "delimiter": "|"}


def test_a_header_that_cannot_be_told_apart_is_an_error(tmp_path, guess):
    path = tmp_path / "twice.csv"
    path.write_text("Ort,ort \na,b\n")
    ran = guess(path)
    assert ran.returncode == 1
    assert "differ only in case or spaces" in ran.stderr


def test_guess_makes_no_folders(source, guess, tmp_path):
    ran = guess(source, "--out", tmp_path / "nowhere" / "legacy.yaml")
    assert ran.returncode == 2
    assert f"no such folder: {tmp_path / 'nowhere'}" in ran.stderr
    assert not (tmp_path / "nowhere").exists()


def test_guess_writes_no_file_over_a_folder(source, guess):
    ran = guess(source, "--out", ".")
    assert ran.returncode == 2
    assert ". is a folder; name a file in it" in ran.stderr


def test_a_broken_crosswalk_is_told_without_a_word_about_sending(source, guess):
    ran = guess(source, "--lookup", "nowhere.csv")
    assert ran.returncode == 1
    assert "nowhere.csv: no mapping was drafted:\n  - no such file" in ran.stderr
    assert "sent" not in ran.stderr


def test_a_source_without_names_is_refused_and_its_cells_stay_unseen(tmp_path, guess):
    path = tmp_path / "bare.csv"
    path.write_text("eva@example.org,Eva,80331\njo@example.org,Jo,80332\n")
    ran = guess(path)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "the first line looks like a record, not names; add a line with names" in ran.stderr
    assert "eva" not in ran.stderr.lower()
