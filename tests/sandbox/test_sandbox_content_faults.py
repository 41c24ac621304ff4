from __future__ import annotations

import random

import httpx
import pytest

from regbulk.sandbox.faults.pages import PAGE_FAULTS
from regbulk.sandbox.faults.results import RESULT_FAULTS
from regbulk.sandbox.lag import Lag, trailing
from regbulk.sandbox.store import Selection

MOST_PAGES = 12


def replace(registration_id, city):
    directives = [{"op": "add", "path": "/city", "value": city}]
    return {"id": registration_id, "operation": "patch", "patch_directives": directives}


@pytest.fixture
def struck(api):
    """Five records in a tenant of pages of three, and the faults named."""

    def start(*faults, records=5, seed=0):
        made = sorted(api.created(contact_id=f"c-{number}", city="old")["id"] for number in range(records))
        api.sandbox.faults(*faults, tenant=api.name, seed=seed)
        return api, made

    return start


def batch(api, ids, city="new"):
    answer = api.batch(*[replace(one, city) for one in ids])
    assert answer.status_code == 200
    return answer.json()


def cities(api):
    return {record["id"]: record["city"] for record in api.sandbox.registrations(api.name)}


def walk(api, **query):
    """Pages until there is no cursor, `MOST_PAGES` at most."""
    pages, cursor = [], None
    while len(pages) < MOST_PAGES:
        pages.append(api.search(cursor=cursor, **query).json())
        cursor = pages[-1].get("LastEvaluatedKey")
        if not cursor:
            break
    return pages


def ids_of(pages):
    return [record["id"] for page in pages for record in page["Items"]]


def shown_ids(answer):
    return [each.get("id") for each in answer["results"]]


@pytest.mark.parametrize("fault", RESULT_FAULTS)
def test_a_batch_is_done_whatever_is_said_of_it_and_the_next_one_is_answered_as_ever(struck, fault):
    api, ids = struck(fault)
    said, next_said = batch(api, ids), batch(api, ids, city="newer")
    assert set(cities(api).values()) == {"newer"}
    assert api.sandbox.struck(api.name) == {fault: 1}
    assert shown_ids(next_said) == ids
    assert (next_said["success_count"], next_said["error_count"]) == (5, 0)
    assert said != next_said


@pytest.mark.parametrize(("fault", "count"), [("results-short", 4), ("results-long", 6), ("results-duplicated", 5)])
def test_results_are_too_few_too_many_or_one_of_them_twice(struck, fault, count):
    api, ids = struck(fault)
    answer = batch(api, ids)
    assert len(answer["results"]) == count
    named = [name for name in shown_ids(answer) if name]
    assert set(named) <= set(ids)
    assert len(set(named)) == {"results-short": 4, "results-long": 5, "results-duplicated": 4}[fault]


def test_results_are_reordered_for_good_if_asked(struck):
    api, ids = struck("results-reordered:always")
    answers = [batch(api, ids) for _ in range(3)]
    assert all(sorted(shown_ids(answer)) == ids != shown_ids(answer) for answer in answers)


def test_a_result_is_about_a_registration_that_nobody_named(struck):
    api, ids = struck("results-foreign-id")
    assert len(set(shown_ids(batch(api, ids))) - set(ids)) == 1


def test_a_result_contradicts_itself(struck):
    api, ids = struck("results-contradictory")
    assert [bool(each["message"]) for each in batch(api, ids)["results"] if each["success"]].count(True) == 1


def test_counts_do_not_add_up(struck):
    api, ids = struck("results-wrong-counts")
    answer = batch(api, ids)
    assert answer["success_count"] + answer["error_count"] == 6


def test_results_are_missing_are_texts_or_have_no_ids(struck):
    api, ids = struck("results-missing:once-at=1", "results-not-objects:once-at=2", "results-without-ids:once-at=3")
    assert batch(api, ids) == {"success_count": 5, "error_count": 0}
    assert batch(api, ids)["results"] == ["done"] * 5
    assert shown_ids(batch(api, ids)) == [None] * 5


@pytest.mark.parametrize("status", ["404", "409", "412", "422", "429", "500"])
def test_one_operation_fails_with_a_status_and_is_not_done(struck, status):
    api, ids = struck(f"item-status={status}")
    answer = batch(api, ids)
    failed = [each for each in answer["results"] if not each["success"]]
    assert [each["status_code"] for each in failed] == [int(status)]
    assert (answer["success_count"], answer["error_count"]) == (4, 1)
    assert cities(api) == {one: "old" if one == failed[0]["id"] else "new" for one in ids}
    assert batch(api, ids)["success_count"] == 5


def test_one_operation_is_done_and_reported_as_failed(struck):
    api, ids = struck("item-status-after")
    answer = batch(api, ids)
    assert [each["status_code"] for each in answer["results"] if not each["success"]] == [500]
    assert set(cities(api).values()) == {"new"}


def test_which_operation_fails_depends_on_the_seed_alone(struck):
    api, ids = struck("item-status=500:always")

    def failed(seed):
        api.sandbox.faults("item-status=500:always", tenant=api.name, seed=seed)
        answers = [batch(api, ids)["results"] for _ in range(6)]
        return [ids.index(each["id"]) for results in answers for each in results if not each["success"]]

    assert failed(1) == failed(1) != failed(2)


def test_an_item_status_that_no_operation_has_is_refused(api):
    refused = httpx.put(f"{api.sandbox.url}/_sandbox/faults/{api.name}", json={"faults": ["item-status=200"]})
    assert refused.status_code == 400
    assert "404" in refused.json()["message"]


def test_an_empty_page_has_a_cursor_that_leads_to_what_it_should_have_had(struck):
    api, ids = struck("page-empty:once-at=2")
    pages = walk(api)
    assert [len(page["Items"]) for page in pages] == [3, 0, 2]
    assert ids_of(pages) == ids
    assert len({page.get("LastEvaluatedKey") for page in pages}) == 3


def test_the_first_page_may_be_empty_as_well(struck):
    api, ids = struck("page-empty:once")
    pages = walk(api)
    assert [len(page["Items"]) for page in pages] == [0, 3, 2]
    assert ids_of(pages) == ids


def test_a_cursor_comes_again(struck):
    api, _ = struck("page-cursor-repeated:always", records=8)
    pages = walk(api)
    assert len(pages) == MOST_PAGES
    assert len({page["LastEvaluatedKey"] for page in pages}) == 1


def test_cursors_go_in_a_circle(struck):
    api, _ = struck("page-cursor-cycle:always", records=12)
    cursors = [page["LastEvaluatedKey"] for page in walk(api)]
    assert cursors == cursors[:2] * (MOST_PAGES // 2)
    assert cursors[0] != cursors[1]


def test_pages_overlap_and_still_hold_everything(struck):
    api, ids = struck("page-overlap:always", records=8)
    found = ids_of(walk(api))
    assert len(found) > len(ids)
    assert sorted(set(found)) == ids


def test_a_page_is_longer_than_pages_are(struck):
    api, ids = struck("page-long", records=8)
    pages = walk(api)
    assert [len(page["Items"]) for page in pages] == [6, 2]
    assert ids_of(pages) == ids


def test_a_cursor_expires_and_works_when_it_is_sent_again(struck):
    api, ids = struck("page-cursor-expired")
    cursor = api.search().json()["LastEvaluatedKey"]
    refused = api.search(cursor=cursor)
    assert (refused.status_code, "expired" in refused.json()["message"]) == (400, True)
    assert ids_of([api.search(cursor=cursor).json()]) == ids[3:]


def test_there_is_a_cursor_behind_the_last_record(struck):
    api, _ = struck("page-cursor-after-last:always")
    assert [page["Items"] for page in walk(api)][2:] == [[]]


@pytest.mark.parametrize(
    ("fault", "end"), [("page-null-cursor", None), ("page-object-cursor", {}), ("page-text-cursor", "")]
)
def test_the_last_page_has_a_cursor_that_is_none(struck, fault, end):
    api, ids = struck(f"{fault}:always")
    first, last = walk(api)
    assert isinstance(first["LastEvaluatedKey"], str)
    assert last["LastEvaluatedKey"] == end
    assert "LastEvaluatedKey" not in api.get(ids[0]).json()


def test_a_page_holds_something_broken_in_the_place_of_a_record(struck):
    api, _ = struck("page-broken-record", "page-broken-record=without-id:once-at=2")
    first, second = api.search().json()["Items"], api.search().json()["Items"]
    assert sorted(isinstance(item, dict) for item in first) == [False, True, True]
    assert sorted("id" in item for item in second) == [False, True, True]


def test_a_page_holds_a_record_twice(struck):
    api, ids = struck("page-record-twice")
    found = ids_of([api.search().json()])
    assert (len(found), set(found)) == (4, set(ids[:3]))


def test_faults_of_pages_meet_the_list_of_a_contact_as_well(struck):
    api, _ = struck("page-empty@list")
    first = api.request("GET", "/eventContact/event-1/c-1").json()
    assert (first["Count"], first["Items"]) == (0, [])
    params = {"exclusiveStartKey": first["LastEvaluatedKey"]}
    assert api.request("GET", "/eventContact/event-1/c-1", params=params).json()["Count"] == 1


def test_reads_lag_while_the_fault_is_on_and_only_in_its_tenant(struck, tenant_of):
    api, ids = struck("lag=30")
    other = tenant_of(api.sandbox)
    batch(api, ids[:1])
    fresh = api.created(contact_id="c-9")
    assert api.search().json()["Items"][0]["city"] == "old"
    assert api.get(fresh["id"]).status_code == 404
    assert api.get(fresh["id"], consistentRead="true").json() == fresh
    assert api.request("GET", "/eventContact/event-1/c-9").status_code == 404
    made = other.created()
    assert other.get(made["id"]).json() == made
    api.sandbox.no_faults(api.name)
    assert api.get(ids[0]).json()["city"] == "new"
    assert fresh["id"] in ids_of(walk(api))


def test_a_content_fault_leaves_alone_what_it_was_given_and_finds_nothing_in_an_empty_answer():
    for name, fault in {**RESULT_FAULTS, **PAGE_FAULTS}.items():
        body = {"success_count": 0, "error_count": 0, "results": []} if name in RESULT_FAULTS else {"message": "x"}
        changed = fault.change(body, random.Random(1), None)
        assert (changed == body) == (name not in {"results-wrong-counts", "results-missing"}), name
        assert body in ({"success_count": 0, "error_count": 0, "results": []}, {"message": "x"})


def test_reads_that_trail_see_the_version_of_their_time_and_pages_keep_their_size():
    now = [100.0]
    lag = Lag(lambda: now[0])
    records = {name: {"id": name, "event_id": "e", "n": 0} for name in "abcdef"}

    def write(name, after):
        lag.wrote("t", name, records.get(name), seconds=10)
        records.pop(name, None)
        records.update({name: {"id": name, **after}} if after else {})
        now[0] += 1

    write("a", {"event_id": "e", "n": 1})
    write("a", {"event_id": "e", "n": 2})
    write("b", None)
    write("c", {"event_id": "another"})
    write("g", {"event_id": "e"})

    def page(seconds, after="", limit=3):
        found = [each for each in sorted(records.values(), key=lambda each: each["id"]) if each["event_id"] == "e"]
        read = [each for each in found if each["id"] > after][:limit]
        return trailing(read, lag.past("t", seconds=seconds), Selection("e"), after=after, limit=limit)

    first = page(6)
    assert ([each["id"] for each in first.records], first.records[0]["n"]) == (["a", "b", "c"], 0)
    assert [each["id"] for each in page(6, after=first.end).records] == ["d", "e", "f"]
    assert page(4.5).records[0]["n"] == 1
    assert [each["id"] for each in page(0).records] == ["a", "d", "e"]
    now[0] += 10
    assert lag.find("t", "a", records["a"], seconds=10)["n"] == 2
    assert [each["id"] for each in page(10).records] == ["a", "d", "e"]
