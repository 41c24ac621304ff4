from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

CORRECT = Path(__file__).parents[1] / "samples" / "correct_rejects.py"

NAMES = ["created", "patched", "unchanged", "deleted", "conflict", "failed", "unknown", "not started"]
OUTCOMES = dict.fromkeys(NAMES, 0)


def plan_of(workspace, load_id: str) -> list[tuple]:
    """The plan of a load, its documents as values without the stamps."""
    rows = pl.read_parquet(workspace / "loads" / load_id / "plan" / "part-*.parquet").sort("record_no")
    plan = rows.select("record_no", "action", "document", "batch", "canary").rows()
    return [(*row[:2], unstamped(json.loads(row[2])), *row[3:]) for row in plan]


def unstamped(registration: dict) -> dict:
    return {name: value for name, value in registration.items() if not name.startswith("sys_bulk_load_")}


def test_csv_and_parquet_give_the_same_plan_and_the_same_registrations(start_sandbox, regbulk_for, samples, contents):
    plans, registrations = [], []
    for name in ("registrations.csv", "registrations.parquet"):
        sandbox = start_sandbox()
        regbulk = regbulk_for(sandbox.url)
        ran = regbulk("import", samples / name, "--json")
        assert ran.status == 0, ran.stderr
        assert ran.json["outcomes"] == OUTCOMES | {"created": 1200}
        plans.append(plan_of(regbulk.workspace, ran.json["load_id"]))
        registrations.append(contents(sandbox.registrations("engine")))
    assert plans[0] == plans[1]
    assert registrations[0] == registrations[1]


def test_the_same_file_twice_sends_nothing_the_second_time(sandbox, regbulk, samples):
    assert regbulk("import", samples / "registrations.csv").status == 0
    before = sandbox.stats()
    again = regbulk("import", samples / "registrations.csv", "--json")
    assert again.status == 0
    assert again.json["outcomes"] == OUTCOMES | {"unchanged": 1200}
    sent = {name for name, count in sandbox.stats()["requests"].items() if count != before["requests"].get(name, 0)}
    assert sent == {"post /registrations/{tenantId}/search"}


def test_the_update_patches_300_in_batches_of_100(sandbox, regbulk, samples):
    regbulk("import", samples / "registrations.csv")
    before = sandbox.stats()
    ran = regbulk("import", samples / "registrations-update.csv", "--json")
    assert ran.json["outcomes"] == OUTCOMES | {"patched": 300, "unchanged": 900}
    after = sandbox.stats()
    batch = "post /registrations/{tenantId}/batch"
    canary = 1
    assert after["requests"][batch] - before["requests"].get(batch, 0) == 3 + canary
    assert after["operations"]["patch"] - before["operations"].get("patch", 0) == 300


def test_every_registration_carries_the_stamps_of_its_record(sandbox, regbulk, samples):
    load_id = regbulk("import", samples / "registrations.csv", "--json").json["load_id"]
    update_id = regbulk("import", samples / "registrations-update.csv", "--json").json["load_id"]
    rows = {
        row["sys_external_id"]: row
        for row in pl.read_csv(samples / "registrations.csv", infer_schema=False).with_row_index("n", 1).to_dicts()
    }
    for record in sandbox.registrations("engine"):
        assert record["sys_bulk_load_record_no"] == rows[record["sys_external_id"]]["n"]
        load = record["sys_bulk_load_id"]
        assert record["sys_bulk_load_pk"] == f"engine:{load}"
        if load == update_id:
            assert record["sys_bulk_load_source_file"] == "registrations-update.csv"
            assert record["sys_last_bulk_data_operation_id"] == update_id
            assert record["sys_last_bulk_data_operation_sys_version"] == "1"
        else:
            assert (load, record["sys_bulk_load_source_file"]) == (load_id, "registrations.csv")
            assert "sys_last_bulk_data_operation_id" not in record


def test_the_dirty_file_breaks_exactly_the_expected_rules(regbulk, samples):
    ran = regbulk("import", samples / "registrations-dirty.csv", "--json")
    expected = pl.read_csv(samples / "registrations-dirty.expected.csv")
    found = pl.read_parquet(regbulk.workspace / "loads" / ran.json["load_id"] / "rejects.parquet")
    columns = ["record_no", "line_no", "field", "code"]
    assert sorted(found.select(columns).rows(), key=str) == sorted(expected.select(columns).rows(), key=str)
    assert ran.status == 3
    assert ran.json["rejects"] == expected["record_no"].n_unique()
    assert ran.json["read"] == ran.json["accepted"] + ran.json["rejects"]
    assert sum(ran.json["outcomes"].values()) == ran.json["accepted"]


def test_validate_finds_the_same_without_an_api(regbulk, samples):
    ran = regbulk("validate", samples / "registrations-dirty.csv", "--json", REGBULK_API_URL="")
    expected = pl.read_csv(samples / "registrations-dirty.expected.csv")
    counts = expected.group_by("code", "field").len("count").to_dicts()
    assert ran.status == 3
    assert sorted(map(str, ran.json["errors"])) == sorted(map(str, counts))
    assert pl.read_parquet(ran.json["rejects_parquet"]).height == expected.height


def test_corrected_rejects_complete_the_load_under_their_old_record_numbers(sandbox, regbulk, samples, tmp_path):
    first = regbulk("import", samples / "registrations-dirty.csv", "--json").json
    rejects, corrected = regbulk.workspace / "loads" / first["load_id"] / "rejects.csv", tmp_path / "corrected.csv"
    subprocess.run([sys.executable, CORRECT, rejects, corrected], check=True)
    second = regbulk("import", corrected, "--json")
    assert second.status == 0, second.stderr + second.stdout
    assert second.json["read"] == first["rejects"]
    assert second.json["outcomes"]["created"] == first["rejects"]
    numbers = [record["sys_bulk_load_record_no"] for record in sandbox.registrations("engine")]
    assert sorted(numbers) == list(range(1, first["read"] + 1))


def test_rejects_imported_again_uncorrected_are_the_same_rejects(regbulk, samples):
    first = regbulk("import", samples / "registrations-dirty.csv", "--json").json
    folder = regbulk.workspace / "loads" / first["load_id"]
    second = regbulk("import", folder / "rejects.csv", "--json").json
    columns = ["record_no", "field", "code"]
    found = [
        sorted(
            pl.read_parquet(regbulk.workspace / "loads" / load["load_id"] / "rejects.parquet").select(columns).rows(),
            key=str,
        )
        for load in (first, second)
    ]
    assert found[0] == found[1]


@pytest.mark.parametrize("arguments", [[], ["--key", "sys_external_id"], ["--key", "event_id,contact_id"]])
def test_an_export_imported_again_is_an_empty_plan(sandbox, regbulk, samples, tmp_path, arguments):
    regbulk("import", samples / "registrations.csv")
    events = sorted({record["event_id"] for record in sandbox.registrations("engine")})
    out = tmp_path / "export.parquet"
    named = [part for event in events for part in ("--event", event)]
    exported = regbulk("export", *named, "--out", out, "--json")
    assert exported.status == 0, exported.stderr
    assert exported.json["rows"] == 1200
    planned = regbulk("plan", out, "--json", *arguments)
    assert planned.status == 0, planned.stderr
    assert planned.json["actions"] == {"create": 0, "patch": 0, "unchanged": 1200, "conflict": 0}


def test_a_plan_can_be_pushed_later(sandbox, regbulk, samples):
    planned = regbulk("plan", samples / "registrations.csv", "--json").json
    assert planned["actions"]["create"] == 1200
    assert sandbox.stats()["registrations"] == {}
    pushed = regbulk("push", planned["load_id"], "--json")
    assert (pushed.status, pushed.json["outcomes"]["created"]) == (0, 1200)
    outcomes = pl.read_parquet(regbulk.workspace / "loads" / planned["load_id"] / "outcomes.parquet")
    assert outcomes["outcome"].to_list() == ["created"] * 1200
    assert set(outcomes["id"]) == {record["id"] for record in sandbox.registrations("engine")}
    assert outcomes.group_by("batch_no").len()["len"].max() == 100
