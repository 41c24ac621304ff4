from __future__ import annotations

import csv
import stat

import pytest

LOAD_KEYS = {"load_id", "load_path", "read", "accepted", "rejects", "outcomes", "seconds"}
OUTCOMES = ["created", "patched", "unchanged", "deleted", "conflict", "failed", "unknown", "not started"]


@pytest.fixture
def loaded(regbulk, samples):
    return regbulk("import", samples / "registrations.csv", "--json")


def test_import_prints_one_object_and_names_the_load_on_stderr(loaded):
    assert loaded.json.keys() >= LOAD_KEYS
    assert list(loaded.json["outcomes"]) == OUTCOMES
    assert loaded.json["load_id"] in loaded.stderr.splitlines()[0]


def test_plan_prints_its_actions(regbulk, samples):
    planned = regbulk("plan", samples / "registrations.csv", "--json").json
    assert planned.keys() >= LOAD_KEYS | {"actions"}
    assert planned["actions"] == {"create": 1200, "patch": 0, "unchanged": 0, "conflict": 0}
    assert planned["not_started"] == 1200


def test_status_lists_loads_newest_last(loaded, regbulk, samples):
    second = regbulk("plan", samples / "registrations-update.csv", "--json").json
    loads = regbulk("status", "--json").json["loads"]
    assert [load["load_id"] for load in loads] == [loaded.json["load_id"], second["load_id"]]
    assert [load["state"] for load in loads] == ["finished", "planned"]
    assert loads[0].keys() == {"load_id", "state", "tenant", "source", "started_at", "outcomes"}
    assert loads[0]["outcomes"] == loaded.json["outcomes"]


def test_status_of_one_load_and_of_none(loaded, regbulk):
    assert regbulk("status", loaded.json["load_id"], "--json").json["outcomes"] == loaded.json["outcomes"]
    missing = regbulk("status", "nothing")
    assert missing.status == 1
    assert loaded.json["load_id"] in missing.stderr


def test_validate_prints_its_counts(regbulk, samples):
    found = regbulk("validate", samples / "registrations-dirty.csv", "--json").json
    assert found.keys() == {
        "source",
        "read",
        "accepted",
        "rejects",
        "skipped",
        "references_elsewhere",
        "decisions",
        "errors",
        "rejects_csv",
        "rejects_parquet",
    }
    assert found["read"] == found["accepted"] + found["rejects"]
    assert all(error.keys() == {"code", "field", "count"} for error in found["errors"])


def test_export_prints_its_counts(loaded, regbulk, tmp_path):
    out = tmp_path / "e.parquet"
    found = regbulk("export", "--event", "evt-annual-2027", "--status", "active", "--out", out, "--json").json
    assert found.keys() == {"rows", "pages", "path", "manifest_path", "seconds"}
    assert 0 < found["rows"] < 1200


def test_a_template_has_every_column_that_may_be_written_and_is_accepted_as_it_is(regbulk, tmp_path):
    out = tmp_path / "template.csv"
    assert regbulk("template", "--out", out).status == 0
    (header,) = csv.reader(out.read_text().splitlines())
    assert {"event_id", "contact_id", "sys_external_id", "custom_field_values"} <= set(header)
    assert not {"id", "number", "sys_version", "sys_bulk_load_id"} & set(header)
    assert regbulk("template").stdout == out.read_text()
    empty = regbulk("validate", out, "--json")
    assert (empty.status, empty.json["read"]) == (0, 0), empty.stderr


def test_rules_of_ones_own_are_added(regbulk, samples, tmp_path):
    own = tmp_path / "own.schema.json"
    own.write_text('{"properties": {"country": {"enum": ["DE"]}}}')
    found = regbulk("validate", samples / "registrations.csv", "--schema", own, "--json")
    assert found.status == 3
    assert {error["field"] for error in found.json["errors"]} == {"country"}


def test_everything_a_load_leaves_behind_is_its_owners_alone(loaded, regbulk):
    files = [path for path in regbulk.workspace.rglob("*") if path.is_file()]
    shared = [path for path in files if stat.S_IMODE(path.stat().st_mode) & 0o077]
    within = [
        path
        for path in shared
        if all(parent.stat().st_mode & 0o077 for parent in path.parents if regbulk.workspace in parent.parents)
    ]
    assert not within, "a file others can read inside folders others can enter"
    assert regbulk.workspace.stat().st_mode & 0o077 == 0


def test_a_load_of_nothing_is_finished(regbulk, tmp_path):
    source = tmp_path / "empty.csv"
    source.write_text("event_id,contact_id,name,type_id,package_id\n")
    ran = regbulk("import", source, "--json")
    assert (ran.status, ran.json["read"], ran.json["state"]) == (0, 0, "finished"), ran.stderr


def test_a_missing_source_is_one_plain_line(regbulk):
    ran = regbulk("import", "nowhere.csv", "--json")
    assert ran.status == 1
    assert "nowhere.csv" in ran.json["error"]
    assert len(ran.stderr.splitlines()) <= 2
