"""What the ledger knows of other loads of the same tenant: who wrote lately, what, and who overtook whom."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from regbulk.ledger import Ledger, RecordOutcome, Terms, load_resource, open_ledger
from regbulk.ledger.tables import BATCHES, STEPS, next_tick

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path, ledger_url) -> Iterator[Ledger]:
    with open_ledger(tmp_path, SecretStr(ledger_url) if ledger_url else None) as ledger:
        for load_id in ("mine", "one", "two", "three"):
            ledger.register(load_id, tenant="t", api_url="http://a", source="s", started_at=AT)
        ledger.register("foreign", tenant="other", api_url="http://a", source="s", started_at=AT)
        ledger.register("elsewhere", tenant="t", api_url="http://b", source="s", started_at=AT)
        yield ledger


def test_the_load_that_sent_last_comes_first_and_those_that_sent_nothing_do_not_come(ledger):
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    for load_id in ("two", "mine", "foreign", "elsewhere", "one"):
        ledger.intend(load_id, 1)
    ledger.note("three", "planned", {})
    found = ledger.writers("mine", since=long_ago)
    assert list(found) == ["one", "two"]
    assert all(long_ago < at <= datetime.now(UTC) for at in found.values())


def test_an_intent_that_is_repeated_counts_by_its_latest_time(ledger):
    for load_id in ("one", "two", "one"):
        ledger.intend(load_id, 1)
    assert list(ledger.writers("mine", since=AT)) == ["one", "two"]
    assert ledger.intents("one") == frozenset({1})


def test_a_load_is_a_recent_writer_until_its_latest_note(ledger):
    ledger.intend("one", 1)
    between = datetime.now(UTC)
    assert not ledger.writers("mine", since=between)
    ledger.note("one", "finished", {})
    assert list(ledger.writers("mine", since=between)) == ["one"]


def test_what_a_load_wrote_is_told_without_what_had_no_effect(ledger):
    outcomes = [
        RecordOutcome(1, "created", 200, "a"),
        RecordOutcome(2, "failed", 400, "b"),
        RecordOutcome(3, "patched", 200, "c"),
        RecordOutcome(4, "unknown"),
    ]
    ledger.record("one", 1, outcomes)
    assert [row for rows in ledger.written("one") for row in rows] == [(1, "a", "created"), (3, "c", "patched")]
    assert ledger.decided("one") == {1: 3}


def test_a_load_that_sent_while_the_target_was_read_overtook_the_plan(ledger):
    ledger.intend("one", 1)
    ledger.note("mine", "reading", {})
    ledger.intend("two", 1)
    ledger.note("mine", "planned", {})
    ledger.intend("three", 1)
    assert ledger.overtaken_by("mine") == ["two", "three"]


@pytest.mark.parametrize("clock", ["2000-01-01T00:00:00.000000+00:00", "2100-01-01T00:00:00.000000+00:00"])
def test_what_came_first_does_not_depend_on_any_clock(ledger, clock):
    ledger.intend("one", 1)
    ledger.note("mine", "reading", {})
    ledger.intend("two", 1)
    with ledger._database.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(sa.update(BATCHES).values(intent_at=clock))
    assert ledger.overtaken_by("mine") == ["two"]
    with ledger._database.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(sa.update(STEPS).values(at=clock))
    assert ledger.overtaken_by("mine") == ["two"]


@pytest.mark.parametrize("end", ["finished", "stopped"])
def test_a_load_that_ended_after_the_reading_overtook_it_whenever_it_began_to_send(ledger, end):
    ledger.intend("one", 1)
    ledger.intend("two", 1)
    ledger.note("two", end, {})
    ledger.note("mine", "reading", {})
    assert ledger.overtaken_by("mine") == [], "one is interrupted: the reading settles it; two is in the reading"
    ledger.note("one", end, {})
    ledger.note("three", end, {})
    assert ledger.overtaken_by("mine") == ["one"], "three sent nothing"


def test_a_load_at_work_overtakes_and_one_that_was_interrupted_does_so_once_it_goes_on(ledger, tmp_path):
    ledger.intend("one", 1)
    with ledger.hold(Terms("one", tmp_path / "holders", 30, 1)) as lease:
        lease.claim([load_resource("one")])
        ledger.note("mine", "reading", {})
        ledger.note("mine", "planned", {})
        assert ledger.overtaken_by("mine") == ["one"], "what it sent before may take effect now"
    assert ledger.overtaken_by("mine") == []
    ledger.intend("one", 1)
    assert ledger.overtaken_by("mine") == ["one"]


def test_a_reading_waits_for_an_intent_that_is_being_written(ledger):
    noting = threading.Thread(target=lambda: ledger.note("mine", "reading", {}))
    with ledger._database.engine.connect().execution_options(writes=True) as connection, connection.begin():
        row = {"load_id": "one", "batch_no": 1, "intent_at": AT.isoformat(), "tick": next_tick(connection)}
        connection.execute(sa.insert(BATCHES).values(row))
        noting.start()
        noting.join(timeout=0.3)
        assert noting.is_alive(), "else an intent could become known after a reading that has the greater number"
    noting.join()
    assert "reading" in ledger.steps("mine")
