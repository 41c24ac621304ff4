"""Rejects that come back: numbers, mapping and the count of what is still open."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

MAPPING = """
defaults: {empty: ["-"]}
columns:
  Nr: sys_external_id
  Person: contact_id
  Stand: {field: status, values: {ja: active, nein: draft}}
constants: {event_id: evt-family, type_id: typ-x, package_id: pkg-x}
joins: {name: {columns: [Vorname, Name], separator: " "}}
"""
LEGACY = "Nr;Person;Stand;Vorname;Name\n1;con-1;ja;Ä;Ö\n2;con-2;vielleicht;B;Ü\n3;-;nein;C;ß\n4;con-4;ja\n"


@pytest.fixture
def legacy(tmp_path):
    source, mapping = tmp_path / "legacy.csv", tmp_path / "m.yaml"
    source.write_bytes(LEGACY.encode("cp1252"))
    mapping.write_text(MAPPING, encoding="utf-8")
    return source, mapping


def opened(ran):
    return [member["open"] for member in ran.json["family"]]


def edited(path: Path, old: str, new: str, to: Path) -> Path:
    content = path.read_bytes().decode("cp1252")
    assert old in content
    to.write_bytes(content.replace(old, new).encode("cp1252"))
    return to


def test_rejects_keep_the_text_the_dialect_and_the_encoding_of_their_source(regbulk, legacy):
    source, mapping = legacy
    first = regbulk("import", source, "--mapping", mapping, "--encoding", "cp1252", "--json")
    assert first.status == 3
    assert (first.json["read"], first.json["rejects"], first.json["outcomes"]["created"]) == (4, 3, 1)
    rejects = Path(first.json["load_path"], "rejects.csv").read_bytes().decode("cp1252").splitlines()
    assert rejects[0] == "Nr;Person;Stand;Vorname;Name;_load_id;_record_no;_line_no;_errors"
    assert rejects[1].startswith(f"2;con-2;vielleicht;B;Ü;{first.json['load_id']};2;3;")
    assert rejects[3].startswith(f"4;con-4;ja;{first.json['load_id']};4;5;")


def test_corrected_rejects_come_back_with_the_mapping_of_their_load(regbulk, legacy, sandbox, tmp_path):
    source, mapping = legacy
    first = regbulk("import", source, "--mapping", mapping, "--encoding", "cp1252", "--json")
    mapping.unlink()  # the load has kept it
    rejects = Path(first.json["load_path"], "rejects.csv")
    second = regbulk("import", edited(rejects, "vielleicht", "nein", tmp_path / "a.csv"), "--json")
    assert (second.json["read"], second.json["rejects"], opened(second)) == (3, 2, [3, 2])
    rejects = Path(second.json["load_path"], "rejects.csv")
    half = edited(rejects, "4;con-4;ja;", "4;con-4;ja;D;É;", tmp_path / "b.csv")
    third = regbulk("import", edited(half, "3;-;", "3;con-3;", half), "--json")
    assert third.status == 0
    assert opened(third) == [3, 2, 0]
    found = {r["sys_external_id"]: r for r in sandbox.registrations("engine")}
    assert {key: r["sys_bulk_load_record_no"] for key, r in found.items()} == {"1": 1, "2": 2, "3": 3, "4": 4}
    assert {r["name"] for r in found.values()} == {"Ä Ö", "B Ü", "C ß", "D É"}
    told = regbulk("status", third.json["load_id"])
    assert f"3 after load {first.json['load_id']}, then 2 after load {second.json['load_id']}, then 0" in told.stdout


def test_the_same_rejects_twice_leave_the_same_open(regbulk, legacy):
    source, mapping = legacy
    first = regbulk("import", source, "--mapping", mapping, "--encoding", "cp1252", "--json")
    again = regbulk("import", Path(first.json["load_path"], "rejects.csv"), "--json")
    assert opened(again) == [3, 3]
    assert rows(again) == rows(first)


def rows(ran) -> list[tuple[str, str]]:
    """What was refused and why, without the load that refused it."""
    with Path(ran.json["load_path"], "rejects.csv").open(encoding="cp1252", newline="") as stream:
        reader = csv.reader(stream, delimiter=";")
        return [(record[-3], record[-1].split(" (the record begins")[0]) for record in reader]


def test_rejects_of_a_load_that_the_workspace_does_not_know_are_a_source_like_any_other(regbulk, legacy, tmp_path):
    source, mapping = legacy
    first = regbulk("import", source, "--mapping", mapping, "--encoding", "cp1252", "--json")
    rejects = tmp_path / "elsewhere.csv"
    shutil.copy(Path(first.json["load_path"], "rejects.csv"), rejects)
    shutil.rmtree(first.json["load_path"])
    again = regbulk("import", rejects, "--mapping", mapping, "--encoding", "cp1252", "--json")
    assert (again.status, again.json["rejects"], opened(again)) == (3, 3, [3])


def test_a_column_of_stamps_makes_no_source_the_rejects_of_a_load(regbulk, tmp_path):
    header = "sys_external_id,event_id,contact_id,type_id,package_id,name"
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(f"{header}\nL-1,e,c1,t,p,A\n")
    load = regbulk("import", first, "--mode", "create", "--json").json["load_id"]
    second.write_text(f"{header},sys_bulk_load_id,sys_bulk_load_record_no\nL-1,e,c1,t,p,B,{load},1\n")
    ran = regbulk("import", second, "--json")
    assert (ran.status, ran.json["outcomes"]["patched"]) == (0, 1)
    assert len(ran.json["family"]) == 1


def test_rejects_of_another_tenant_join_no_family_and_a_plan_closes_none(regbulk, legacy, tmp_path):
    source, mapping = legacy
    first = regbulk("import", source, "--mapping", mapping, "--encoding", "cp1252", "--json")
    fixed = edited(Path(first.json["load_path"], "rejects.csv"), "vielleicht", "nein", tmp_path / "a.csv")
    elsewhere = ("--mapping", mapping, "--encoding", "cp1252", "--tenant", "another")
    assert opened(regbulk("plan", fixed, *elsewhere, "--json")) == [2]
    assert opened(regbulk("plan", fixed, "--json")) == [3, 3]
    assert opened(regbulk("status", first.json["load_id"], "--json"))[0] == 3


def test_a_mode_that_is_asked_for_wins_over_that_of_the_first_load(regbulk, legacy):
    source, mapping = legacy
    first = regbulk("import", source, "--mapping", mapping, "--encoding", "cp1252", "--json")
    again = regbulk("plan", Path(first.json["load_path"], "rejects.csv"), "--mode", "create", "--json")
    manifest = json.loads(Path(again.json["load_path"], "load.json").read_text())
    assert (manifest["mode"], manifest["family"]) == ("create", first.json["load_id"])


def test_rejects_in_a_dialect_that_was_told_come_back_without_telling_it_again(regbulk, tmp_path):
    source, mapping = tmp_path / "a.csv", tmp_path / "m.yaml"
    source.write_text("Nr^Person\n1^con-1\n2^\n")
    constants = "constants: {event_id: e, type_id: t, package_id: p, name: x}\n"
    mapping.write_text("columns: {Nr: sys_external_id, Person: contact_id}\n" + constants)
    first = regbulk("import", source, "--mapping", mapping, "--delimiter", "^", "--json")
    again = regbulk("import", Path(first.json["load_path"], "rejects.csv"), "--json")
    assert (again.json["read"], opened(again)) == (1, [1, 1])


def test_a_footer_is_no_open_reject(regbulk, tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("sys_external_id,event_id,contact_id,type_id,package_id,name\nL-1,e,c1,t,p,A\nTotal: 1,,,,,\n")
    first = regbulk("import", source, "--json")
    assert (first.json["rejects"], opened(first)) == (1, [0])


def test_what_an_option_says_wins_over_the_mapping_also_where_it_is_the_usual(regbulk, tmp_path):
    source, mapping = tmp_path / "a.csv", tmp_path / "m.yaml"
    source.write_text("sys_external_id,event_id,contact_id,type_id,package_id,name\nL-1,e,c1,t,p,A\nTotal: 1,,,,,\n")
    mapping.write_text("source: {footer: skip}\n")
    assert regbulk("validate", source, "--mapping", mapping, "--json").json["rejects"] == 0
    told = regbulk("validate", source, "--mapping", mapping, "--footer", "reject", "--json").json
    assert told["errors"][0]["code"] == "footer-row"


@pytest.mark.parametrize("name", ["a.csv.zip", "a.csv.xz", "a.csv.gz"])
def test_a_file_that_cannot_be_unpacked_is_told_in_words(regbulk, tmp_path, name):
    source = tmp_path / name
    source.write_bytes(b"\x1f\x8b\x08 and then nothing that was ever packed")
    ran = regbulk("validate", source)
    assert ran.status == 1
    assert name in ran.stderr
