from __future__ import annotations

import re
import string
import time

import httpx
import pytest

from regbulk.errors import SettingsError
from regbulk.sandbox.dialect import DIALECTS
from regbulk.sandbox.options import SandboxOptions

STAMPS = {"sys_bulk_load_id": "load", "sys_bulk_load_record_no": 1, "sys_last_bulk_data_operation_id": "load"}


def add(field, value):
    return {"op": "add", "path": f"/{field}", "value": value}


def replace(registration_id, field, value, **more):
    return {"id": registration_id, "operation": "patch", "patch_directives": [add(field, value)], **more}


def delete(registration_id, **more):
    return {"id": registration_id, "operation": "delete", **more}


def test_dropped_stamps_vanish_while_the_rest_is_written(speaking):
    api = speaking("drop-stamps")
    record = api.created(**STAMPS, city="Ulm", sys_external_id="x")
    assert not STAMPS.keys() & record.keys()
    assert (record["city"], record["sys_external_id"]) == ("Ulm", "x")
    after = api.patch(record["id"], add("city", "Bonn"), *[add(field, value) for field, value in STAMPS.items()]).json()
    assert after["city"] == "Bonn"
    assert not STAMPS.keys() & after.keys()


def test_a_dropped_stamp_keeps_the_value_it_had(speaking):
    api = speaking("drop-stamps")
    record = api.created()
    api.sandbox.edit(api.name, record["id"], sys_bulk_load_id="earlier")
    assert api.patch(record["id"], add("sys_bulk_load_id", "later")).json()["sys_bulk_load_id"] == "earlier"


def test_a_dropped_external_id_vanishes_while_stamps_stay(speaking):
    record = speaking("drop-external-id").created(**STAMPS, sys_external_id="x")
    assert record.keys() >= STAMPS.keys()
    assert "sys_external_id" not in record


def test_a_batch_creates_where_the_dialect_allows_it(speaking, body):
    api = speaking("batch-create")
    before = api.sandbox.stats()["operations"]["create"]
    answer = api.batch(
        {"operation": "create", "object": body(city="Ulm")},
        {"id": "ignored", "operation": "create", "object": body(city="Bonn"), "patch_directives": []},
        {"operation": "create", "object": body(name=...)},
        {"operation": "create"},
    ).json()
    assert [each["status_code"] for each in answer["results"]] == [200, 200, 400, 400]
    cities = {record["id"]: record["city"] for record in api.sandbox.registrations(api.name)}
    assert [cities[each["id"]] for each in answer["results"][:2]] == ["Ulm", "Bonn"]
    assert api.sandbox.stats()["operations"]["create"] - before == 4


def test_a_search_needs_a_name_which_may_be_empty(speaking):
    api = speaking("search-needs-name")
    record = api.created()
    assert api.search().status_code == 400
    assert api.search(name="").json() == {"Items": [record]}


def test_patch_values_are_text_and_read_as_json_where_the_field_is_not_text(speaking):
    api = speaking("text-values")
    record = api.created(badge={}, custom_field_values=[{"custom_field_id": "a"}])
    after = api.patch(
        record["id"],
        add("city", "5"),
        add("order_total", "5.5"),
        add("is_guest_registration", "true"),
        add("badge/first_name", "true"),
        add("ribbon_ids", '["a"]'),
        add("ribbon_ids/-", "b"),
        add("custom_field_values/0/numeric_value", "7"),
        add("custom_field_values/0/list_value", '["x"]'),
        {"op": "test", "path": "/order_total", "value": "5.5"},
    ).json()
    assert after["city"] == "5"
    assert (after["order_total"], after["is_guest_registration"]) == (5.5, True)
    assert (after["badge"], after["ribbon_ids"]) == ({"first_name": "true"}, ["a", "b"])
    assert after["custom_field_values"] == [{"custom_field_id": "a", "numeric_value": 7, "list_value": ["x"]}]


@pytest.mark.parametrize(
    ("field", "value"), [("order_total", 5), ("order_total", "five"), ("badge", {}), ("city", None)]
)
def test_a_patch_value_that_is_no_such_text_is_400(speaking, field, value):
    api = speaking("text-values")
    record = api.created()
    assert api.patch(record["id"], add(field, value)).status_code == 400
    assert api.get(record["id"]).json() == record


def test_the_fields_of_a_contact_are_dropped_and_the_rest_is_written(speaking):
    api = speaking("drop-contact-fields")
    record = api.created(city="Ulm", email_address="a@example.org", notes="x")
    assert not {"city", "email_address"} & record.keys()
    assert record["notes"] == "x"
    assert "country" not in api.patch(record["id"], add("country", "DE")).json()


def test_texts_are_trimmed_and_addresses_of_mail_are_small(speaking):
    api = speaking("trimmed-texts")
    record = api.created(sys_external_id=" 7 ", email_address="Ann@Example.ORG ", notes="a b")
    assert (record["sys_external_id"], record["email_address"], record["notes"]) == ("7", "ann@example.org", "a b")
    assert api.patch(record["id"], add("city", "Ulm ")).json()["city"] == "Ulm"


def test_odd_ids_hold_every_character_and_are_found_by_every_path(speaking):
    api = speaking("odd-ids")
    made = [api.created() for _ in range(4)]
    names = [record["id"] for record in made]
    assert all(set(name) == {*string.ascii_letters, *string.digits, "_", "|", "-"} for name in names)
    first = api.search().json()
    second = api.search(cursor=first["LastEvaluatedKey"]).json()
    assert [record["id"] for page in (first, second) for record in page["Items"]] == sorted(names)
    path = "/" + re.sub(r"[|]", "%7C", names[0])
    assert api.request("GET", path).json() == made[0]
    answer = api.batch(replace(names[1], "city", "Ulm"), delete(names[2])).json()
    assert [each["id"] for each in answer["results"]] == names[1:3]
    assert api.request("DELETE", path).json() == names[0]


def test_a_second_registration_of_a_contact_is_a_conflict_whichever_way_it_comes(speaking, body):
    api = speaking("unique-contacts", "batch-create")
    record = api.created()
    assert api.post().status_code == 409
    assert api.batch({"operation": "create", "object": body()}).json()["results"][0]["status_code"] == 409
    assert api.post(contact_id="c-2").status_code == 200
    assert [each["id"] for each in api.sandbox.registrations(api.name) if each["contact_id"] == "c-1"] == [record["id"]]


def test_a_write_to_a_locked_record_is_a_conflict(speaking):
    api = speaking("locked-conflict")
    record = api.created()
    api.sandbox.edit(api.name, record["id"], sys_locked=True)
    assert api.patch(record["id"], add("city", "Ulm")).status_code == 409
    assert api.request("DELETE", f"/{record['id']}").status_code == 409


def test_a_create_may_be_answered_with_201(speaking):
    api = speaking("created-201")
    response = api.post()
    assert response.status_code == 201
    assert api.get(response.json()["id"]).json() == response.json()


@pytest.mark.parametrize(("dialect", "status"), [("delete-204", 204), ("delete-object", 200)])
def test_a_delete_may_be_answered_in_other_ways(speaking, dialect, status):
    api = speaking(dialect)
    record = api.created()
    response = api.request("DELETE", f"/{record['id']}")
    assert response.status_code == status
    assert response.content == b"" if status == 204 else response.json() == {"id": record["id"]}
    assert api.get(record["id"]).status_code == 404


def test_one_bad_operation_refuses_the_whole_batch_without_a_name_and_nothing_is_done(speaking):
    api = speaking("strict-batch")
    one, other = api.created(city="a"), api.created(city="b")
    missing = api.batch(replace(one["id"], "city", "Ulm"), delete("nobody"))
    invalid = api.batch(replace(one["id"], "city", "Ulm"), replace(other["id"], "status", "lost"))
    assert (missing.status_code, invalid.status_code) == (404, 400)
    assert "nobody" not in missing.text
    assert other["id"] not in invalid.text
    assert api.get(one["id"]).json() == one
    done = api.batch(replace(one["id"], "city", "Ulm"), delete(other["id"])).json()
    assert (done["success_count"], done["error_count"], len(done["results"])) == (2, 0, 2)


def test_results_without_ids_keep_the_order_of_the_operations(speaking):
    api = speaking("results-without-ids")
    record = api.created()
    answer = api.batch(delete("nobody"), replace(record["id"], "city", "Ulm")).json()
    assert [each["success"] for each in answer["results"]] == [False, True]
    assert all("id" not in each for each in answer["results"])


@pytest.mark.parametrize("count", [2, 3, 5])
def test_unordered_results_come_in_another_order_that_is_always_the_same(speaking, count):
    api = speaking("results-unordered")
    ids = [api.created()["id"] for _ in range(count)]
    orders = [
        [each["id"] for each in api.batch(*[replace(one, "city", city) for one in ids]).json()["results"]]
        for city in ("Ulm", "Bonn")
    ]
    assert orders[0] == orders[1] != ids
    assert sorted(orders[0]) == sorted(ids)


def test_a_batch_may_list_only_its_errors_and_count_all(speaking):
    api = speaking("results-errors-only")
    record = api.created()
    answer = api.batch(replace(record["id"], "city", "Ulm"), delete("nobody")).json()
    assert (answer["success_count"], answer["error_count"]) == (1, 1)
    assert [each["id"] for each in answer["results"]] == ["nobody"]
    assert api.batch(replace(record["id"], "city", "Bonn")).json()["results"] == []


def test_results_may_be_the_records_themselves(speaking):
    api = speaking("results-bare-records")
    one, other = api.created(), api.created()
    answer = api.batch(replace(one["id"], "city", "Ulm"), delete("nobody"), delete(other["id"])).json()
    assert (answer["success_count"], answer["error_count"]) == (2, 1)
    record, error, gone = answer["results"]
    assert record == api.get(one["id"]).json()
    assert (error.keys(), error["status_code"]) == ({"message", "status_code"}, 404)
    assert gone == {"id": other["id"]}


def test_cursors_may_be_objects_whose_json_goes_on(speaking):
    api = speaking("object-cursors")
    made = sorted(api.created()["id"] for _ in range(4))
    first = api.search().json()
    assert isinstance(first["LastEvaluatedKey"], dict)
    second = api.search(cursor=httpx.Response(200, json=first["LastEvaluatedKey"]).text).json()
    assert [record["id"] for page in (first, second) for record in page["Items"]] == made
    assert second["LastEvaluatedKey"] == {}
    assert {api.search(cursor=bad).status_code for bad in ("{}", "[]", "x", '{"key": 5}')} == {400}


def test_the_cursor_may_be_null_at_the_end(speaking):
    api = speaking("null-cursors")
    assert api.search().json() == {"Items": [], "LastEvaluatedKey": None}


def test_the_list_of_a_contact_may_be_an_array_without_pages(speaking):
    api = speaking("bare-lists")
    made = [api.created() for _ in range(5)]
    listed = api.request("GET", "/eventContact/event-1/c-1").json()
    assert listed == sorted(made, key=lambda record: record["id"])
    assert api.request("GET", "/eventContact/event-1/c-2").status_code == 404


def test_the_list_of_a_contact_without_records_may_be_an_empty_page(speaking):
    api = speaking("empty-lists", "no-count")
    assert api.request("GET", "/eventContact/event-1/c-2").json() == {"Items": []}
    assert speaking("bare-lists", "empty-lists").request("GET", "/eventContact/event-1/c-2").json() == []


def test_records_may_come_whole_whatever_fields_are_named(speaking):
    api = speaking("fields-ignored")
    record = api.created()
    assert api.get(record["id"], fields="name").json() == record
    assert api.search(fields="name").json()["Items"] == [record]


@pytest.mark.parametrize(
    ("dialect", "sent", "shown"),
    [
        ("float-counts", {"sys_bulk_load_record_no": 3, "order_total": 12.5}, '"sys_bulk_load_record_no":3.0'),
        ("text-stamps", {"sys_bulk_load_record_no": 3}, '"sys_bulk_load_record_no":"3"'),
        ("rewritten-times", {"date": "2025-06-01T12:00:00+02:00"}, '"date":"2025-06-01T10:00:00.000+00:00"'),
        ("rewritten-times", {"sys_bulk_load_at": "2025-06-01T12:00:00Z"}, '"2025-06-01T12:00:00.000+00:00"'),
        ("rewritten-times", {"sys_bulk_load_at": "noon"}, '"sys_bulk_load_at":"noon"'),
        ("null-fields", {}, '"city":null'),
    ],
)
def test_values_come_back_in_another_form_from_every_read(speaking, dialect, sent, shown):
    api = speaking(dialect)
    made = api.post(**sent)
    assert shown in made.text
    record = made.json()
    answers = [
        api.get(record["id"]),
        api.search(),
        api.request("GET", "/eventContact/event-1/c-1"),
        api.patch(record["id"], {"op": "test", "path": "/name", "value": record["name"]}),
    ]
    assert all(shown in answer.text for answer in answers)


def test_reads_trail_writes_until_two_seconds_have_gone_and_consistent_ones_do_not(speaking):
    api = speaking("results-errors-only")
    kept, gone = api.created(city="old"), api.created(city="gone")
    api.sandbox.dialects(api.name, "lagging-reads")
    fresh = api.created(city="new")
    api.patch(kept["id"], add("city", "newer"))
    api.request("DELETE", f"/{gone['id']}")
    before = sorted([kept, gone], key=lambda record: record["id"])
    assert api.search().json()["Items"] == before
    assert api.request("GET", "/eventContact/event-1/c-1").json()["Items"] == before
    assert api.get(fresh["id"]).status_code == 404
    assert (api.get(kept["id"]).json(), api.get(gone["id"]).json()) == (kept, gone)
    assert api.get(kept["id"], consistentRead="true").json()["city"] == "newer"
    assert api.get(gone["id"], consistentRead="true").status_code == 404
    time.sleep(2.05)
    assert sorted(record["city"] for record in api.search().json()["Items"]) == ["new", "newer"]
    assert api.get(fresh["id"]).json() == fresh


@pytest.mark.parametrize(("dialect", "opens"), [("bearer-only", "Bearer key"), ("bare-authorization", "key")])
def test_a_credential_is_taken_in_one_form_only(speaking, dialect, opens):
    api = speaking(dialect)
    answers = {form: api.request("GET", "/nobody", headers={"Authorization": form}) for form in ("Bearer key", "key")}
    assert {form: answer.status_code for form, answer in answers.items()} == {
        form: 404 if form == opens else 401 for form in answers
    }


def test_a_credential_of_another_tenant_may_find_nothing(start_sandbox, tenant_of):
    sandbox = start_sandbox(api_key="key=another", dialect="denied-404")
    assert tenant_of(sandbox).search().status_code == 404
    assert tenant_of(sandbox, "another").search().status_code == 200


def test_a_refusal_may_be_plain_text(speaking):
    response = speaking("plain-errors").post(name=...)
    assert (response.status_code, response.text) == (400, "name: is required")
    assert response.headers["content-type"].startswith("text/plain")


def test_strict_wants_everything_the_document_marks(speaking, body):
    api = speaking("strict")
    full = {"membership_information": {}, "cancellation_date": "2025-01-01T00:00:00Z"}
    assert {api.post(**{name: full[name]}).status_code for name in full} == {400}
    record = api.created(**full)
    assert (api.search().status_code, api.search(name="").status_code) == (400, 200)
    assert api.patch(record["id"], add("order_total", 5)).status_code == 400
    directives = {"patch_directives": [add("order_total", "5")]}
    answers = api.batch(
        {"id": record["id"], "operation": "patch", **directives},
        {"id": record["id"], "operation": "patch", "object": None, **directives},
        {"id": record["id"], "operation": "patch", "object": {}, **directives},
        delete(record["id"], object={}),
    ).json()
    assert [each["status_code"] for each in answers["results"]] == [400, 400, 200, 400]
    assert api.batch(delete(record["id"], object={}, patch_directives=[])).json()["success_count"] == 1


def test_the_dialects_of_one_tenant_are_not_those_of_another(start_sandbox, tenant_of):
    sandbox = start_sandbox(dialect="created-201")
    one, other = tenant_of(sandbox), tenant_of(sandbox)
    sandbox.dialects(one.name, "null-cursors")
    assert (one.post().status_code, other.post().status_code) == (200, 201)
    assert ("LastEvaluatedKey" in one.search().json(), "LastEvaluatedKey" in other.search().json()) == (True, False)
    sandbox.dialects(one.name)
    assert "LastEvaluatedKey" not in one.search().json()


@pytest.mark.parametrize("asked", [{"dialects": ["klingon"]}, {"dialects": "strict"}, {}, [], {"dialects": [5]}])
def test_dialects_there_are_not_are_400_and_change_nothing(speaking, asked):
    api = speaking("created-201")
    response = httpx.put(f"{api.sandbox.url}/_sandbox/dialects/{api.name}", json=asked)
    assert response.status_code == 400
    assert "dialect" in response.json()["message"]
    assert api.post().status_code == 201


def test_an_unknown_dialect_is_refused_with_the_names_there_are():
    with pytest.raises(SettingsError, match="unknown dialect klingon; there are: drop-stamps") as refused:
        SandboxOptions(dialects=frozenset({"klingon", "text-values"}))
    assert all(name in str(refused.value) for name in DIALECTS)


@pytest.mark.parametrize("options", [{"page_size": 0}, {"api_keys": {"": "t"}}, {"api_keys": {"k": ""}}])
def test_options_no_sandbox_can_be_started_with_are_refused(options):
    with pytest.raises(SettingsError):
        SandboxOptions(**options)
