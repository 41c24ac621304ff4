from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbulk.sandbox.registrations import create
from regbulk.sandbox.search import search


def pages(call, query):
    cursor = None
    while True:
        page = search(call, query, fields=None, cursor=cursor)
        yield page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        cursor = page["LastEvaluatedKey"]


@given(size=st.integers(1, 12), statuses=st.lists(st.sampled_from(["draft", "active"]), max_size=12))
def test_any_page_size_gives_every_record_once_in_one_order(call_with, body, size, statuses):
    call = call_with(page_size=size)
    made = [create(call, body(status=status)) for status in statuses]
    create(call, body(event_id="another event"))
    every = list(pages(call, {"event_id": "event-1"}))
    assert [record for page in every for record in page] == sorted(made, key=lambda record: record["id"])
    assert len(every) == len(made) // size + 1
    active = list(pages(call, {"event_id": "event-1", "status": ["active"]}))
    assert len(active) == len(every), "pages are read before they are filtered"
    assert sum(map(len, active)) == statuses.count("active")
    call.sandbox.store.close()


def test_a_page_may_be_empty_and_still_have_a_cursor(api):
    for _ in range(4):
        api.created(status="draft")
    page = api.search(status=["active"]).json()
    assert page["Items"] == []
    assert api.search(status=["active"], cursor=page["LastEvaluatedKey"]).json() == {"Items": []}


def test_the_last_page_is_empty_when_the_one_before_was_just_full(api):
    for _ in range(3):
        api.created()
    page = api.search().json()
    assert len(page["Items"]) == 3
    assert api.search(cursor=page["LastEvaluatedKey"]).json() == {"Items": []}


@pytest.mark.parametrize("cursor", ["", "made-up", "AAAA", "x" * 5_000, "ü", "eyJpZCI6ICJhIn0="])
def test_a_made_up_cursor_is_400(api, cursor):
    response = api.search(cursor=cursor)
    assert (response.status_code, "exclusiveStartKey" in response.json()["message"]) == (400, True)


def test_a_changed_or_foreign_cursor_is_400(api, tenant_of, shared_sandbox):
    for _ in range(3):
        api.created()
    cursor = api.search().json()["LastEvaluatedKey"]
    assert api.search(cursor=cursor).status_code == 200
    assert api.search(cursor=cursor[:30] + ("A" if cursor[30] != "A" else "B") + cursor[31:]).status_code == 400
    assert api.search(cursor=cursor, event_id="event-2").status_code == 400
    assert tenant_of(shared_sandbox).search(cursor=cursor).status_code == 400


def test_a_record_made_or_deleted_between_pages_spoils_nothing_else(api):
    made = sorted(api.created()["id"] for _ in range(5))
    first = api.search().json()
    api.request("DELETE", f"/{made[2]}")
    api.request("DELETE", f"/{made[4]}")
    rest = api.search(cursor=first["LastEvaluatedKey"]).json()["Items"]
    assert [item["id"] for item in rest] == [made[3]]
