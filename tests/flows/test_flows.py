from __future__ import annotations

import json
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "sample_data"
RUN = """
import asyncio, json, sys
from regbulk.flows.{module} import {flow} as face
state = asyncio.run(face(**json.loads(sys.argv[1]), return_state=True))
print(json.dumps([state.type.value, state.name, state.message]))
"""


def run_flow(prefect_server, environment, flow: str, **parameters) -> list[str]:
    code = RUN.format(module=flow, flow=flow)
    out = prefect_server.run(sys.executable, "-c", code, json.dumps(parameters), **environment)
    return json.loads(out.splitlines()[-1])


def test_a_clean_import_completes_and_its_steps_are_named_tasks(prefect_server, sandbox, api_environment):
    kind, name, _ = run_flow(
        prefect_server, api_environment, "import_registrations", source=str(SAMPLES / "registrations.csv")
    )
    assert (kind, name) == ("COMPLETED", "Completed")
    assert sandbox.stats()["registrations"] == {"flows": 1200}
    runs = prefect_server.ask("task_runs/filter", limit=50)
    assert {"stage", "read target", "plan-0", "push-0"} <= {run["name"] for run in runs}


def test_a_legacy_file_is_imported_through_its_mapping_wave_by_wave(prefect_server, sandbox, api_environment):
    kind, name, _ = run_flow(
        prefect_server,
        api_environment,
        "import_registrations",
        source=str(SAMPLES / "legacy.csv"),
        mapping=str(SAMPLES / "legacy-mapping.yaml"),
        max_rejects="5%",
    )
    assert (kind, name) == ("COMPLETED", "Completed with 72 rejects")
    assert sandbox.stats()["registrations"] == {"flows": 1928}
    runs = prefect_server.ask("task_runs/filter", limit=200)
    assert {"push-0", "push-0-wave-1", "push-0-wave-2"} <= {run["name"] for run in runs}


def test_too_many_rejects_fail_the_run_before_anything_is_sent(prefect_server, sandbox, api_environment):
    kind, _, message = run_flow(
        prefect_server,
        api_environment,
        "import_registrations",
        source=str(SAMPLES / "registrations-dirty.csv"),
        max_rejects="1%",
    )
    assert kind == "FAILED"
    assert "expected at most 1% (--max-rejects)" in message
    assert sandbox.stats()["registrations"] == {}


@pytest.mark.parametrize(("strict", "kind"), [(False, "COMPLETED"), (True, "FAILED")])
def test_an_import_with_rejects_says_so_in_its_state(prefect_server, api_environment, strict, kind):
    found = run_flow(
        prefect_server,
        api_environment,
        "import_registrations",
        source=str(SAMPLES / "registrations-dirty.csv"),
        strict=strict,
    )
    assert found[0] == kind
    assert "66 rejects" in (found[2] if strict else found[1])


def test_nothing_secret_or_personal_reaches_prefect(prefect_server, api_environment):
    run_flow(prefect_server, api_environment, "import_registrations", source=str(SAMPLES / "registrations-dirty.csv"))
    seen = {
        kind: prefect_server.ask(f"{kind}/filter", limit=200)
        for kind in ("flow_runs", "task_runs", "artifacts", "logs")
    }
    assert all(seen.values()), "there was something to look at"
    assert {"regbulk-import", "regbulk-rejects"} <= {artifact["key"] for artifact in seen["artifacts"]}
    told = json.dumps(seen, ensure_ascii=False)
    assert "canary-secret-4711" not in told
    people = pl.read_parquet(SAMPLES / "registrations.parquet").select("email_address", "name").drop_nulls()
    assert not [value for row in people.rows() for value in row if value in told]


def test_a_wrong_setting_fails_the_run_with_what_to_do(prefect_server, api_environment):
    kind, _, message = run_flow(
        prefect_server,
        api_environment | {"REGBULK_TENANT": ""},
        "import_registrations",
        source=str(SAMPLES / "registrations.csv"),
    )
    assert kind == "FAILED"
    assert "REGBULK_TENANT" in message


def test_an_export_writes_what_the_api_holds(prefect_server, sandbox, api_environment, tmp_path):
    source = str(SAMPLES / "registrations.csv")
    run_flow(prefect_server, api_environment, "import_registrations", source=source)
    out = tmp_path / "export.parquet"
    kind, _, _ = run_flow(
        prefect_server,
        api_environment,
        "export_registrations",
        events=["evt-annual-2027"],
        out=str(out),
        filters={"status": ["active"]},
    )
    assert kind == "COMPLETED"
    held = [
        record["id"]
        for record in sandbox.registrations("flows")
        if record["event_id"] == "evt-annual-2027" and record.get("status") == "active"
    ]
    assert sorted(pl.read_parquet(out)["id"]) == sorted(held)
