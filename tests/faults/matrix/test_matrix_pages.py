"""The E cases of the fault matrix that decide what is planned: how the target is read before a push."""

from __future__ import annotations

import pytest

from regbulk.errors import RegbulkError

ROWS = 13
"""The target holds two of them less: two pages of the sandbox and one more."""


def planned(job, *faults: str, **changes):
    """An import over a target that holds all but two of its records, the search of which goes like this."""
    job.plant(ROWS - 2)
    source = job.source(ROWS)
    job.sandbox.faults(*faults, tenant=job.tenant)
    ended = job.load(source, canary=0, **changes)
    assert min(job.sandbox.struck(job.tenant).values()) > 0
    job.sandbox.no_faults(job.tenant)
    return ended


def is_right(job, ended):
    assert ended.error is None, ended.error
    assert ended.counts == {"patched": ROWS - 2, "created": 2}
    held = job.held()
    assert {contact: record["sys_version"] for contact, record in held.items()} == {
        f"c{n}": 2 if n < ROWS - 2 else 1 for n in range(ROWS)
    }


@pytest.mark.parametrize(
    "fault",
    [
        "page-empty:once",
        "page-null-cursor:always",
        "page-object-cursor:always",
        "page-text-cursor:always",
        "page-cursor-after-last:always",
        "page-overlap:always",
        "page-record-twice:always",
        "page-long:always",
        "status-before=500:once-at=2",
    ],
)
def test_e01_e02_e03_e07_e09_e11_pages_that_walk_badly_give_the_same_plan(job, fault):
    name, when = fault.split(":")
    is_right(job, planned(job, f"{name}@search:{when}"))


def is_stopped_and_goes_on(job, ended):
    assert isinstance(ended.error, RegbulkError), ended
    assert {record["sys_version"] for record in job.held().values()} == {1}
    assert len(job.held()) == ROWS - 2, "nothing was written"
    is_right(job, job.resume())


@pytest.mark.parametrize("fault", ["page-cursor-repeated", "page-cursor-cycle", "page-cursor-expired"])
def test_e04_e05_e06_a_walk_without_an_end_stops_before_anything_is_written_and_goes_on_later(job, fault):
    is_stopped_and_goes_on(job, planned(job, f"{fault}@search:always"))


@pytest.mark.parametrize("kind", ["not-object", "without-id"])
def test_e10_a_broken_record_on_a_page_makes_no_second_registration(job, kind):
    ended = planned(job, f"page-broken-record={kind}@search:once")
    if ended.error is None:
        is_right(job, ended)
    else:
        is_stopped_and_goes_on(job, ended)
