from __future__ import annotations

import re

import pytest


def test_a_created_record_is_given_back_with_what_the_server_made_of_it(api, body):
    record = api.created(first_name="Zoë", badge={"first_name": "Z", "note": "kept"})
    sent = body(first_name="Zoë", badge={"first_name": "Z", "note": "kept"})
    assert {name: record[name] for name in sent} == sent
    assert re.fullmatch(r"[\w|-]+", record["id"], re.ASCII)
    assert record["sys_version"] == 1
    assert record["number"] == 1
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", record["sys_created_at"])
    assert record["sys_created_at"] == record["sys_last_modified_at"]
    assert record["sys_created_by_id"] == record["sys_last_modified_by_id"]
    assert api.get(record["id"]).json() == record


def test_numbers_count_up_per_tenant_and_are_not_used_again(api, tenant_of, shared_sandbox):
    first = api.created()
    api.request("DELETE", f"/{first['id']}")
    assert api.created()["number"] == 2
    assert tenant_of(shared_sandbox).created()["number"] == 1


SERVER_MADE = {
    "id": "a",
    "number": 1,
    "sys_version": 1,
    "sys_created_at": "2025-01-01T00:00:00Z",
    "sys_created_by_id": "a",
    "sys_last_modified_at": "2025-01-01T00:00:00Z",
    "sys_last_modified_by_id": "a",
    "sys_locked": True,
    "sys_directive": "a",
    "sys_deleted_by_id": "a",
    "sys_unheard_of": "a",
}


@pytest.mark.parametrize(("field", "value"), SERVER_MADE.items())
def test_a_server_made_field_is_refused_by_name_on_create_and_patch(api, field, value):
    response = api.post(**{field: value})
    assert (response.status_code, field in response.json()["message"]) == (400, True)
    record = api.created()
    response = api.patch(record["id"], {"op": "add", "path": f"/{field}", "value": value})
    assert (response.status_code, field in response.json()["message"]) == (400, True)
    assert api.get(record["id"]).json() == record


def test_stamps_and_external_id_may_be_written(api):
    stamps = {
        "sys_external_id": "x",
        "sys_bulk_load_id": "load",
        "sys_bulk_load_pk": "t:load",
        "sys_bulk_load_at": "2025-01-01T00:00:00Z",
        "sys_bulk_load_record_no": 7,
        "sys_bulk_load_source_file": "a.csv",
        "sys_last_bulk_data_operation_id": "load",
        "sys_last_bulk_data_operation_sys_version": "1",
    }
    record = api.created(**stamps)
    assert stamps.items() <= record.items()
    changed = api.patch(record["id"], {"op": "replace", "path": "/sys_external_id", "value": "y"}).json()
    assert changed["sys_external_id"] == "y"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("first_name", 5),
        ("first_name", None),
        ("order_total", "5"),
        ("is_guest_registration", "true"),
        ("status", "Active"),
        ("date", "2025-01-01"),
        ("date", "2025-02-30T00:00:00Z"),
        ("badge", []),
        ("badge", {"first_name": 5}),
        ("ribbon_ids", "a"),
        ("ribbon_ids", [5]),
        ("custom_field_values", [{"numeric_value": "5"}]),
        ("sys_bulk_load_record_no", "7"),
        ("frist_name", "a"),
    ],
)
def test_a_wrong_type_or_unknown_field_is_refused_by_name_and_without_its_value(api, field, value):
    response = api.post(**{field: value})
    assert response.status_code == 400
    assert field in response.json()["message"]
    assert "Active" not in response.text


def test_every_field_at_fault_is_named(api):
    message = api.post(name=..., status="x", city=1).json()["message"]
    assert all(field in message for field in ("name", "status", "city"))


@pytest.mark.parametrize("field", ["event_id", "contact_id", "name", "type_id", "package_id"])
def test_a_required_field_cannot_be_left_out_or_removed(api, field):
    assert api.post(**{field: ...}).json()["message"] == f"{field}: is required"
    assert api.patch(api.created()["id"], {"op": "remove", "path": f"/{field}"}).status_code == 400


def test_a_cancelled_record_needs_its_date_and_a_membership_package_its_information(api):
    assert "cancellation_date" in api.post(status="cancelled").json()["message"]
    assert "membership_information" in api.post(add_membership_package=True).json()["message"]
    api.created(status="cancelled", cancellation_date="2025-01-01T00:00:00Z")
    api.created(add_membership_package=True, membership_information={"membership_package_id": "m"})
    api.created(add_membership_package=False)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"a"', b'{"name": NaN}', b"\xff", b'{"name": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_400(api, content):
    response = api.request("POST", content=content)
    assert (response.status_code, list(response.json())) == (400, ["message"])


@pytest.mark.parametrize("depth", [240, 252, 256, 1_000, 5_000])
def test_deep_nesting_is_stored_and_read_again_or_refused(api, body, depth):
    deep = "[" * depth + "]" * depth
    content = '{"functions": [{"deep": ' + deep + "}]," + str(body()).replace("'", '"')[1:]
    response = api.request("POST", content=content.encode())
    assert response.status_code in (200, 400)
    assert api.search().status_code == 200
    if response.status_code == 200:
        assert api.patch(response.json()["id"], {"op": "add", "path": "/city", "value": "Ulm"}).status_code in (
            200,
            400,
        )


def test_a_deleted_record_is_gone_and_its_id_is_the_answer(api):
    record = api.created()
    response = api.request("DELETE", f"/{record['id']}")
    assert (response.status_code, response.json()) == (200, record["id"])
    assert [api.get(record["id"]).status_code, api.request("DELETE", f"/{record['id']}").status_code] == [404, 404]
    assert api.patch(record["id"]).status_code == 404


def test_fields_chooses_what_is_given_back(api):
    record = api.created(first_name="Zoë")
    assert api.get(record["id"], fields="first_name, id,unknown").json() == {"first_name": "Zoë", "id": record["id"]}
    assert api.get(record["id"], fields="", consistentRead="true").json() == record


def test_a_locked_record_refuses_writes_and_can_be_read(api):
    record = api.created()
    locked = api.sandbox.edit(api.name, record["id"], sys_locked=True)
    assert api.patch(record["id"], {"op": "add", "path": "/city", "value": "Ulm"}).status_code == 403
    assert api.request("DELETE", f"/{record['id']}").status_code == 403
    assert api.get(record["id"]).json() == locked


def test_an_edit_behind_the_api_counts_as_a_write_and_can_remove_a_field(api):
    record = api.created(city="Ulm", country="DE")
    edited = api.sandbox.edit(api.name, record["id"], city="Bonn", country=None)
    assert (edited["city"], edited["sys_version"], "country" in edited) == ("Bonn", 2, False)
    assert api.sandbox.registrations(api.name) == [edited]


@pytest.mark.parametrize("path", ["/a|b", "/%2e%2e", "/ü", "/" + "x" * 5_000, "/a%00b"])
def test_an_odd_id_is_simply_not_found(api, path):
    assert api.request("GET", path).status_code == 404
