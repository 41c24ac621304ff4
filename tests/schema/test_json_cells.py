from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbulk.schema import compile_rules, import_schema
from regbulk.schema.json_cells import MALFORMED, parse_cells

NOT_JSON = [
    '{"a":NaN}',
    "{'a':1}",
    '{"a":1}x',
    '{"a":1,}',
    "[1],[2]",
    "",
    " ",
    "tru",
    '{"a":"\x00"}',
    "\ufeff{}",
    "[1e999]",
]
TRICKS = ['{"a":"', '"}', "[", "]", "1],[2", '"', '\\"', "{}", "[]", "1", "null", ",", '","', " {} ", '{"a":1},{"b":2}']


def _alone(cell: str) -> object:
    try:
        value = json.loads(cell)
    except ValueError:
        return MALFORMED
    return value


@pytest.mark.parametrize("cell", NOT_JSON)
def test_what_is_not_exactly_one_json_value_is_malformed(cell: str) -> None:
    assert parse_cells([cell]) == [MALFORMED]
    assert parse_cells(["{}", cell, "[]"]) == [{}, MALFORMED, []]


@given(st.lists(st.sampled_from(TRICKS), max_size=6))
def test_no_cell_changes_how_its_neighbours_are_read(cells: list[str]) -> None:
    assert parse_cells(cells) == [_alone(cell) for cell in cells]


def _faults(block, column: str, *cells: str | None) -> list[tuple[object, ...]]:
    records = block({column: list(cells)})
    broken = compile_rules(import_schema(), [column]).check_values(records).broken
    return broken.select("record_no", "field", "code", "value").rows()


def test_errors_inside_a_cell_name_the_place_and_the_value_found_there(block) -> None:
    values = '[{"custom_field_id":"x__c","numeric_value":"7"},{"string_value":"s"}]'
    cell = f'[{{"session_id":"a"}},{{"custom_field_values":{values}}}]'
    assert set(_faults(block, "sessions", None, cell)) == {
        (2, "sessions[1].session_id", "missing-value", None),
        (2, "sessions[1].custom_field_values[0].numeric_value", "type-error", '"7"'),
        (2, "sessions[1].custom_field_values[1].custom_field_id", "missing-value", None),
    }


@pytest.mark.parametrize(
    ("column", "cell", "field", "code"),
    [
        ("badge", '{"first_name":5}', "badge.first_name", "type-error"),
        ("badge", '{"first_name":null}', "badge.first_name", "type-error"),
        ("badge", "5", "badge", "type-error"),
        ("badge", "null", "badge", "type-error"),
        ("sessions", '{"session_id":"a"}', "sessions", "type-error"),
        ("sessions", "[5]", "sessions[0]", "type-error"),
        ("sessions", "[{}]", "sessions[0].session_id", "missing-value"),
        ("sessions", '[{"session_id":""}]', "sessions[0].session_id", "length-error"),
        ("add_ons", '[{"add_on_product_id":"a","quantity":-1}]', "add_ons[0].quantity", "range-error"),
        ("add_ons", '[{"add_on_product_id":"a","quantity":true}]', "add_ons[0].quantity", "type-error"),
        ("add_ons", '[{"quantity":1}]', "add_ons[0].add_on_product_id", "missing-value"),
        ("custom_field_values", '[{"string_value":"s"}]', "custom_field_values[0].custom_field_id", "missing-value"),
        ("custom_field_values", '[{"custom_field_id":"x"}]', "custom_field_values[0].custom_field_id", "pattern-error"),
        ("ribbon_ids", "[1]", "ribbon_ids[0]", "type-error"),
        ("functions", "[[]]", "functions[0]", "type-error"),
        (
            "membership_information",
            '{"membership_package_id":""}',
            "membership_information.membership_package_id",
            "length-error",
        ),
    ],
)
def test_nested_rules_have_the_codes_of_top_level_ones(column: str, cell: str, field: str, code: str, block) -> None:
    assert [(found[1], found[2]) for found in _faults(block, column, cell)] == [(field, code)]


def test_unknown_members_and_courses_without_offering_are_kept(block) -> None:
    assert _faults(block, "courses", '[{"new":1}]') == []
    assert _faults(block, "guests", '[{"anything":[null]}]') == []
    assert _faults(block, "badge", '{"pronouns":"she"}') == []


def test_a_broken_cell_among_many_is_found_alone(block) -> None:
    cells = [f'[{{"session_id":"{number}"}}]' for number in range(1000)]
    cells[700] = '[{"session_id":"x"'
    cells[701] = cells[3] = '[{"session_id":1}]'
    found = _faults(block, "sessions", *cells)
    assert [(record, field, code) for record, field, code, _ in found] == [
        (4, "sessions[0].session_id", "type-error"),
        (701, "sessions", "json-error"),
        (702, "sessions[0].session_id", "type-error"),
    ]


def test_a_column_that_is_empty_throughout_breaks_nothing(block) -> None:
    assert _faults(block, "sessions", None, None) == []
