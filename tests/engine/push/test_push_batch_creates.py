"""Creates in `/batch`: a result cannot name the record it is about, so none is believed by its position."""

from __future__ import annotations

import orjson
import pytest


@pytest.fixture
def batching(tenant):
    """A tenant that takes creates in a batch."""
    tenant.sandbox.dialects(tenant.name, "batch-create")
    return tenant


def sizes(tenant) -> list[int]:
    return [len(orjson.loads(asked.body)["operations"]) for asked in tenant.between.asked if asked.is_batch]


def ids_by_number(tenant) -> dict[int, str]:
    return {record["sys_bulk_load_record_no"]: record["id"] for record in tenant.registrations().values()}


def test_creates_whose_results_all_say_the_same_are_sent_once_and_found_with_one_search(batching):
    ended = batching.load(batching.source(40), create_in_batch=True)
    assert ended.outcomes["created"] == 40
    assert sizes(batching) == [40]
    lookups = [asked.path for asked in batching.between.asked if not asked.is_batch]
    assert lookups == ["search", "search"], "one page for the plan, one for the ids"
    rows = batching.outcomes(ended.load_id)
    assert {number: row["id"] for number, row in rows.items()} == ids_by_number(batching)


@pytest.mark.parametrize("disorder", ["results-reordered", "results-duplicated"])
def test_each_record_gets_its_own_id_however_the_results_come(batching, disorder):
    batching.sandbox.faults(f"{disorder}@batch:always", tenant=batching.name)
    ended = batching.load(batching.source(20), create_in_batch=True)
    assert ended.outcomes["created"] == 20
    rows = batching.outcomes(ended.load_id)
    assert {number: row["id"] for number, row in rows.items()} == ids_by_number(batching)


def test_a_create_refused_among_results_in_another_order_fails_itself_with_its_words(batching):
    batching.sandbox.faults("results-reordered@batch:always", "item-status=422:always", tenant=batching.name)
    ended = batching.load(batching.source(20), create_in_batch=True)
    assert (ended.outcomes["created"], ended.outcomes["failed"]) == (19, 1)
    assert sizes(batching) == [20, 1], "the refused one was sent alone, where its result can be about no other"
    rows = batching.outcomes(ended.load_id)
    there = ids_by_number(batching)
    assert {number: row["id"] for number, row in rows.items() if row["outcome"] == "created"} == there
    (refused,) = (row for number, row in rows.items() if number not in there)
    assert (refused["outcome"], refused["status"]) == ("failed", 422)
    assert ended.open == 0


def test_a_create_that_the_api_says_is_done_is_not_sent_again_though_no_list_shows_it(batching, said):
    lagging = [True]

    def rule(asked):
        if lagging[0] and asked.path.startswith("eventContact"):
            return said(404, {"message": "unable to locate records"})
        return said(200, {"Items": []}) if lagging[0] and asked.path == "search" else None

    batching.between.rule = rule
    ended = batching.load(batching.source(5), create_in_batch=True)
    assert (ended.outcomes["unknown"], ended.open) == (5, 5)
    assert "no list shows it yet" in batching.outcomes(ended.load_id)[1]["message"]
    lagging[0] = False
    assert batching.push(ended.load_id, REGBULK_CREATE_IN_BATCH="true")["outcomes"]["created"] == 5
    assert sizes(batching) == [5]
    assert len(batching.registrations()) == 5
