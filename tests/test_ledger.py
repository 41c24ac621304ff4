from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from regbulk.errors import LedgerError, SettingsError
from regbulk.ledger import OUTCOMES, RecordOutcome, open_ledger

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path, ledger_url):
    """Opens the ledger of the test, as often as it is called."""
    return lambda: open_ledger(tmp_path, SecretStr(ledger_url) if ledger_url else None)


@pytest.fixture
def ledger(opened):
    with opened() as ledger:
        yield ledger


def run(tmp_path: Path, url: str | None, code: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, with `ledger` open."""
    begin = (
        "import os, signal, sys; from pathlib import Path; from pydantic import SecretStr\n"
        "from regbulk.ledger import open_ledger, RecordOutcome\n"
        f"url = {url!r}; ledger = open_ledger(Path({str(tmp_path)!r}), SecretStr(url) if url else None)\n"
    )
    return subprocess.run([sys.executable, "-c", begin + code], check=check, capture_output=True, text=True, timeout=60)


def registered(ledger, *load_ids: str, api_url: str = "http://a", tenant: str = "t") -> None:
    for order, load_id in enumerate(load_ids):
        at = AT + timedelta(microseconds=order)
        ledger.register(load_id, tenant=tenant, api_url=api_url, source="s.csv", started_at=at)


def test_a_load_is_registered_once(ledger):
    registered(ledger, "a", tenant="first")
    registered(ledger, "a", tenant="second")
    assert [(row["load_id"], row["tenant"]) for row in ledger.loads()] == [("a", "first")]


def test_loads_of_one_second_keep_their_order(ledger):
    registered(ledger, *"cab")
    assert [row["load_id"] for row in ledger.loads()] == ["c", "a", "b"]


def test_the_state_follows_what_is_noted(ledger):
    states = [ledger.state("a")]
    ledger.note("a", "staged", {"read": 1})
    states.append(ledger.state("a"))
    ledger.note("a", "planned", {})
    states.append(ledger.state("a"))
    ledger.intend("a", 1)
    states.append(ledger.state("a"))
    ledger.note("a", "stopped", {})
    states.append(ledger.state("a"))
    ledger.forget("a", "stopped")
    ledger.note("a", "finished", {})
    states.append(ledger.state("a"))
    assert states == ["staging", "staged", "planned", "interrupted", "stopped", "finished"]


def test_the_latest_note_of_a_step_counts_and_keeps_its_figures(ledger):
    ledger.note("a", "staged", {"read": 1})
    ledger.note("a", "planned", {"events": ["é", "\0"], "actions": {"create": 2}})
    ledger.note("a", "staged", {"read": 3})
    assert list(ledger.steps("a").items()) == [
        ("planned", {"events": ["é", "\0"], "actions": {"create": 2}}),
        ("staged", {"read": 3}),
    ]


def test_an_intent_may_be_repeated(ledger):
    ledger.intend("a", 1)
    ledger.intend("a", 1)
    ledger.intend("b", 2)
    assert ledger.intents("a") == frozenset({1})


def test_a_record_has_one_outcome_in_a_load(ledger):
    ledger.record("a", 1, [RecordOutcome(1, "created", 200, "r1")])
    ledger.record("b", 1, [RecordOutcome(1, "created", 200, "r2")])
    with pytest.raises(LedgerError, match="record 1 is created already, found failed now"):
        ledger.record("a", 2, [RecordOutcome(2, "created"), RecordOutcome(1, "failed")])
    assert ledger.totals("a") == {"created": 1}, "a refused write leaves nothing behind"


def test_an_outcome_written_again_changes_nothing_as_its_first_answer_may_have_been_lost(ledger):
    outcomes = [RecordOutcome(1, "created", 200, "r1"), RecordOutcome(2, "failed", 409, None, "no event")]
    ledger.record("a", 1, outcomes)
    ledger.record("a", 1, outcomes)
    assert sorted(ledger.outcomes("a", range(1, 2))) == outcomes


@pytest.mark.parametrize("outcome", OUTCOMES)
@pytest.mark.parametrize(("status", "undone"), [(None, False), (200, False), (503, False), (503, True), (400, True)])
def test_only_an_open_outcome_may_be_followed_by_another(ledger, outcome, status, undone):
    first = RecordOutcome(1, outcome, status, None, "first", undone=undone)
    ledger.record("a", 1, [first])
    settled = RecordOutcome(1, "created", 200, "r1")
    assert ledger.outcomes_of("a", [1]) == [first]
    assert ledger.open("a") == first.open == (undone or outcome in {"unknown", "not started"})
    if ledger.open("a"):
        ledger.record("a", 1, [settled])
        assert ledger.outcomes_of("a", [1]) == [settled]
    else:
        with pytest.raises(LedgerError, match=f"record 1 is {outcome} already"):
            ledger.record("a", 1, [settled])


def test_two_outcomes_for_one_record_in_one_write_are_refused(ledger):
    with pytest.raises(LedgerError, match="two outcomes for one record"):
        ledger.record("a", 1, [RecordOutcome(1, "created"), RecordOutcome(1, "failed")])
    assert ledger.totals("a") == {}


def test_whatever_the_api_says_can_be_kept(ledger):
    ledger.record("a", 1, [RecordOutcome(1, "failed", 400, "ä'\"%:x", "zero \0, half \ud83d, whole 😀")])
    assert ledger.outcomes_of("a", [1])[0].message == "zero \\0, half \\ud83d, whole 😀"


def test_outcomes_are_read_by_batch_range_and_by_record(ledger):
    for number in (1, 2, 3):
        ledger.record("a", number, [RecordOutcome(number * 10, "patched", 200, f"r{number}")])
    assert [outcome.record_no for outcome in ledger.outcomes("a", range(2, 4))] == [20, 30]
    assert [outcome.record_no for outcome in ledger.outcomes_of("a", range(15_000))] == [10, 20, 30]


def test_a_million_is_a_number_of_a_record_and_more_are_too(ledger):
    ledger.record("a", 1, [RecordOutcome(2**40, "created", 200, "r")])
    assert list(ledger.written("a")) == [[(2**40, "r", "created")]]


def test_only_loads_of_the_same_tenant_at_the_same_address_overtake(ledger):
    registered(ledger, "mine", "same")
    registered(ledger, "elsewhere", api_url="http://b")
    registered(ledger, "stranger", tenant="u")
    for load_id in ("same", "elsewhere", "stranger"):
        ledger.intend(load_id, 1)
    ledger.note("mine", "reading", {})
    assert ledger.overtaken_by("mine") == [], "what was sent before is in the plan"
    for load_id in ("same", "elsewhere", "stranger"):
        ledger.intend(load_id, 1)
    ledger.note("mine", "planned", {})
    assert ledger.overtaken_by("mine") == ["same"], "sent again while the target was read"
    assert list(ledger.writers("mine", since=AT)) == ["same"]


def test_what_was_written_survives_a_killed_process(tmp_path, ledger_url, opened):
    code = (
        "ledger.intend('a', 7)\n"
        "ledger.record('a', 7, [RecordOutcome(1, 'created', 200, 'x')]); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert run(tmp_path, ledger_url, code, check=False).returncode == -9
    with opened() as ledger:
        assert ledger.intents("a") == frozenset({7})
        assert ledger.totals("a") == {"created": 1}


def test_processes_that_open_a_new_ledger_at_once_make_it_once(tmp_path, ledger_url, opened):
    ended = []

    def one(number: int) -> None:
        ended.append(run(tmp_path, ledger_url, f"ledger.intend('a', {number})", check=False))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.stderr for each in ended] == [""] * 4
    with opened() as ledger:
        assert ledger.intents("a") == frozenset(range(4))


def test_writers_in_many_threads_lose_nothing(ledger):
    def write(start: int) -> None:
        for number in range(start, start + 20):
            ledger.intend("a", number)
            ledger.record("a", number, [RecordOutcome(number, "created", 200, str(number))])

    threads = [threading.Thread(target=write, args=(start * 100,)) for start in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ledger.totals("a") == {"created": 80}


@pytest.mark.parametrize("earlier", ["ALTER TABLE batches DROP COLUMN tick", "ALTER TABLE loads DROP COLUMN api_url"])
def test_a_ledger_of_an_earlier_version_is_refused_with_what_to_do_and_kept_as_it_is(tmp_path, opened, earlier):
    with opened() as ledger:
        registered(ledger, "old")
        with ledger._database.engine.connect().execution_options(writes=True) as connection, connection.begin():
            connection.exec_driver_sql(earlier)
            connection.exec_driver_sql("DROP TABLE ticks")
    table, column = earlier.split()[2], earlier.split()[-1]
    for _ in range(2):
        with pytest.raises(
            LedgerError, match=f"{table} has no column {column}.*; nothing was changed.* then move the workspace aside"
        ) as told:
            opened()
        assert f"ledger {ledger._database.name}: an earlier version of regbulk made it" in str(told.value)


@pytest.mark.parametrize("name", ["year?2026", "a#b", "50%41", "a b;c=d&e", "ä"])
def test_a_workspace_may_have_any_name(tmp_path, name):
    with open_ledger(tmp_path / name) as ledger:
        ledger.intend("a", 1)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name / "ledger.sqlite").stat().st_size
    with open_ledger(tmp_path / name) as ledger:
        assert ledger.intents("a") == frozenset({1})


def test_the_ledger_is_readable_by_its_owner_only_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        with open_ledger(tmp_path / "above" / "workspace") as ledger:
            ledger.intend("a", 1)
            made = [tmp_path / "above", *(tmp_path / "above").rglob("*")]
            assert len(made) >= 4, "two folders, the file and its log"
            assert {path.name for path in made if path.stat().st_mode & 0o077} == set()
    finally:
        os.umask(before)


def test_a_full_disk_is_said_and_what_was_written_stays(tmp_path):
    with open_ledger(tmp_path) as ledger:
        ledger.record("a", 1, [RecordOutcome(1, "created", 200, "r1")])
        with ledger._database.engine.connect() as connection:
            full = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count={full}")
        large = [RecordOutcome(number, "failed", 400, None, "x" * 2000) for number in range(2, 300)]
        with pytest.raises(LedgerError, match=r"the disk is full; make room .*go on with `regbulk push LOAD`"):
            ledger.record("a", 2, large)
        assert ledger.totals("a") == {"created": 1}


def test_a_workspace_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match=r"cannot be made: .*another REGBULK_WORKSPACE"):
        open_ledger(tmp_path / "file" / "workspace")


def test_a_file_that_is_no_ledger_is_said_and_kept(tmp_path):
    (tmp_path / "ledger.sqlite").write_text("my own notes, " * 100)
    with pytest.raises(LedgerError, match="not a ledger; move it away"):
        open_ledger(tmp_path)
    assert (tmp_path / "ledger.sqlite").read_text().startswith("my own notes")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:secret-1@h/d", "begins with mysql"),
        ("secret-1", "cannot be read as a URL"),
        ("postgresql://u:secret-1@h:port/d", "cannot be read as a URL"),
        ("sqlite://", "begins with sqlite"),
    ],
)
def test_an_address_that_cannot_be_used_is_told_without_its_password(tmp_path, url, words):
    with pytest.raises(SettingsError, match=words) as told:
        open_ledger(tmp_path, SecretStr(url))
    assert "REGBULK_LEDGER" in str(told.value)
    assert "secret-1" not in str(told.value)


def test_a_server_that_does_not_answer_is_told_without_its_password(tmp_path):
    with pytest.raises(LedgerError, match=r"d on 127\.0\.0\.1: the server does not answer") as told:
        open_ledger(tmp_path, SecretStr("postgresql://u:secret-1@127.0.0.1:1/d"))
    assert "secret-1" not in str(told.value)


def test_a_ledger_goes_on_when_its_server_dropped_every_connection(postgres, tmp_path):
    with open_ledger(tmp_path, SecretStr(postgres)) as ledger:
        ledger.intend("a", 1)
        _drop_connections(postgres)
        ledger.record("a", 1, [RecordOutcome(1, "created", 200, "r1")])
        _drop_connections(postgres)
        assert ledger.totals("a") == {"created": 1}


def test_a_transaction_that_is_cut_off_is_made_again_whole(postgres, tmp_path):
    with open_ledger(tmp_path, SecretStr(postgres)) as ledger, psycopg.connect(postgres) as other:
        other.execute("LOCK TABLE outcomes")
        done = threading.Thread(target=lambda: ledger.record("a", 1, [RecordOutcome(1, "created", 200, "r1")]))
        done.start()
        time.sleep(0.5)
        _drop_connections(postgres, but=other.info.backend_pid)
        other.rollback()
        done.join(timeout=20)
        assert ledger.totals("a") == {"created": 1}


def _drop_connections(url: str, *, but: int = 0) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"
            " AND pid <> %s AND application_name = 'regbulk'",
            [make_url(url).database, but],
        )
