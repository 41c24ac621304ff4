"""Cases of the fault matrix that only whole records show, named by their codes."""

from __future__ import annotations

import csv
from pathlib import Path

HEADER = "sys_external_id,event_id,contact_id,type_id,package_id,name"


def rejected(ran) -> list[tuple[str, str]]:
    with Path(ran.json["load_path"], "rejects.csv").open(encoding="utf-8", newline="") as stream:
        return [(row["_record_no"], row["_errors"].split(":")[0]) for row in csv.DictReader(stream)]


def test_c34_records_with_one_external_id_are_all_refused_identical_or_not(regbulk, tmp_path, sandbox):
    source = tmp_path / "c34.csv"
    same, other = "L-1,e,c1,t,p,A\n", "L-2,e,c2,t,p,B\n"
    source.write_text(f"{HEADER}\n{same}{same}{other}L-2,e,c3,t,p,C\nL-3,e,c4,t,p,D\n")
    ran = regbulk("import", source, "--json")
    assert rejected(ran) == [(number, "duplicate-key sys_external_id") for number in "1234"]
    assert [found["name"] for found in sandbox.registrations("engine")] == ["D"]


def test_c36_a_record_sound_by_itself_is_refused_for_what_another_one_is(regbulk, tmp_path, sandbox):
    source, mapping = tmp_path / "c36.csv", tmp_path / "m.yaml"
    source.write_text(f"{HEADER},host\nL-1,e,c1,t,p,A,\nL-2,e,,t,p,B,\nL-3,e,c3,t,p,C,L-2\nL-4,e,c4,t,p,D,L-1\n")
    mapping.write_text("columns: {host: {reference: {field: parent_registration_id, to: sys_external_id}}}\n")
    ran = regbulk("import", source, "--mapping", mapping, "--json")
    assert rejected(ran) == [("2", "missing-value contact_id"), ("3", "reference-error parent_registration_id")]
    found = {each["name"]: each for each in sandbox.registrations("engine")}
    assert found.keys() == {"A", "D"}
    assert found["D"]["parent_registration_id"] == found["A"]["id"]


def test_c41_stamps_in_a_source_are_not_sent_the_load_has_its_own(regbulk, tmp_path, sandbox):
    source = tmp_path / "c41.csv"
    stamps = "sys_bulk_load_id,sys_bulk_load_record_no,sys_bulk_load_source_file,sys_version"
    source.write_text(f"{HEADER},{stamps}\nL-1,e,c1,t,p,A,old-load,77,old.csv,9\n")
    ran = regbulk("import", source, "--json")
    (found,) = sandbox.registrations("engine")
    assert found["sys_bulk_load_id"] == ran.json["load_id"]
    assert (found["sys_bulk_load_record_no"], found["sys_bulk_load_source_file"]) == (1, "c41.csv")
    assert found["sys_version"] == 1
