from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from regbulk.ledger import RecordOutcome, open_ledger

AT = datetime(2026, 11, 24, tzinfo=UTC)


def test_a_load_is_registered_once(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        for tenant in ("first", "second"):
            ledger.register("a", tenant=tenant, source="s.csv", started_at=AT)
        assert [(row["load_id"], row["tenant"]) for row in ledger.loads()] == [("a", "first")]


def test_loads_of_one_second_keep_their_order(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        for order, load_id in enumerate("cab"):
            ledger.register(load_id, tenant="t", source="s", started_at=AT + timedelta(microseconds=order))
        assert [row["load_id"] for row in ledger.loads()] == ["c", "a", "b"]


def test_the_state_follows_what_is_noted(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
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
    assert states == ["staging", "staged", "planned", "pushing", "stopped", "finished"]


def test_an_intent_may_be_repeated(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        ledger.intend("a", 1)
        ledger.intend("a", 1)
        ledger.intend("b", 2)
        assert ledger.intents("a") == frozenset({1})


def test_a_record_has_one_outcome_in_a_load(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        ledger.record("a", 1, [RecordOutcome(1, "created", 200, "r1")])
        ledger.record("b", 1, [RecordOutcome(1, "created", 200, "r2")])
        with pytest.raises(Exception, match="UNIQUE"):
            ledger.record("a", 2, [RecordOutcome(2, "created"), RecordOutcome(1, "created")])
        assert ledger.totals("a") == {"created": 1}, "a refused write leaves nothing behind"


def test_outcomes_are_read_by_batch_range(tmp_path: Path) -> None:
    with open_ledger(tmp_path) as ledger:
        for number in (1, 2, 3):
            ledger.record("a", number, [RecordOutcome(number * 10, "patched", 200, f"r{number}")])
        found = ledger.outcomes("a", range(2, 4))
    assert [outcome.record_no for outcome in found] == [20, 30]


def test_what_was_written_survives_a_killed_process(tmp_path: Path) -> None:
    code = (
        "import os, signal; from pathlib import Path; from regbulk.ledger import open_ledger, RecordOutcome\n"
        f"ledger = open_ledger(Path({str(tmp_path)!r})); ledger.intend('a', 7)\n"
        "ledger.record('a', 7, [RecordOutcome(1, 'created', 200, 'x')]); os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    with open_ledger(tmp_path) as ledger:
        assert ledger.intents("a") == frozenset({7})
        assert ledger.totals("a") == {"created": 1}


def test_the_ledger_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "workspace"):
        assert (tmp_path / "workspace" / "ledger.sqlite").stat().st_mode & 0o077 == 0
