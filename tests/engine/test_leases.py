from __future__ import annotations

import os
import resource
import signal
import time

import pytest

SLOWLY = {"REGBULK_CONCURRENCY": "1"}
SOON = SLOWLY | {"REGBULK_LEASE_SECONDS": "1", "REGBULK_TIMEOUT": "2"}


def wait_for(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def held_by(sandbox) -> int:
    return sandbox.stats()["registrations"].get("engine", 0)


def load_id_of(regbulk, **environment: str) -> str:
    return regbulk("status", "--json", **environment).json["loads"][-1]["load_id"]


def records(path, rows: int, *, event: str = "e1", first: int = 0):
    header = "sys_external_id,event_id,contact_id,name,type_id,package_id\n"
    numbers = range(first, first + rows)
    path.write_text(header + "".join(f"L{number},{event},c{number},A B,t,p\n" for number in numbers))
    return path


@pytest.fixture
def on_ledger(ledger_url) -> dict[str, str]:
    return {} if ledger_url is None else {"REGBULK_LEDGER": ledger_url}


def test_a_load_killed_and_pushed_at_once_goes_on_without_waiting(sandbox, regbulk, tmp_path, on_ledger):
    source = records(tmp_path / "a.csv", 300)
    with regbulk.start("import", source, **SLOWLY, **on_ledger, REGBULK_LEASE_SECONDS="3600") as process:
        wait_for(lambda: held_by(sandbox) >= 120)
        process.kill()
        process.communicate()
    load_id = load_id_of(regbulk, **on_ledger)
    assert regbulk("status", load_id, "--json", **on_ledger).json["state"] == "interrupted"
    resumed = regbulk("push", load_id, "--json", **on_ledger)
    assert (resumed.status, resumed.json["outcomes"]["created"]) == (0, 300), resumed.stderr
    assert held_by(sandbox) == 300


def test_a_push_that_slept_too_long_is_taken_over_and_fenced_when_it_wakes(sandbox, regbulk, tmp_path, on_ledger):
    source = records(tmp_path / "a.csv", 400)
    # It falls asleep while it waits for an answer: between check and send it may still send one request (decision 13).
    sandbox.faults("hang=60@create:once-at=121")
    with regbulk.start("import", source, **SOON, **on_ledger) as sleeper:
        wait_for(lambda: sum(sandbox.struck().values()))
        sleeper.send_signal(signal.SIGSTOP)
        load_id = load_id_of(regbulk, **on_ledger)
        refused = regbulk("push", load_id, **on_ledger)
        taken = regbulk("push", load_id, "--wait", "--json", **on_ledger)
        sleeper.send_signal(signal.SIGCONT)
        _, said = sleeper.communicate(timeout=30)
    assert refused.status == 1
    assert f"another process is working on it, on {os.uname().nodename} since" in refused.stderr
    assert taken.stderr.count("waiting for at most") == 1
    assert (taken.status, taken.json["outcomes"]["created"]) == (0, 400), taken.stderr
    assert sleeper.returncode == 1, said
    assert "another process took it over" in said
    assert held_by(sandbox) == 400, "the sleeper sent nothing more"
    assert regbulk("status", load_id, "--json", **on_ledger).json["state"] == "finished"


def test_a_second_import_of_one_event_refuses_with_the_name_of_the_first_or_waits(
    sandbox, regbulk, tmp_path, on_ledger
):
    first, second = records(tmp_path / "a.csv", 300), records(tmp_path / "b.csv", 20, first=290)
    with regbulk.start("import", first, **SLOWLY, **on_ledger) as process:
        wait_for(lambda: held_by(sandbox) >= 20)
        process.send_signal(signal.SIGSTOP)
        refused = regbulk("import", second, **on_ledger)
        with regbulk.start("import", second, "--wait", "--json", **on_ledger) as waiting:
            line = next(line for line in waiting.stderr if line.startswith("waiting"))
            process.send_signal(signal.SIGCONT)
            stdout, stderr = waiting.communicate(timeout=60)
        process.communicate()
    load_id = regbulk("status", "--json", **on_ledger).json["loads"][0]["load_id"]
    assert refused.status == 4
    assert f"another load is writing to the same events of tenant engine: load {load_id} is at work" in refused.stderr
    assert f"load {load_id} is at work on {os.uname().nodename}" in line
    assert waiting.returncode == 0, stderr
    assert '"created": 10' in stdout, "what the first one wrote is not written again"
    assert held_by(sandbox) == 310


def test_loads_of_different_events_do_not_wait_for_each_other(sandbox, regbulk, tmp_path, on_ledger):
    first, second = records(tmp_path / "a.csv", 300), records(tmp_path / "b.csv", 20, event="e2")
    with regbulk.start("import", first, **SLOWLY, **on_ledger) as process:
        wait_for(lambda: held_by(sandbox) >= 20)
        process.send_signal(signal.SIGSTOP)
        other = regbulk("import", second, **on_ledger)
        process.send_signal(signal.SIGCONT)
        process.communicate()
    assert other.status == 0, other.stderr
    assert process.returncode == 0
    assert held_by(sandbox) == 320


def test_two_workspaces_that_share_a_ledger_keep_off_each_others_events(
    sandbox, regbulk, regbulk_for, tmp_path, postgres
):
    shared = {"REGBULK_LEDGER": postgres.replace("postgresql://", "postgres://")}
    with regbulk.start("import", records(tmp_path / "a.csv", 300), **SLOWLY, **shared) as process:
        wait_for(lambda: held_by(sandbox) >= 20)
        process.send_signal(signal.SIGSTOP)
        elsewhere = {"REGBULK_WORKSPACE": str(tmp_path / "elsewhere")}
        refused = regbulk("import", records(tmp_path / "b.csv", 20), **shared, **elsewhere)
        process.send_signal(signal.SIGCONT)
        process.communicate()
    assert refused.status == 4
    assert "another load is writing to the same events" in refused.stderr
    assert process.returncode == 0
    assert not (regbulk.workspace / "ledger.sqlite").exists()


def test_waiting_ends_after_the_time_that_was_set(sandbox, regbulk, tmp_path):
    source = records(tmp_path / "a.csv", 300)
    with regbulk.start("import", source, **SLOWLY) as process:
        wait_for(lambda: held_by(sandbox) >= 20)
        process.send_signal(signal.SIGSTOP)
        waited = regbulk("push", load_id_of(regbulk), "--wait", REGBULK_WAIT_SECONDS="0.5")
        process.kill()
    assert waited.status == 1
    assert "another process is working on it" in waited.stderr


def test_a_full_disk_stops_the_push_before_more_is_sent_and_it_goes_on_when_there_is_room(sandbox, regbulk, tmp_path):
    source = records(tmp_path / "a.csv", 400)
    with regbulk.start("import", source, **SLOWLY) as process:
        wait_for(lambda: held_by(sandbox) >= 120)
        # From here on no file of the process may grow, as on a full disk.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (0, 0))
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert "make room" in said
    assert "Traceback" not in said
    stopped = held_by(sandbox)
    assert stopped < 400
    resumed = regbulk("push", load_id_of(regbulk), "--json")
    assert (resumed.status, resumed.json["outcomes"]["created"]) == (0, 400), resumed.stderr
    assert held_by(sandbox) == 400


def test_everything_in_a_workspace_is_its_owners_alone_whatever_the_umask(regbulk, tmp_path):
    source = records(tmp_path / "a.csv", 20)
    source.write_text(source.read_text() + "L1,e1,,A B,t,p\n")
    before = os.umask(0)
    try:
        assert regbulk("import", source).status == 3
    finally:
        os.umask(before)
    made = [regbulk.workspace, *regbulk.workspace.rglob("*")]
    assert {str(path) for path in made if path.stat().st_mode & 0o077} == set()


def test_outcomes_that_are_not_in_the_plan_are_told_with_both_sides(sandbox, regbulk, tmp_path):
    load_id = regbulk("plan", records(tmp_path / "a.csv", 20), "--json").json["load_id"]
    from regbulk.ledger import RecordOutcome, open_ledger

    with open_ledger(regbulk.workspace) as ledger:
        ledger.record(load_id, 99, [RecordOutcome(5000, "created", 200, "r")])
    pushed = regbulk("push", load_id)
    assert pushed.status == 1
    assert "the sums do not agree" in pushed.stderr
    assert "created 21 against 20" in pushed.stderr


def test_a_ledger_with_a_password_may_not_stand_in_the_profile(regbulk, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "regbulk.toml").write_text('[default]\nledger = "postgresql://u:secret-1@h/d"\n')
    refused = regbulk("status")
    assert refused.status == 2
    assert "ledger may not stand in a file" in refused.stderr
    assert "secret-1" not in refused.stderr
