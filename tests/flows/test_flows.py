from __future__ import annotations

import json
import sys
from pathlib import Path

import httpx
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
    runs = httpx.post(f"{prefect_server.url}/task_runs/filter", json={"limit": 50}).json()
    assert {"stage", "read target", "plan-0", "push-0"} <= {run["name"] for run in runs}


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
    assert "rejects" in found[1] or "rejects" in found[2]


def test_nothing_secret_or_personal_reaches_prefect(prefect_server, api_environment):
    run_flow(prefect_server, api_environment, "import_registrations", source=str(SAMPLES / "registrations-dirty.csv"))
    seen = ""
    for kind in ("flow_runs", "task_runs", "artifacts", "logs"):
        seen += httpx.post(f"{prefect_server.url}/{kind}/filter", json={"limit": 200}).text
    assert "canary-secret-4711" not in seen
    assert "@example." not in seen
    keys = {artifact["key"] for artifact in httpx.post(f"{prefect_server.url}/artifacts/filter", json={}).json()}
    assert {"regbulk-import", "regbulk-rejects"} <= keys


def test_a_wrong_setting_fails_the_run_with_what_to_do(prefect_server, api_environment):
    kind, _, message = run_flow(
        prefect_server,
        api_environment | {"REGBULK_TENANT": ""},
        "import_registrations",
        source=str(SAMPLES / "registrations.csv"),
    )
    assert kind == "FAILED"
    assert "REGBULK_TENANT" in message


def test_an_export_writes_what_the_api_holds(prefect_server, api_environment, tmp_path):
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
    assert out.is_file()
