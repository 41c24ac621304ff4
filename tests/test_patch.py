from __future__ import annotations

import json
from typing import Any

import jsonpatch
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbulk import patch
from regbulk.schema import import_schema
from regbulk.source.contract import CLEARS
from regbulk.target import Shape, snapshot, snapshot_schema

SCHEMA = import_schema()
COLUMNS = (
    "notes",
    "order_total",
    "is_guest_registration",
    "date",
    "badge.first_name",
    "badge.location",
    "sessions",
    "custom_field_values",
)
SHAPE = Shape(("id",), COLUMNS, SCHEMA)
TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)
NUMBERS = st.sampled_from(["0", "1", "12.5", "-3", "1e-7"])
DATES = st.sampled_from(["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.5Z"])
CUSTOM = st.lists(
    st.fixed_dictionaries(
        {"custom_field_id": st.sampled_from(["a__c", "b__c", "c__c"])}, optional={"string_value": TEXT}
    ),
    max_size=3,
    unique_by=lambda element: element["custom_field_id"],
)
SESSIONS = st.lists(st.fixed_dictionaries({"session_id": TEXT}), max_size=2)
SOURCE = st.fixed_dictionaries(
    {},
    optional={
        "notes": TEXT,
        "order_total": NUMBERS,
        "is_guest_registration": st.sampled_from(["true", "false"]),
        "date": DATES,
        "badge.first_name": TEXT,
        "badge.location": TEXT,
        "sessions": SESSIONS.map(json.dumps),
        "custom_field_values": CUSTOM.map(json.dumps),
    },
)
TARGET = st.fixed_dictionaries(
    {"id": st.just("r1")},
    optional={
        "notes": TEXT,
        "order_total": NUMBERS.map(json.loads),
        "is_guest_registration": st.booleans(),
        "date": DATES,
        "badge": st.dictionaries(st.sampled_from(["first_name", "location", "job_title"]), TEXT),
        "sessions": SESSIONS,
        "custom_field_values": CUSTOM,
    },
)


def operations(source: dict[str, str], target: dict[str, Any], clears: list[str] | None = None) -> list[dict[str, Any]]:
    left = pl.DataFrame(
        [{**dict.fromkeys(COLUMNS), **source, CLEARS: clears or []}],
        schema=dict.fromkeys(COLUMNS, pl.String) | {CLEARS: pl.List(pl.String)},
    )
    right = snapshot([target], SHAPE).select(*snapshot_schema(COLUMNS))
    return json.loads(f"[{patch.operations(pl.concat([left, right], how='horizontal'), COLUMNS, SCHEMA)[0]}]")


def wanted(source: dict[str, str], target: dict[str, Any]) -> dict[str, Any]:
    """What the target must be, written down without patches."""
    result = json.loads(json.dumps(target))
    for name, text in source.items():
        parent, _, member = name.partition(".")
        if member:
            result[parent] = {**result.get(parent, {}), member: text}
        elif name == "custom_field_values":
            ours = {element["custom_field_id"]: element for element in json.loads(text)}
            theirs = [{**element, **ours.pop(element["custom_field_id"], {})} for element in result.get(name, [])]
            result[name] = [*theirs, *ours.values()]
        else:
            result[name] = text if name in {"notes", "date"} else json.loads(text)
    return result


@given(SOURCE, TARGET)
def test_a_patch_applied_by_an_independent_implementation_gives_the_wanted_record(
    source: dict[str, str], target: dict[str, Any]
) -> None:
    patched = jsonpatch.apply_patch(target, operations(source, target))
    assert patched == wanted(source, target)


@given(SOURCE, TARGET)
def test_a_patched_record_needs_no_second_patch(source: dict[str, str], target: dict[str, Any]) -> None:
    patched = jsonpatch.apply_patch(target, operations(source, target))
    assert operations(source, patched) == []


@given(TARGET)
def test_an_empty_row_changes_nothing(target: dict[str, Any]) -> None:
    assert operations({}, target) == []


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ({"order_total": "12.5"}, {"order_total": 12.50}),
        ({"order_total": "1"}, {"order_total": 1.0}),
        ({"date": "2026-01-02T03:04:05Z"}, {"date": "2026-01-02T04:04:05.000+01:00"}),
        ({"sessions": '[{"session_id": "s",  "a": 1}]'}, {"sessions": [{"a": 1.0, "session_id": "s"}]}),
        ({"is_guest_registration": "true"}, {"is_guest_registration": True}),
    ],
)
def test_the_same_value_written_in_another_way_is_no_change(source: dict[str, str], target: dict[str, Any]) -> None:
    assert operations(source, {"id": "r1", **target}) == []


@pytest.mark.parametrize(
    ("one", "other"), [(True, 1), (False, 0), ([1], [True]), ({"a": 1}, {"a": 1, "b": None}), ("1", 1)]
)
def test_values_of_different_types_differ(one: object, other: object) -> None:
    assert not patch.same_value(one, other)


def test_a_patch_is_minimal() -> None:
    source = {"notes": "new", "order_total": "1", "badge.location": "Leeds"}
    target = {"id": "r1", "notes": "old", "order_total": 1, "badge": {"location": "Bath", "job_title": "x"}}
    assert operations(source, target) == [
        {"op": "replace", "path": "/notes", "value": "new"},
        {"op": "replace", "path": "/badge/location", "value": "Leeds"},
    ]


def test_a_clear_removes_what_is_there_and_nothing_else() -> None:
    target = {"id": "r1", "notes": "old", "badge": {"location": "Bath"}}
    assert operations({}, target, ["notes", "date", "badge.location", "badge.first_name"]) == [
        {"op": "remove", "path": "/badge/location"},
        {"op": "remove", "path": "/notes"},
    ]


def test_a_custom_field_value_is_changed_under_the_guard_of_its_id() -> None:
    target = {"id": "r1", "custom_field_values": [{"custom_field_id": "a__c"}, {"custom_field_id": "b__c", "x": 1}]}
    source = {"custom_field_values": '[{"custom_field_id":"b__c","string_value":"L"},{"custom_field_id":"n__c"}]'}
    assert operations(source, target) == [
        {"op": "test", "path": "/custom_field_values/1/custom_field_id", "value": "b__c"},
        {
            "op": "replace",
            "path": "/custom_field_values/1",
            "value": {"custom_field_id": "b__c", "x": 1, "string_value": "L"},
        },
        {"op": "add", "path": "/custom_field_values/-", "value": {"custom_field_id": "n__c"}},
    ]


@pytest.mark.parametrize(
    ("operation", "found", "shown"),
    [
        ({"op": "replace", "path": "/badge/location", "value": "York"}, {"badge": {"location": "York"}}, True),
        ({"op": "replace", "path": "/badge/location", "value": "York"}, {"badge": {"location": "Leeds"}}, False),
        ({"op": "add", "path": "/order_total", "value": 10}, {"order_total": 10.0}, True),
        ({"op": "remove", "path": "/notes"}, {}, True),
        ({"op": "remove", "path": "/notes"}, {"notes": "n"}, False),
        ({"op": "add", "path": "/ribbon_ids/-", "value": "r"}, {"ribbon_ids": ["q", "r"]}, True),
        ({"op": "add", "path": "/ribbon_ids/-", "value": "r"}, {"ribbon_ids": ["q"]}, False),
        ({"op": "add", "path": "/ribbon_ids/-", "value": "r"}, {}, False),
    ],
)
def test_what_a_patch_did_shows_at_the_place_that_it_names(operation, found, shown):
    assert patch.in_effect(json.dumps([operation]), found) is shown


@pytest.mark.parametrize(
    ("operation", "holds"),
    [
        ({"op": "test", "path": "/ribbon_ids/0", "value": "q"}, True),
        ({"op": "test", "path": "/ribbon_ids/0", "value": "r"}, False),
        ({"op": "test", "path": "/ribbon_ids/7", "value": "r"}, False),
        ({"op": "remove", "path": "/notes"}, False),
        ({"op": "add", "path": "/notes", "value": "n"}, True),
    ],
)
def test_a_patch_applies_where_its_tests_hold_and_its_places_are_there(operation, holds):
    found = {"ribbon_ids": ["q"]}
    assert patch.applies(json.dumps([operation]), found) is holds
    assert found == {"ribbon_ids": ["q"]}, "nothing was changed by asking"
