from __future__ import annotations

import polars as pl
import pytest

from regbulk import rejects
from regbulk.schema import compile_rules, import_schema, registration_schema

BROKEN = [
    ("status", "actve", "enum-error"),
    ("order_status", "Open", "enum-error"),
    ("id", "é1", "pattern-error"),
    ("id", "a\n", "pattern-error"),
    ("id", "a b", "pattern-error"),
    ("order_total", "12,5O", "type-error"),
    ("order_total", "+1", "type-error"),
    ("order_total", "NaN", "type-error"),
    ("order_number", "9007199254740993", "range-error"),
    ("order_number", "1e400", "range-error"),
    ("group_order", "-1", "range-error"),
    ("order_currency_code", "EURO", "length-error"),
    ("order_currency_code", "€", "length-error"),
    ("event_id", "", "length-error"),
    ("is_guest_registration", "TRUE", "type-error"),
    ("is_guest_registration", "1", "type-error"),
    ("date", "2024-01-01", "format-error"),
    ("date", "2024-01-01 00:00:00Z", "format-error"),
    ("date", "2024-12-31T23:59:60Z", "format-error"),
    ("badge", "{", "json-error"),
    ("badge", "[]", "type-error"),
    ("sessions", '[{"session_id":5}]', "type-error"),
]


@pytest.mark.parametrize(("field", "text", "code"), BROKEN)
def test_a_broken_value_gets_the_code_of_its_rule(field: str, text: str, code: str, judge) -> None:
    inside = "sessions[0].session_id" if field == "sessions" else field
    assert judge({field: text}) == [(inside, code)]


def test_a_sound_record_breaks_nothing(judge) -> None:
    assert judge({}) == []
    assert judge({"id": "a|b-c_1", "group_order": "0", "order_currency_code": "EUR", "notes": "a\nb 👋"}) == []


def test_all_broken_rules_of_all_records_are_found_in_record_order(block) -> None:
    records = block({"status": ["x", "draft", "y"], "order_total": ["1", None, "z"], "date": ["d", None, None]})
    broken = compile_rules(import_schema(), ["status", "order_total", "date"]).check_values(records).broken
    assert broken.schema == rejects.SCHEMA
    assert broken.select("record_no", "line_no", "field").rows() == [
        (1, 2, "status"),
        (1, 2, "date"),
        (3, 4, "status"),
        (3, 4, "order_total"),
    ]


def test_every_broken_rule_of_one_value_is_reported_but_a_wrong_type_hides_the_others(judge, own) -> None:
    schema = import_schema(
        own({"properties": {"notes": {"pattern": "^x", "minLength": 3}, "order_total": {"minimum": 5, "maximum": 1}}})
    )
    assert judge({"notes": "a"}, schema) == [("notes", "pattern-error"), ("notes", "length-error")]
    assert judge({"order_total": "3"}, schema) == [("order_total", "range-error"), ("order_total", "range-error")]
    assert judge({"order_total": "three"}, schema) == [("order_total", "type-error")]


def test_values_come_back_as_canonical_text_and_null_where_broken(block) -> None:
    columns = {
        "date": ["2024-01-01T01:00:00+01:00", "no"],
        "order_total": ["1.50", "no"],
        "status": ["draft", "no"],
        "badge": ['{ "first_name": "A" }', "no"],
        "badge.location": ["here", None],
        "notes": ["as it is ", None],
    }
    records = block(columns)
    values = compile_rules(import_schema(), list(columns)).check_values(records).values
    assert values.columns == records.columns
    assert values.schema == records.schema
    assert values.row(0)[3:] == ("2024-01-01T00:00:00Z", "1.5", "draft", '{ "first_name": "A" }', "here", "as it is ")
    assert values.row(1)[3:] == (None,) * 6


def test_a_message_says_what_was_found_and_what_was_expected(block) -> None:
    records = block({"status": ["actve"], "order_total": ["a\tb" + "c" * 90], "date": ["now"]})
    broken = compile_rules(import_schema(), ["status", "order_total", "date"]).check_values(records).broken
    status, total, date = broken["message"]
    assert status == "found 'actve', expected one of: draft, pending approval, active, cancelled"
    assert total == f"found 'a b{'c' * 57}…', expected a number as JSON writes it, like 120.5"
    assert date.endswith("expected a date and time with a zone (RFC 3339), like 2024-03-01T09:30:00Z")
    assert broken["value"].to_list() == ["actve", "a\tb" + "c" * 90, "now"]


def test_server_managed_columns_of_a_source_have_no_rules_and_pass_as_they_are(block) -> None:
    columns = {"sys_version": ["x"], "sys_created_at": ["yesterday"], "number": ["7."]}
    checked = compile_rules(import_schema(), list(columns)).check_values(block(columns))
    assert checked.broken.is_empty()
    assert checked.values.row(0)[3:] == ("x", "yesterday", "7.")


def test_the_registration_schema_has_rules_for_them(block) -> None:
    columns = {"sys_version": ["x"], "sys_created_at": ["yesterday"]}
    broken = compile_rules(registration_schema(), list(columns)).check_values(block(columns)).broken
    assert broken["code"].to_list() == ["type-error", "format-error"]


def test_a_block_without_records_has_no_rejects(block) -> None:
    records = block({"event_id": [None], "date": [None], "badge": [None]}).clear()
    rules = compile_rules(import_schema(), ["event_id", "date", "badge"])
    assert rules.check_values(records).broken.schema == rejects.SCHEMA
    assert rules.check_values(records).values.schema == records.schema
    assert rules.check_complete(records).is_empty()


def test_a_source_of_server_managed_columns_alone_can_be_checked(block) -> None:
    rules = compile_rules(import_schema(), ["sys_version"])
    broken = rules.check_complete(block({"sys_version": ["1", "2"]}))
    assert broken.height == 2 * 5
    assert broken.filter(pl.col("field") == "name")["record_no"].to_list() == [1, 2]
