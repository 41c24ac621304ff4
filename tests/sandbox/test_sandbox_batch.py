from __future__ import annotations

import pytest


def replace(registration_id, field, value):
    directives = [{"op": "add", "path": f"/{field}", "value": value}]
    return {"id": registration_id, "operation": "patch", "patch_directives": directives, "object": {}}


def delete(registration_id):
    return {"id": registration_id, "operation": "delete"}


def test_operations_run_independently_with_one_result_each_in_order(api):
    ids = [api.created(city=str(number))["id"] for number in range(4)]
    answer = api.batch(
        replace(ids[0], "city", "Ulm"), replace(ids[1], "status", "lost"), delete(ids[2]), delete("nobody")
    ).json()
    assert (answer["success_count"], answer["error_count"]) == (2, 2)
    shown = [(each["id"], each["operation"], each["success"], each["status_code"]) for each in answer["results"]]
    assert shown == [
        (ids[0], "patch", True, 200),
        (ids[1], "patch", False, 400),
        (ids[2], "delete", True, 200),
        ("nobody", "delete", False, 404),
    ]
    assert [each["message"] is None for each in answer["results"]] == [True, False, True, False]
    assert {each["id"]: each["city"] for each in api.sandbox.registrations(api.name)} == {
        ids[0]: "Ulm",
        ids[1]: "1",
        ids[3]: "3",
    }


def test_a_hundred_operations_are_taken_and_one_more_does_nothing(api):
    record = api.created()
    assert api.batch(*[replace(record["id"], "city", "Ulm")] * 100).json()["success_count"] == 100
    response = api.batch(*[replace(record["id"], "city", "Bonn")] * 101)
    assert (response.status_code, "101" in response.json()["message"]) == (400, True)
    after = api.get(record["id"]).json()
    assert (after["city"], after["sys_version"]) == ("Ulm", 101)


def test_no_order_is_promised_for_two_operations_on_one_id(api):
    record = api.created()
    answer = api.batch(replace(record["id"], "city", "first"), replace(record["id"], "city", "second")).json()
    assert answer["success_count"] == 2
    assert api.get(record["id"]).json()["city"] == "first"


@pytest.mark.parametrize(
    "body", [{}, [], {"operations": {}}, {"operations": None}, {"operations": [], "more": 1}, "x", None, 5]
)
def test_a_malformed_envelope_is_400(api, body):
    response = api.request("POST", "/batch", json=body)
    assert (response.status_code, list(response.json())) == (400, ["message"])


def test_an_empty_batch_is_answered_with_zeros(api):
    assert api.batch().json() == {"success_count": 0, "error_count": 0, "results": []}


@pytest.mark.parametrize(
    "operation",
    [
        5,
        None,
        {},
        {"id": "x"},
        {"id": "x", "operation": "patch"},
        {"operation": "delete"},
        {"id": 5, "operation": "delete"},
        {"id": "x", "operation": "update", "object": {}},
        {"id": "x", "operation": ["patch"]},
        {"id": "", "operation": "create", "object": {"event_id": "e"}},
    ],
)
def test_a_malformed_operation_is_its_own_error_and_the_others_run(api, operation):
    record = api.created()
    answer = api.batch(operation, replace(record["id"], "city", "Ulm")).json()
    assert [each["status_code"] for each in answer["results"]] == [400, 200]
    assert (answer["success_count"], answer["error_count"]) == (1, 1)


def test_create_is_not_part_of_a_batch(api, body):
    answer = api.batch({"operation": "create", "object": body()}).json()
    assert answer["results"][0]["status_code"] == 400
    assert api.sandbox.registrations(api.name) == []


def test_a_locked_record_is_its_own_403(api):
    record = api.created()
    api.sandbox.edit(api.name, record["id"], sys_locked=True)
    results = api.batch(replace(record["id"], "city", "Ulm"), delete(record["id"])).json()["results"]
    assert [each["status_code"] for each in results] == [403, 403]


def test_requests_and_operations_are_counted(sandbox, tenant_of):
    api = tenant_of(sandbox, "counted")
    ids = [api.created()["id"] for _ in range(3)]
    api.batch(replace(ids[0], "city", "Ulm"), replace(ids[1], "city", "Ulm"), delete(ids[2]))
    api.patch(ids[0])
    stats = sandbox.stats()
    assert stats["operations"] == {"create": 3, "patch": 3, "delete": 1}
    assert stats["registrations"] == {"counted": 2}
    assert stats["requests"] == {
        "post /registrations/{tenantId}": 3,
        "post /registrations/{tenantId}/batch": 1,
        "patch /registrations/{tenantId}/{id}": 1,
    }
