from __future__ import annotations

from urllib.parse import quote

import pytest

ANN = {"contact_id": "ann", "name": "Ann Lee", "city": "Ulm", "status": "active", "is_guest_registration": True}
BOB = {
    "contact_id": "bob",
    "name": "BOB ÜBEL",
    "order_total": 50,
    "order_number": 7,
    "date": "2025-03-01T01:00:00+01:00",
}
CY = {"contact_id": "cy", "name": "Cy", "status": "draft", "order_total": 99.5, "date": "2025-03-02T00:00:00Z"}


@pytest.fixture
def event(api):
    """Three registrations of event-1 and one of another event."""
    for person in (ANN, BOB, CY):
        api.created(**person)
    api.created(event_id="event-2", contact_id="dan")
    return api


def names(api, **query):
    found, cursor = [], None
    while True:
        page = api.search(cursor=cursor, **query).json()
        found += [item["contact_id"] for item in page["Items"]]
        cursor = page.get("LastEvaluatedKey")
        if cursor is None:
            return " ".join(sorted(found))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "ann bob cy"),
        ({"event_id": "event-2"}, "dan"),
        ({"event_id": "EVENT-2"}, ""),
        ({"name": ""}, "ann bob cy"),
        ({"name": "b"}, "bob"),
        ({"name": "übel"}, "bob"),
        ({"name": "lee", "city": "UL"}, "ann"),
        ({"city": "x"}, ""),
        ({"status": ["draft", "active"]}, "ann cy"),
        ({"status": []}, "ann bob cy"),
        ({"contact_id": ["bob", "dan", "nobody"]}, "bob"),
        ({"contact_id": []}, "ann bob cy"),
        ({"is_guest_registration": [True]}, "ann"),
        ({"is_guest_registration": [False]}, ""),
        ({"order_number": [7.0, 8]}, "bob"),
        ({"order_total": [50, 99.5]}, "bob cy"),
        ({"order_total": [50.5, 99]}, ""),
        ({"order_total": [99, 50]}, ""),
        ({"date": ["2025-03-01T00:00:00Z", "2025-03-01T23:59:59Z"]}, "bob"),
        ({"date": ["2025-03-01T00:00:00.1Z", "2025-03-02t00:00:00z"]}, "cy"),
        ({"date": ["2016-12-31T23:59:60Z", "9999-12-31T23:59:59Z"]}, "bob cy"),
        ({"date": ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]}, ""),
        ({"ids": ["nobody"]}, ""),
    ],
)
def test_a_filter_finds(event, query, expected):
    assert names(event, **query) == expected


def test_ids_select_within_the_event(event):
    ids = {record["contact_id"]: record["id"] for record in event.sandbox.registrations(event.name)}
    assert names(event, ids=[ids["cy"], ids["ann"], ids["dan"]]) == "ann cy"


@pytest.mark.parametrize(
    "query",
    [
        {"event_id": 5},
        {"event_id": ""},
        {"sys_external_id": "x"},
        {"exclusiveStartKey": "x"},
        {"status": "active"},
        {"status": [5]},
        {"order_total": [1]},
        {"order_total": [1, None]},
        {"order_total": ["1", "2"]},
        {"date": ["2025-01-01", "2025-01-02"]},
        {"name": None},
        {"is_guest_registration": ["true"]},
    ],
)
def test_a_malformed_query_is_refused_by_name(api, query):
    response = api.search(**query)
    assert response.status_code == 400
    assert next(iter(query)) in response.json()["message"]


@pytest.mark.parametrize("body", [{}, {"name": "x"}, [], None])
def test_a_query_without_event_id_is_400(api, body):
    assert api.request("POST", "/search", json=body).status_code == 400


def test_fields_to_return_chooses_and_fields_is_not_a_parameter_of_search(event):
    assert event.search(fields="contact_id", contact_id=["cy"]).json() == {"Items": [{"contact_id": "cy"}]}
    whole = event.request("POST", "/search", params={"fields": "name"}, json={"event_id": "event-2"}).json()
    assert whole["Items"] == [each for each in event.sandbox.registrations(event.name) if each["contact_id"] == "dan"]


def test_event_and_contact_lists_its_registrations_in_pages(api):
    made = sorted(api.created(contact_id="c|1")["id"] for _ in range(4))
    api.created(contact_id="other")
    first = api.request("GET", "/eventContact/event-1/c|1").json()
    params = {"exclusiveStartKey": first["LastEvaluatedKey"], "fields": "id"}
    last = api.request("GET", "/eventContact/event-1/c|1", params=params).json()
    assert ([item["id"] for item in first["Items"]], first["Count"]) == (made[:3], 3)
    assert last == {"Count": 1, "Items": [{"id": made[3]}]}


def test_event_and_contact_without_a_registration_is_404_but_an_empty_last_page_is_not(api):
    assert api.request("GET", "/eventContact/event-1/nobody").status_code == 404
    for _ in range(3):
        api.created()
    first = api.request("GET", "/eventContact/event-1/c-1").json()
    params = {"exclusiveStartKey": first["LastEvaluatedKey"]}
    assert api.request("GET", "/eventContact/event-1/c-1", params=params).json() == {"Count": 0, "Items": []}


@pytest.mark.parametrize("name", ["c/1", "c%2F1", "a b", "ä", "%", "..", "c+1"])
def test_a_part_of_a_path_may_hold_any_character_when_it_is_escaped(api, name):
    record = api.created(event_id=name, contact_id=name)
    part = quote(name, safe="").replace(".", "%2E")
    assert api.request("GET", f"/eventContact/{part}/{part}").json() == {"Count": 1, "Items": [record]}
