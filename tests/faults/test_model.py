"""A model of what the target must hold, and hypothesis trying to make the two differ.

Loads of random rows, edits by others, faults of the API, kills and Ctrl-C at random instants, resumes and repeated
pushes, against a dict. The model believes an outcome only for what it says: `created` and `patched` took effect exactly
once (the version of a record counts its writes), everything else had no effect, and `unknown` had one or none.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

SMALL = {
    "batch_size": 3,
    "concurrency": 2,
    "canary": 1,
    "settle_seconds": 0.3,
    "timeout": 0.5,
    "attempts": 6,
}
FAULTS = (
    "reset-after@write:p=0.2",
    "reset-before@write:p=0.1",
    "truncated@write:p=0.1",
    "status-after=502@write:p=0.2",
    "status-half=504@batch:p=0.3",
    "reset-in-body@read:p=0.05",
    "status-before=503@read:p=0.05",
    "429=zero@write:p=0.05",
)
DONE = {"created", "patched"}
End = tuple[str, int, bool] | None
NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Record:
    """What the target holds of a contact: its notes (None: has none) and how often it was written."""

    notes: str | None
    version: int

    def written(self, notes: str | None) -> Record:
        return Record(notes, self.version + 1)


@dataclass
class Open:
    """A load that was interrupted, and the edits of others that came after it had written a record."""

    load_id: str
    rows: list[tuple[str, str | None]]
    edits: dict[str, list[str]] = field(default_factory=dict)


contacts = st.sampled_from([f"c{n}" for n in range(8)])
notes = st.sampled_from(["one", "two", None])
ends = st.one_of(
    st.tuples(st.just("wire"), st.integers(5, 24), st.sampled_from([False, False, True])),
    st.tuples(st.just("ledger"), st.integers(20, 44), st.sampled_from([False, False, True])),
)
"""At which instant of the wire or the ledger a life ends, if it lasts so long, and whether by Ctrl-C.

A load that meets the first of them has begun to push, more or less.
"""
rows = st.dictionaries(contacts, notes, min_size=1, max_size=8)


class Target(RuleBasedStateMachine):
    """One tenant, its loads and its model.

    No rule has a precondition: what a kill leaves behind is not the same in every run, and what hypothesis draws must
    not depend on it. A rule that has nothing to do does nothing.
    """

    lane: ClassVar[Any]
    doom: ClassVar[Any]
    tally: ClassVar[Counter[str]]

    def __init__(self) -> None:
        super().__init__()
        self.tenant = f"model-{next(NUMBERS)}"
        self.model: dict[str, Record] = {}
        self.open: Open | None = None
        self.finished: str | None = None
        self.faulty = False

    @initialize(rows=rows, end=ends)
    def begin(self, rows: dict[str, str | None], end: End) -> None:
        self.import_rows(rows, 0, end, [None])

    @rule(rows=rows, rejects=st.integers(0, 1), end=ends, then=st.lists(ends | st.none(), max_size=2))
    def import_rows(self, rows: dict[str, str | None], rejects: int, end: End, then: list[End]) -> None:
        self.leave_open_load()
        source = self.lane.folder / f"{self.tenant}.csv"
        with source.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["event_id", "contact_id", "notes", "status", "name", "type_id", "package_id"])
            for contact, text in rows.items():
                writer.writerow(["e", contact, r"\N" if text is None else text, "active", "N", "t", "p"])
            writer.writerows([["e", "refused", "x", "lost", "N", "t", "p"]] * rejects)
        self.live(list(rows.items()), end, "import", source)
        for resumed in then:
            if self.open:
                self.resume(resumed)

    @rule(end=ends | st.none())
    def resume(self, end: End) -> None:
        """Go on with the open load; without one, push a finished load again, which changes nothing."""
        if self.open:
            self.live(self.open.rows, end, "push", self.open.load_id)
        elif self.finished:
            again = self.lane.run(self.tenant, "push", self.finished, "--json", **SMALL)
            assert again.status in {0, 3, 4}, again.stderr

    @rule(contact=contacts, text=st.sampled_from(["one", "two", "three"]))
    def edit_by_others(self, contact: str, text: str) -> None:
        found = self.held().get(contact)
        if not found:
            return
        (before,) = found
        self.lane.sandbox.edit(self.tenant, before["id"], notes=text)
        if self.open and before.get("sys_bulk_load_id") == self.open.load_id:
            # The load has written it already, whatever its ledger knows by now.
            self.open.edits.setdefault(contact, []).append(text)
        else:
            self.model[contact] = self.model[contact].written(text)

    @rule(specs=st.lists(st.sampled_from(FAULTS), max_size=3, unique=True), seed=st.integers(0, 99))
    def faults(self, specs: list[str], seed: int) -> None:
        self.lane.sandbox.faults(*specs, tenant=self.tenant, seed=seed)
        self.faulty = bool(specs)

    @invariant()
    def target_is_as_the_model_says(self) -> None:
        if self.open is None:
            assert {contact: [seen(one) for one in found] for contact, found in self.held().items()} == {
                contact: [record] for contact, record in self.model.items()
            }

    def teardown(self) -> None:
        self.faults([], 0)
        if self.open:
            self.resume(None)
            assert self.open is None, "an undisturbed resume finishes its load"
            self.target_is_as_the_model_says()

    def live(self, rows: list[tuple[str, str | None]], end: End, *arguments: Any) -> None:
        """Run a load until it ends, by itself or not, and learn from its outcomes if it finished."""
        doom = self.doom() if end is None else self.doom(kinds=end[:1], at=end[1], asked=end[2])
        known = self.lane.loads(self.tenant)
        life = self.lane.run(self.tenant, *arguments, "--json", doom=doom, **SMALL)
        self.tally["lives"] += 1
        self.tally["kills"] += life.killed
        if life.status in {0, 3}:
            self.finish(rows, life.json)
            return
        assert life.killed or (life.status == 130 and doom.asked) or self.faulty, (life.status, life.stderr)
        loads = self.lane.loads(self.tenant)
        if self.open is None and len(loads) > len(known):
            self.open = Open(loads[-1], rows)

    def finish(self, rows: list[tuple[str, str | None]], told: dict[str, Any]) -> None:
        assert told["read"] == told["accepted"] + told["rejects"]
        assert told["accepted"] == len(rows) == sum(told["outcomes"].values()), "every record has an outcome"
        edits = self.open.edits if self.open else {}
        outcomes = outcomes_of(self.lane.workspace(self.tenant) / "loads" / told["load_id"])
        found = self.held()
        for number, (contact, text) in enumerate(rows, start=1):
            outcome = outcomes[number]
            self.tally[outcome] += 1
            self.learn(contact, text, outcome, edits.get(contact, []), [seen(one) for one in found.get(contact, [])])
        self.open, self.finished = None, told["load_id"]

    def learn(self, contact: str, text: str | None, outcome: str, edits: list[str], found: list[Record]) -> None:
        """What an outcome says of a contact; only where it says nothing, the target is asked."""
        before = self.model.get(contact)
        undisturbed = not (self.faulty or self.open)
        if undisturbed:
            wanted = "created" if before is None else "unchanged" if before.notes == text else "patched"
            assert outcome == wanted, f"{contact}: {outcome}, {before} was to become {text!r}"
        after = before
        if outcome in DONE:
            assert (outcome == "created") == (before is None), f"{contact}: {outcome} over {before}"
            after = before.written(text) if before else Record(text, 1)
        elif outcome == "unknown" or edits:
            options = [before, before.written(text) if before else Record(text, 1)]
            after = next((one for one in options if with_edits(one, edits) == next(iter(found), None)), before)
        after = with_edits(after, edits)
        if after is not None:
            self.model[contact] = after

    def leave_open_load(self) -> None:
        """A new load begins: what the open one had done stays, each record once or not at all."""
        if self.open is None:
            return
        for contact, text in self.open.rows:
            before, edits = self.model.get(contact), self.open.edits.get(contact, [])
            found = [seen(one) for one in self.held().get(contact, [])]
            after = with_edits(before.written(text) if before else Record(text, 1), edits)
            assert found in ([after], [before] if before else []), f"{contact}: {found}, {before} was to become {after}"
            if found:
                self.model[contact] = found[0]
        self.open = None

    def held(self) -> dict[str, list[dict[str, Any]]]:
        """What the target holds, by contact."""
        held: dict[str, list[dict[str, Any]]] = {}
        for record in self.lane.registrations(self.tenant):
            held.setdefault(record["contact_id"], []).append(record)
        return held


def with_edits(record: Record | None, edits: list[str]) -> Record | None:
    for text in edits:
        record = record and record.written(text)
    return record


def seen(record: dict[str, Any]) -> Record:
    return Record(record.get("notes"), record["sys_version"])


def outcomes_of(load) -> dict[int, str]:
    rows = pl.read_parquet(load / "outcomes.parquet")
    return dict(rows.select("record_no", "outcome").iter_rows())


@pytest.fixture
def target(lane, doom) -> type[Target]:
    return type("Target", (Target,), {"lane": lane, "doom": doom, "tally": Counter()})


LIMITS = settings(
    deadline=None,
    database=None,
    # A failure is not made smaller: its steps are told, and each of them takes a process.
    phases=[Phase.generate],
    print_blob=True,
    stateful_step_count=6,
    suppress_health_check=list(HealthCheck),
)


def test_the_target_is_as_the_model_says_whatever_happens(target):
    run_state_machine_as_test(target, settings=settings(LIMITS, max_examples=12, derandomize=True))


@pytest.mark.soak
def test_the_target_is_as_the_model_says_whatever_happens_for_long(target, say):
    run_state_machine_as_test(target, settings=settings(LIMITS, max_examples=250, stateful_step_count=15))
    say(target.tally)
