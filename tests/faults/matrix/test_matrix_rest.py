"""The S and M cases of the fault matrix that concern push and resume."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import regbulk

SECRET, PERSON = "canary-7f3a9c", "Persephone-Quill"


def test_s01_s02_neither_the_credential_nor_a_value_of_a_person_is_in_what_is_said_or_kept_about_a_run(job):
    source = job.source(first_name=PERSON)
    job.plant()
    refusal = "refuse-record=422@create:always"
    job.sandbox.faults(refusal, "status-after=500@batch:once", "429=missing@search:once", tenant=job.tenant)
    ran = job.command("import", source, "--json", api_key=SECRET)
    assert ran.returncode == 3, ran.stderr
    said = ran.stdout + ran.stderr
    assert SECRET not in said
    assert PERSON not in said
    for path in job.workspace.rglob("*"):
        assert not path.is_file() or SECRET.encode() not in path.read_bytes(), path
    ledger = b"".join(path.read_bytes() for path in job.workspace.glob("ledger*"))
    assert ledger
    assert PERSON.encode() not in ledger


def test_s04_nothing_that_could_run_code_is_ever_read_back():
    package = Path(regbulk.__file__).parent
    unsafe = re.compile(r"\b(pickle|cPickle|dill|joblib|cloudpickle|shelve|marshal)\b|yaml\.(unsafe_)?load\(")
    assert [path for path in package.rglob("*.py") if unsafe.search(path.read_text())] == []


def test_s08_an_answer_without_an_end_is_cut_off_and_the_write_settled(job):
    job.all_done(job.mixed("huge=80@create:once-at=2", "huge=80@batch:once"))


@pytest.mark.parametrize("rows", [1, 99, 100, 101, 200])
def test_m01_every_size_around_the_edge_of_a_batch_arrives_whole(job, rows):
    created = job.load(job.source(rows), concurrency=16)
    assert (created.error, created.counts) == (None, {"created": rows})
    patched = job.load(job.source(rows, notes="changed"), concurrency=16)
    assert (patched.error, patched.counts) == (None, {"patched": rows})
    held = job.held()
    assert held.keys() == {f"c{n}" for n in range(rows)}
    assert {(record["notes"], record["sys_version"]) for record in held.values()} == {("changed", 2)}


def test_m03_a_source_of_rejects_alone_sends_nothing(job):
    ran = job.command("import", job.source(status="lost"), "--json")
    assert ran.returncode == 3, ran.stderr
    assert '"rejects": 6' in ran.stdout
    assert job.sandbox.registrations(job.tenant) == []


def test_m04_m13_the_same_file_again_writes_nothing(job):
    source = job.source()
    job.load(source)
    before = job.held()
    job.sandbox.faults("reset-before@write:always", tenant=job.tenant)
    again = job.load(source)
    assert (again.error, again.counts) == (None, {"unchanged": 6})
    assert job.sandbox.struck(job.tenant) == {"reset-before@write:always": 0}, "not one write left"
    assert job.held() == before


@pytest.mark.parametrize("width", [1, 8, 64])
def test_m07_any_number_of_requests_in_flight_gives_the_same_target(job, width):
    job.all_done(job.mixed("reset-after@create:once-at=2", "429=zero@batch:once", concurrency=width, batch_size=2))


def test_m11_two_loads_of_the_same_records_at_once_write_each_once(job):
    job.plant()
    source = job.source(40)
    other = []

    def meanwhile(step: str, done: int) -> None:
        if step.startswith("push") and done and not other:
            other.append(job.command("import", source, "--json"))

    job.watch = meanwhile
    ended = job.load(source, batch_size=5, concurrency=1)
    assert ended.error is None, ended.error
    assert other[0].returncode == 4, other[0].stderr
    assert "another load is writing to the same events" in other[0].stderr
    assert {contact: record["sys_version"] for contact, record in job.held().items()} == {
        f"c{n}": 2 if n < 3 else 1 for n in range(40)
    }


def test_m12_a_record_that_went_between_plan_and_push_is_in_conflict_and_is_not_made_anew(job):
    job.plant()
    gone = job.held()["c1"]["id"]
    source = job.source()
    planned = job.command("plan", source, "--json")
    assert planned.returncode == 0, planned.stderr
    job.delete(gone)
    ended = job.resume()
    assert ended.error is None, ended.error
    assert ended.outcomes == ["patched", "conflict", "patched", "created", "created", "created"]
    assert "c1" not in job.held()
