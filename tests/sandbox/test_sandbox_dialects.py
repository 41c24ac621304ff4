from __future__ import annotations

import pytest

from regbulk.errors import SettingsError
from regbulk.sandbox.dialect import DIALECTS
from regbulk.sandbox.options import SandboxOptions

STAMPS = {"sys_bulk_load_id": "load", "sys_bulk_load_record_no": 1, "sys_last_bulk_data_operation_id": "load"}


def add(field, value):
    return {"op": "add", "path": f"/{field}", "value": value}


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
    answer = api.batch(
        {"operation": "create", "object": body(city="Ulm")},
        {"id": "ignored", "operation": "create", "object": body(city="Bonn"), "patch_directives": []},
        {"operation": "create", "object": body(name=...)},
        {"operation": "create"},
    ).json()
    assert [each["status_code"] for each in answer["results"]] == [200, 200, 400, 400]
    cities = {record["id"]: record["city"] for record in api.sandbox.registrations(api.name)}
    assert [cities[each["id"]] for each in answer["results"][:2]] == ["Ulm", "Bonn"]
    assert api.sandbox.stats()["operations"]["create"] == 4


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


def test_an_unknown_dialect_is_refused_with_the_names_there_are():
    with pytest.raises(SettingsError, match="unknown dialect klingon; there are: drop-stamps") as refused:
        SandboxOptions(dialects=frozenset({"klingon", "text-values"}))
    assert all(name in str(refused.value) for name in DIALECTS)


@pytest.mark.parametrize("options", [{"page_size": 0}, {"api_keys": {"": "t"}}, {"api_keys": {"k": ""}}])
def test_options_no_sandbox_can_be_started_with_are_refused(options):
    with pytest.raises(SettingsError):
        SandboxOptions(**options)
