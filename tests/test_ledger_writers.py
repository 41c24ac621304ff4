"""What the ledger knows of other loads of the same tenant: who wrote lately, what, and who overtook whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from regbulk.ledger import Ledger, RecordOutcome, open_ledger

AT = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as ledger:
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
