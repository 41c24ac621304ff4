from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time

import polars as pl
import pytest

SLOWLY = {"REGBULK_TIMEOUT": "30", "REGBULK_CONCURRENCY": "1"}
ASKED = "finishing what is in flight"
ROWS = 150
TENANT = "engine"


def source(path, rows: int):
    same = {"event_id": "e", "name": "N", "type_id": "t", "package_id": "p"}
    pl.DataFrame(same | {"contact_id": [f"c{n}" for n in range(rows)]}).write_csv(path)
    return path


@pytest.fixture
def few(tmp_path):
    return source(tmp_path / "few.csv", ROWS)


def wait_for(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def held_by(sandbox) -> int:
    return sandbox.stats()["registrations"].get(TENANT, 0)


def read_until(stream, text: str) -> str:
    said = ""
    while text not in said:
        line = stream.readline()
        assert line, f"it ended without saying {text!r}: {said}"
        said += line
    return said


def load_of(regbulk) -> str:
    (path,) = regbulk.workspace.glob("loads/*")
    return path.name


def goes_on(regbulk, sandbox, rows: int = ROWS) -> None:
    """The load of the workspace can be finished, and then every record is there once."""
    ran = regbulk("push", load_of(regbulk), "--json")
    assert ran.status == 0, ran.stderr
    assert ran.json["outcomes"]["created"] == rows
    contacts = [record["contact_id"] for record in sandbox.registrations(TENANT)]
    assert sorted(contacts) == sorted(f"c{n}" for n in range(rows))


@pytest.fixture
def frozen(sandbox):
    """Freezes the sandbox, so that requests in flight stay unanswered until it is thawed."""

    def freeze() -> None:
        sandbox.process.send_signal(signal.SIGSTOP)
        # What was answered just before is read, and the next requests leave.
        time.sleep(0.3)

    yield freeze
    sandbox.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_the_first_one_finishes_what_is_in_flight_and_leaves_nothing_in_doubt(sandbox, regbulk, few, stop):
    with regbulk.start("import", few, **SLOWLY) as process:
        wait_for(lambda: held_by(sandbox) >= 30)
        process.send_signal(stop)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert f"{ASKED} (at most 32 s); Ctrl-C again stops now" in stderr
    assert "Traceback" not in stderr
    held = held_by(sandbox)
    assert 30 <= held < ROWS
    assert f"created {held} " in stdout, "what is there is known"
    load_id = load_of(regbulk)
    assert f"{ROWS - held} without an outcome; those under way are looked up first" in stdout
    assert f"to go on: regbulk push {load_id}" in stdout
    outcomes = pl.read_parquet(regbulk.workspace / "loads" / load_id / "outcomes.parquet")
    assert outcomes["outcome"].value_counts().sort("count").rows() == sorted(
        [("created", held), (None, ROWS - held)], key=lambda pair: pair[1]
    )
    goes_on(regbulk, sandbox)


def test_the_second_one_stops_now_whatever_is_in_flight(sandbox, regbulk, frozen, few):
    with regbulk.start("import", few) as process:
        wait_for(lambda: held_by(sandbox) >= 30)
        frozen()
        process.send_signal(signal.SIGINT)
        read_until(process.stderr, ASKED)
        time.sleep(0.2)
        assert process.poll() is None, "it waits for what is in flight"
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert time.monotonic() - asked < 10
    assert process.returncode == 130, stderr
    assert "looked up first; to go on: regbulk push" in stdout
    assert "Traceback" not in stderr
    sandbox.process.send_signal(signal.SIGCONT)
    goes_on(regbulk, sandbox)


def test_what_stays_unanswered_is_given_up_in_the_time_that_was_said(sandbox, regbulk, frozen, few):
    with regbulk.start("import", few, REGBULK_SETTLE_SECONDS="0", REGBULK_TIMEOUT="1") as process:
        wait_for(lambda: held_by(sandbox) >= 30)
        frozen()
        process.send_signal(signal.SIGINT)
        read_until(process.stderr, f"{ASKED} (at most 3 s)")
        asked = time.monotonic()
        stdout, stderr = process.communicate(timeout=30)
    assert time.monotonic() - asked < 5
    assert process.returncode == 130, stderr
    assert "to go on: regbulk push" in stdout
    sandbox.process.send_signal(signal.SIGCONT)
    goes_on(regbulk, sandbox)


def test_one_killed_after_a_grace_goes_on(sandbox, regbulk, frozen, few):
    with regbulk.start("import", few) as process:
        wait_for(lambda: held_by(sandbox) >= 30)
        frozen()
        process.terminate()
        read_until(process.stderr, ASKED)
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    sandbox.process.send_signal(signal.SIGCONT)
    goes_on(regbulk, sandbox)


def test_while_the_api_is_away_the_first_one_ends_the_wait(start_sandbox, regbulk_for, few, tmp_path):
    data = tmp_path / "sandbox.sqlite"
    sandbox = start_sandbox(data=data)
    regbulk = regbulk_for(sandbox.url)
    with regbulk.start("import", few, REGBULK_ATTEMPTS="20", **SLOWLY) as process:
        wait_for(lambda: held_by(sandbox) >= 30)
        sandbox.kill()
        time.sleep(2.0)
        assert process.poll() is None, "it waits for the API to come back"
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert time.monotonic() - asked < 5
    assert process.returncode == 130, stderr
    assert ASKED in stderr
    assert "to go on: regbulk push" in stdout
    again = start_sandbox(port=sandbox.port, data=data)
    goes_on(regbulk, again)


def test_while_a_source_is_staged_the_first_one_stops_now(regbulk, tmp_path):
    with regbulk.start("import", source(tmp_path / "many.csv", 300_000)) as process:
        read_until(process.stderr, "load ")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 130, stderr
    assert ": staging" in stdout, "it did not wait for the end of the step"
    assert ASKED not in stderr
    assert "to go on: regbulk push" in stdout


@pytest.mark.parametrize("times", [1, 2])
def test_at_a_terminal_the_keys_do_the_same_below_a_progress_bar(sandbox, regbulk, frozen, few, times):
    terminal, end = pty.openpty()
    with subprocess.Popen(
        ["setsid", "--ctty", sys.executable, "-m", "regbulk", "import", few],
        env=regbulk.environment | SLOWLY | {"TERM": "xterm", "COLUMNS": "120"},
        stdin=end,
        stdout=end,
        stderr=end,
    ) as process:
        os.close(end)
        wait_for(lambda: held_by(sandbox) >= 30)
        if times == 2:
            frozen()
        os.write(terminal, b"\x03")
        shown = _shown_until(terminal, ASKED)
        if times == 2:
            os.write(terminal, b"\x03")
        shown += _shown_until(terminal, None)
        process.wait(timeout=30)
    os.close(terminal)
    assert process.returncode == 130, shown
    assert "Traceback" not in shown
    assert "looked up first; to go on: regbulk push" in shown
    sandbox.process.send_signal(signal.SIGCONT)
    goes_on(regbulk, sandbox)


def test_at_the_question_before_writing_it_ends_with_the_command_to_go_on(sandbox, regbulk_for, few):
    regbulk = regbulk_for(f"http://0.0.0.0:{sandbox.port}")
    terminal, end = pty.openpty()
    with subprocess.Popen(
        ["setsid", "--ctty", sys.executable, "-m", "regbulk", "import", few],
        env=regbulk.environment | {"TERM": "dumb"},
        stdin=end,
        stdout=end,
        stderr=end,
    ) as process:
        os.close(end)
        _shown_until(terminal, "Go on?")
        # A key between the question and the reading of its answer may be heard with the next one only.
        while process.poll() is None:
            os.write(terminal, b"\x03")
            time.sleep(0.5)
        shown = _shown_until(terminal, None)
    os.close(terminal)
    assert process.returncode == 130, shown
    assert f"150 not sent yet; to go on: regbulk push {load_of(regbulk)}" in shown
    assert held_by(sandbox) == 0


def _shown_until(terminal: int, text: str | None) -> str:
    """What a terminal shows until it shows `text`, or until the program has left it."""
    shown = ""
    while text is None or text not in shown:
        try:
            shown += os.read(terminal, 65536).decode(errors="replace")
        except OSError:
            break
    return shown
