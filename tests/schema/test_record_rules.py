from __future__ import annotations

import pytest

from regbulk.schema import compile_rules, import_schema


@pytest.mark.parametrize("field", ["event_id", "contact_id", "type_id", "package_id", "name"])
def test_a_new_registration_needs_its_references_and_a_name(field: str, judge) -> None:
    assert judge({field: None}) == [(field, "missing-value")]


def test_first_and_last_name_stand_for_the_name_only_together(judge) -> None:
    assert judge({"name": None, "first_name": "Ada", "last_name": "L"}) == []
    assert judge({"name": None, "first_name": "Ada", "last_name": None}) == [("name", "missing-value")]


def test_what_is_absent_breaks_no_rule_about_values(block) -> None:
    records = block({"contact_id": [None], "status": ["cancelled"], "notes": ["n"]})
    assert compile_rules(import_schema(), ["contact_id", "status", "notes"]).check_values(records).broken.is_empty()


def test_a_cancelled_registration_needs_its_date(judge) -> None:
    assert judge({"status": "cancelled"}) == [("cancellation_date", "condition-error")]
    assert judge({"status": "cancelled", "cancellation_date": None}) == [("cancellation_date", "condition-error")]
    assert judge({"status": "cancelled", "cancellation_date": "2024-01-01T00:00:00Z"}) == []
    assert judge({"status": "active"}) == []


def test_a_membership_package_needs_its_information(judge) -> None:
    needed = [("membership_information", "condition-error")]
    assert judge({"add_membership_package": "true"}) == needed
    assert judge({"add_membership_package": "true", "membership_information": None}) == needed
    assert judge({"add_membership_package": "true", "membership_information": "{}"}) == []
    assert judge({"add_membership_package": "false"}) == []


def test_any_member_of_an_object_stands_for_the_object(judge) -> None:
    member = "membership_information.membership_package_id"
    assert judge({"add_membership_package": "true", member: "m"}) == []
    assert judge({"add_membership_package": "true", member: None}) == [("membership_information", "condition-error")]


def test_a_malformed_value_is_not_missing_too_when_the_records_are_given_as_they_came(block) -> None:
    columns = {
        "event_id": [""],
        "cancellation_date": ["soon"],
        "status": ["cancelled"],
        "add_membership_package": ["yes"],
    }
    rules = compile_rules(import_schema(), list(columns))
    records = block(columns)
    checked = rules.check_values(records)
    assert checked.broken["code"].to_list() == ["length-error", "format-error", "type-error"]
    assert set(rules.check_complete(records)["field"]) == {"contact_id", "type_id", "package_id", "name"}
    assert set(rules.check_complete(checked.values)["field"]) > {"event_id", "cancellation_date"}


def test_a_condition_message_says_when_a_value_is_needed(block) -> None:
    rules = compile_rules(import_schema(), ["status"])
    broken = rules.check_complete(block({"status": ["cancelled"]}))
    message = dict(broken.select("field", "message").rows())["cancellation_date"]
    assert message == "found nothing, expected a value when status is cancelled"


@pytest.mark.parametrize("field", ["id", "event_id", "contact_id", "type_id", "package_id", "name"])
def test_what_a_registration_cannot_be_without_cannot_be_cleared(field: str, block) -> None:
    columns = {"notes": ["n", "n"], field: [None, None]}
    checked = compile_rules(import_schema(), list(columns)).check_values(block(columns, [[field], []]))
    assert checked.broken.select("record_no", "field", "code", "value").rows() == [(1, field, "missing-value", None)]
    assert checked.broken["message"][0].startswith("found a request to clear it, expected a value")


def test_other_fields_can_be_cleared(judge) -> None:
    assert judge({"notes": None, "badge.first_name": None}, clears=["notes", "badge.first_name"]) == []


def test_clearing_what_the_same_record_makes_necessary_is_refused_even_for_a_patch(block) -> None:
    columns = {"status": ["cancelled", None], "cancellation_date": [None, None]}
    records = block(columns, [["cancellation_date"], ["cancellation_date"]])
    rules = compile_rules(import_schema(), list(columns))
    assert rules.check_values(records).broken.select("record_no", "field", "code").rows() == [
        (1, "cancellation_date", "condition-error")
    ]
    again = rules.check_complete(records).filter(field="cancellation_date")
    assert again.is_empty()
