from __future__ import annotations

import signal
import time

import polars as pl
import pytest

SLOWLY = {"REGBULK_CONCURRENCY": "1"}


def wait_for(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def held_by(sandbox) -> int:
    return sandbox.stats()["registrations"].get("engine", 0)


def load_id_of(regbulk) -> str:
    return regbulk("status", "--json").json["loads"][-1]["load_id"]


@pytest.mark.parametrize("at", [1, 180, 700])
def test_a_push_killed_anywhere_goes_on_and_every_record_is_there_once(sandbox, regbulk, samples, contents, at):
    with regbulk.start("import", samples / "registrations.csv", **SLOWLY) as process:
        wait_for(lambda: held_by(sandbox) >= at)
        process.kill()
        process.communicate()
    load_id = load_id_of(regbulk)
    assert regbulk("status", load_id, "--json").json["state"] == "interrupted", "killed in the middle"
    resumed = regbulk("push", load_id, "--json")
    assert resumed.status == 0, resumed.stderr
    assert resumed.json["outcomes"]["created"] == 1200
    assert len(contents(sandbox.registrations("engine"))) == 1200
    outcomes = pl.read_parquet(regbulk.workspace / "loads" / load_id / "outcomes.parquet")
    assert set(outcomes["id"]) == {record["id"] for record in sandbox.registrations("engine")}


def test_killed_patches_are_settled_by_reading_and_written_once(sandbox, regbulk, samples, contents):
    regbulk("import", samples / "registrations.csv")
    before = sandbox.stats()["operations"].get("patch", 0)
    with regbulk.start("import", samples / "registrations-update.csv", **SLOWLY) as process:
        wait_for(lambda: sandbox.stats()["operations"].get("patch", 0) > before)
        process.kill()
        process.communicate()
    assert regbulk("status", "--json").json["loads"][-1]["state"] == "interrupted", "killed in the middle"
    resumed = regbulk("push", load_id_of(regbulk), "--json")
    assert resumed.status == 0, resumed.stderr
    assert resumed.json["outcomes"]["patched"] == 300
    versions = [record["sys_version"] for record in sandbox.registrations("engine")]
    assert sorted(versions) == [1] * 900 + [2] * 300, "no record was patched twice"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_push_says_how_to_go_on(sandbox, regbulk, samples, stop):
    with regbulk.start("import", samples / "registrations.csv", "--json", **SLOWLY) as process:
        wait_for(lambda: held_by(sandbox) >= 50)
        process.send_signal(stop)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert '"not_started"' in stdout
    resumed = regbulk("push", load_id_of(regbulk), "--json")
    assert resumed.json["outcomes"]["created"] == 1200
    assert held_by(sandbox) == 1200


def test_a_load_goes_on_after_the_api_was_gone(start_sandbox, regbulk_for, samples, tmp_path, contents):
    data = tmp_path / "sandbox.sqlite"
    first = start_sandbox(data=data)
    regbulk = regbulk_for(first.url)
    with regbulk.start("import", samples / "registrations.csv", REGBULK_OUTAGE_SECONDS="2") as process:
        wait_for(lambda: held_by(first) >= 300)
        first.kill()
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"POST http://127.0.0.1:{first.port}" in stderr, stderr
    second = start_sandbox(data=data, port=first.port)
    resumed = regbulk("push", load_id_of(regbulk), "--json")
    assert resumed.status == 0, resumed.stderr
    assert len(contents(second.registrations("engine"))) == 1200


def test_two_pushes_of_one_load_at_once_are_refused(sandbox, regbulk, samples):
    with regbulk.start("import", samples / "registrations.csv", **SLOWLY) as process:
        wait_for(lambda: held_by(sandbox) >= 20)
        process.send_signal(signal.SIGSTOP)
        second = regbulk("push", load_id_of(regbulk))
        process.send_signal(signal.SIGCONT)
        process.communicate()
    assert second.status == 1
    assert "another process" in second.stderr
    assert held_by(sandbox) == 1200


def test_a_finished_load_pushed_again_sends_nothing(sandbox, regbulk, samples):
    load_id = regbulk("import", samples / "registrations.csv", "--json").json["load_id"]
    before = sandbox.stats()["requests"]
    again = regbulk("push", load_id, "--json")
    assert again.json["outcomes"]["created"] == 1200
    assert sandbox.stats()["requests"] == before


def test_a_plan_that_another_load_overtook_is_not_pushed(sandbox, regbulk, samples):
    with regbulk.start("import", samples / "registrations.csv", **SLOWLY) as process:
        wait_for(lambda: held_by(sandbox) >= 100)
        process.kill()
        process.communicate()
    crashed = load_id_of(regbulk)
    assert regbulk("import", samples / "registrations.csv").status == 0
    assert held_by(sandbox) == 1200
    resumed = regbulk("push", crashed)
    assert resumed.status == 4
    assert "plan is out of date" in resumed.stderr
    assert held_by(sandbox) == 1200, "nothing was written twice"


def test_two_imports_of_one_file_at_once_write_every_record_once(sandbox, regbulk, samples):
    with regbulk.start("import", samples / "registrations.csv", **SLOWLY) as first:
        wait_for(lambda: held_by(sandbox) >= 20)
        first.send_signal(signal.SIGSTOP)
        second = regbulk("import", samples / "registrations.csv")
        first.send_signal(signal.SIGCONT)
        first.communicate()
    assert second.status == 4
    assert "another load is writing to the same events" in second.stderr
    assert held_by(sandbox) == 1200
