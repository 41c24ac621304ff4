from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def worker(prefect_server, api_environment, tmp_path):
    """The deployments of `prefect.yaml`, their crons set to every minute, and a process worker that runs them."""
    definition = (ROOT / "prefect.yaml").read_text().replace('"0 2 * * *"', '"* * * * *"')
    every_minute = tmp_path / "prefect.yaml"
    every_minute.write_text(definition)
    command = (sys.executable, "-m", "prefect", "--no-prompt")
    prefect_server.run(*command, "work-pool", "create", "regbulk", "--type", "process", "--overwrite")
    prefect_server.run(*command, "deploy", "--all", "--prefect-file", str(every_minute))
    process = prefect_server.start(
        sys.executable,
        "-m",
        "prefect",
        "worker",
        "start",
        "--pool",
        "regbulk",
        log=tmp_path / "worker.log",
        REGBULK_CONCURRENCY="1",  # slow enough to be killed in the middle
        REGBULK_TIMEOUT="2",  # what a killed process left under way is over soon
        **api_environment,
    )
    yield process
    process.terminate()
    process.wait(30)


def runs(prefect_server, **condition):
    return prefect_server.ask("flow_runs/filter", flow_runs=condition, limit=50, sort="START_TIME_DESC")


def states(prefect_server, run_id: str) -> str:
    return prefect_server.ask(f"flow_runs/{run_id}", "GET")["state"]["type"]


def flow_processes(worker) -> list[psutil.Process]:
    children = psutil.Process(worker.pid).children(recursive=True)
    return [
        child for child in children if "execute" in " ".join(child.cmdline()) or "engine" in " ".join(child.cmdline())
    ]


def pause_schedules(prefect_server) -> None:
    """No second run beside the one under test."""
    for deployment in prefect_server.ask("deployments/filter"):
        prefect_server.ask(f"deployments/{deployment['id']}", "PATCH", paused=True)


def test_the_schedule_makes_a_run_that_completes_and_a_killed_run_goes_on_with_its_load(
    prefect_server, worker, sandbox, wait_for
):
    def scheduled():
        return [run for run in runs(prefect_server, state={"type": {"any_": ["COMPLETED"]}}) if run["auto_scheduled"]]

    wait_for(lambda: sandbox.stats()["registrations"].get("flows", 0) >= 200, 150, "a scheduled import")
    processes = flow_processes(worker)
    for process in processes:
        process.suspend()
    *_, running = [run for run in runs(prefect_server, state={"type": {"any_": ["RUNNING"]}}) if run["auto_scheduled"]]
    pause_schedules(prefect_server)
    for process in processes:
        process.kill()
    wait_for(lambda: states(prefect_server, running["id"]) == "CRASHED", 60, "the crash to be seen")
    assert sandbox.stats()["registrations"]["flows"] < 1200, "killed in the middle"

    def retried_to_the_end() -> bool:
        """Press Retry whenever the run is called crashed: the worker may report one crash twice, a second apart."""
        state = states(prefect_server, running["id"])
        if state == "CRASHED":
            due = {"scheduled_time": datetime.now(UTC).isoformat()}
            state_asked = {"type": "SCHEDULED", "name": "AwaitingRetry", "state_details": due}
            prefect_server.ask(f"flow_runs/{running['id']}/set_state", state=state_asked, force=True)
        return state == "COMPLETED"

    wait_for(retried_to_the_end, 120, "the retried run")
    registrations = sandbox.registrations("flows")
    assert len(registrations) == len({record["sys_external_id"] for record in registrations}) == 1200
    assert len({record["sys_bulk_load_id"] for record in registrations}) == 1, "the same load went on"
    assert running["id"] in {run["id"] for run in scheduled()}
