from __future__ import annotations

import pytest

from regbulk.schema import import_schema

CITY = "registration.schema.json#/properties/city"


def test_own_rules_apply_on_top_of_regbulks(judge, own) -> None:
    schema = import_schema(own({"required": ["email_address"], "properties": {"status": {"const": "active"}}}))
    assert judge({"status": "draft", "event_id": None}, schema) == [
        ("status", "enum-error"),
        ("event_id", "missing-value"),
        ("email_address", "missing-value"),
    ]
    assert judge({"status": "active", "email_address": "a@b.org"}, schema) == []


@pytest.mark.parametrize(
    "case",
    [
        ({"city": {"enum": ["Köln", "Bonn"]}}, {"city": "Köln"}, {"city": "Koeln"}, "enum-error"),
        ({"order_total": {"enum": [1, 2.50]}}, {"order_total": "2.5"}, {"order_total": "3"}, "enum-error"),
        ({"order_total": {"const": 0}}, {"order_total": "-0.0"}, {"order_total": "1"}, "enum-error"),
        (
            {"is_guest_registration": {"const": False}},
            {"is_guest_registration": "false"},
            {"is_guest_registration": "true"},
            "enum-error",
        ),
        (
            {"date": {"const": "2024-01-01T00:00:00Z"}},
            {"date": "2024-01-01T01:00:00+01:00"},
            {"date": "2024-01-01T01:00:00Z"},
            "enum-error",
        ),
        ({"notes": {"pattern": r"^\d+$"}}, {"notes": "12"}, {"notes": "١٢"}, "pattern-error"),
        ({"notes": {"pattern": r"^[\w[-]+$"}}, {"notes": "a[-"}, {"notes": "é"}, "pattern-error"),
        ({"notes": {"pattern": "b"}}, {"notes": "abc"}, {"notes": "ac"}, "pattern-error"),
        ({"notes": {"maxLength": 2}}, {"notes": "👋👋"}, {"notes": "abc"}, "length-error"),
        ({"email_address": {"format": "email"}}, {"email_address": "a@b.org"}, {"email_address": "a"}, "format-error"),
        ({"notes": {"format": "date"}}, {"notes": "2024-02-29"}, {"notes": "2023-02-29"}, "format-error"),
        ({"order_total": {"exclusiveMinimum": 0}}, {"order_total": "0.01"}, {"order_total": "0"}, "range-error"),
        ({"order_total": {"exclusiveMaximum": 5}}, {"order_total": "4.99"}, {"order_total": "5"}, "range-error"),
        ({"order_total": {"multipleOf": 0.01}}, {"order_total": "0.07"}, {"order_total": "0.075"}, "range-error"),
        ({"order_number": {"type": "integer"}}, {"order_number": "5.0"}, {"order_number": "5.5"}, "type-error"),
        ({"ribbon_ids": {"minItems": 1}}, {"ribbon_ids": '["a"]'}, {"ribbon_ids": "[]"}, "length-error"),
        (
            {"ribbon_ids": {"uniqueItems": True}},
            {"ribbon_ids": '["a"]'},
            {"ribbon_ids": '["a","a"]'},
            "condition-error",
        ),
        (
            {"badge": {"additionalProperties": False, "properties": {"location": True}}},
            {"badge": '{"location":"x"}'},
            {"badge": '{"a":1}'},
            "condition-error",
        ),
        (
            {"badge": {"properties": {"location": {"maxLength": 1}}}},
            {"badge.location": "x"},
            {"badge.location": "xy"},
            "length-error",
        ),
        (
            {"badge": {"required": ["location"]}},
            {"badge.location": "x"},
            {"badge.location": None, "badge.job_title": "j"},
            "missing-value",
        ),
        ({"badge": {"required": ["location"]}}, {"badge": '{"location":"x"}'}, {"badge": "{}"}, "missing-value"),
        ({"city": {"$ref": CITY, "minLength": 2}}, {"city": "ab"}, {"city": "a"}, "length-error"),
        ({"city": {"allOf": [{"minLength": 2}, True]}}, {"city": "ab"}, {"city": "a"}, "length-error"),
    ],
)
def test_every_supported_keyword_is_checked(case, judge, own) -> None:
    properties, good, bad, code = case
    schema = import_schema(own({"properties": properties}))
    assert judge(good, schema) == []
    assert [found for _, found in judge(bad, schema)] == [code]


@pytest.mark.parametrize(
    "case",
    [
        (
            {"dependentRequired": {"city": ["country"]}},
            {"city": "a", "country": "b"},
            {"city": "a"},
            ("country", "condition-error"),
        ),
        ({"not": {"required": ["notes"]}}, {}, {"notes": "n"}, (None, "condition-error")),
        (
            {
                "anyOf": [
                    {"required": ["notes"]},
                    {"properties": {"status": {"const": "draft"}}, "required": ["status"]},
                ]
            },
            {"status": "draft"},
            {"status": "active"},
            (None, "condition-error"),
        ),
        (
            {"if": {"required": ["city"]}, "then": {"properties": {"country": {"const": "DE"}}}},
            {"city": "a", "country": "DE"},
            {"city": "a", "country": "FR"},
            ("country", "condition-error"),
        ),
        (
            {"if": {"required": ["city"]}, "else": {"required": ["country"]}},
            {"city": "a"},
            {},
            ("country", "condition-error"),
        ),
        (
            {
                "if": {"not": {"required": ["city"]}},
                "then": {"anyOf": [{"required": ["state"]}, {"required": ["country"]}]},
            },
            {"state": "a"},
            {},
            (None, "condition-error"),
        ),
        ({"if": {"required": ["city"]}, "then": False}, {}, {"city": "a"}, (None, "condition-error")),
        ({"anyOf": [False, {"required": ["city"]}]}, {"city": "a"}, {}, (None, "condition-error")),
        (
            {"allOf": [{"properties": {"city": {"minLength": 2}}}]},
            {"city": "ab"},
            {"city": "a"},
            ("city", "length-error"),
        ),
    ],
)
def test_rules_about_records_are_checked(case, judge, own) -> None:
    rules, good, bad, found = case
    schema = import_schema(own(rules))
    assert judge(good, schema) == []
    assert judge(bad, schema) == [found]


def test_annotations_are_allowed_everywhere(judge, own) -> None:
    notes = {"title": "t", "$comment": "c", "default": 1, "examples": [1], "readOnly": True, "x-own": {"minimum": 1}}
    schema = import_schema(own({**notes, "properties": {"city": notes, "badge": notes}}))
    assert judge({"city": "a", "badge": "{}"}, schema) == []


def test_references_lead_into_the_file_itself_and_into_regbulks_schemas(judge, own) -> None:
    rules = {
        "$defs": {"short/name": {"maxLength": 3}},
        "properties": {
            "city": {"$ref": "#/$defs/short~1name"},
            "state": {"$ref": "registration.schema.json#/properties/status"},
        },
    }
    found = judge({"city": "Berlin", "state": "BE"}, import_schema(own(rules)))
    assert found == [("city", "length-error"), ("state", "enum-error")]
