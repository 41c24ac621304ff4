from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from referencing import Registry

from regbulk.model import ImportRow, Registration
from regbulk.schema import Kind, compile_rules, import_schema, registration_schema

SCHEMA = import_schema()
FILES = [
    json.loads(files("regbulk.schemas").joinpath(name).read_text())
    for name in ("registration.schema.json", "registration-import.schema.json")
]
VALIDATOR = Draft202012Validator(
    FILES[1], registry=Registry().with_contents([(schema["$id"], schema) for schema in FILES])
)


def test_a_registration_has_the_78_fields_in_document_order() -> None:
    assert list(Registration.model_fields) == list(registration_schema().fields)
    assert len(Registration.model_fields) == 78


def test_an_import_row_has_the_id_and_every_writable_field_in_document_order() -> None:
    assert list(ImportRow.model_fields) == ["id", *SCHEMA.writable]


def test_reading_asks_for_the_id_alone_and_keeps_what_it_does_not_know() -> None:
    record = {"id": "a", "status": "invented", "new_field": [1], "sessions": [{"session_id": "s", "new": None}]}
    assert Registration.model_validate(record).model_dump(mode="json", exclude_unset=True) == record
    with pytest.raises(ValidationError, match="id"):
        Registration.model_validate({"event_id": "e"})


def test_times_are_read_with_any_offset_and_written_in_utc() -> None:
    record = Registration.model_validate_json('{"id":"a","date":"2024-01-01T01:30:00.5+01:00"}')
    assert record.date == datetime(2024, 1, 1, 0, 30, 0, 500_000, tzinfo=UTC)
    assert record.date.utcoffset() == timedelta(0)
    assert '"date":"2024-01-01T00:30:00.500000Z"' in record.model_dump_json(exclude_unset=True)


@pytest.mark.parametrize("field", ["event_id", "order_total", "sys_locked", "date", "badge", "sessions"])
def test_nothing_is_converted_on_reading(field: str) -> None:
    wrong = {"event_id": 1, "order_total": "1", "sys_locked": 1, "date": 1_700_000_000, "badge": "{}", "sessions": {}}
    with pytest.raises(ValidationError, match=field):
        Registration.model_validate({"id": "a", field: wrong[field]})


def test_numbers_stay_whole_where_they_came_whole() -> None:
    record = Registration.model_validate_json('{"id":"a","number":7,"order_total":7.50}')
    assert record.model_dump_json(exclude_unset=True) == '{"id":"a","number":7,"order_total":7.5}'


# What follows holds ImportRow and the column rules to one verdict per row.

REFERENCES = ["e-1", "x", "", " ", "é", "a\n"]
TEXTS: dict[Kind, list[str]] = {
    Kind.STRING: ["", "a", "EUR", "USDX", "€", "draft", "Ünï\ncode 👋", "x" * 300, "open"],
    Kind.NUMBER: [
        "0",
        "1",
        "-1",
        "12.50",
        "1e3",
        "1E-3",
        "-0",
        "007",
        "+1",
        ".5",
        "1.",
        " 1.5",
        "1_000",
        "NaN",
        "inf",
        "",
        "true",
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "1e22",
        "1e400",
        "1e-400",
        "0.0e-400",
        "0.12345678901234567",
        "0.123456789012345678",
        "1.000000000000000000",
        "123456789012345678",
    ],
    Kind.BOOLEAN: ["true", "false", "TRUE", "1", "0", "yes", "", " true", "null"],
    Kind.DATETIME: [
        "2024-02-29T00:00:00Z",
        "2024-01-01",
        "2024-01-01T00:00:00",
        "2024-01-01 00:00:00Z",
        "1700000000",
        "2024-01-01T00:00:00+0200",
        "2024-01-01T23:59:60Z",
        "2023-02-29T00:00:00Z",
        "2024-01-01t00:00:00z",
        "2024-01-01T00:00:00.123456000+05:30",
        "2024-01-01T00:00:00.1234567Z",
        "2024-01-01T24:00:00Z",
        "",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "0000-01-01T00:00:00Z",
        "2024-01-01T00:00:00+24:00",
    ],
    Kind.OBJECT: [
        "{}",
        '{"membership_package_id":"m"}',
        '{"membership_package_id":""}',
        '{"first_name":null}',
        "[]",
        "",
        '{"first_name":"A","new":[null]}',
        '{"first_name":5}',
        '{"a":NaN}',
        ' {"a":1} ',
        "{'a':1}",
        '{"a":1}{"a":2}',
        '{"first_name":"👋"}',
        '"{}"',
        "null",
        '{"a":1,}',
    ],
    Kind.ARRAY: [
        "[]",
        "[{}]",
        '["r"]',
        '[""]',
        "[null]",
        "{}",
        "[1]",
        "[",
        "",
        '[{"session_id":"s"}]',
        '[{"session_id":1}]',
        '[{"session_id":"s","custom_field_values":[{}]}]',
        '[{"session_id":"s","custom_field_values":null}]',
        '[{"custom_field_id":"c__c","numeric_value":1.5}]',
        '[{"custom_field_id":"c__c","numeric_value":"1"}]',
        '[{"custom_field_id":"c__c","boolean_value":1}]',
        '[{"custom_field_id":"c__c","list_value":["a",2]}]',
        '[{"custom_field_id":"c__c","table_value":[{"a":1}]}]',
        '[{"custom_field_id":"","string_value":"s"}]',
        '[{"add_on_product_id":"a","quantity":2}]',
        '[{"add_on_product_id":"a","quantity":-1}]',
        '[{"add_on_product_id":"a","quantity":true}]',
        '[{"course_offering_id":"c"}]',
        '[{"course_offering_id":2}]',
        ' [ {"session_id" : "s"} ] ',
    ],
}
PER_FIELD = {
    "status": ["draft", "pending approval", "active", "cancelled", "actve", "Active"],
    "order_status": ["open", "void", "Open", "awaiting payment"],
    "id": ["a|b-c_1", "é1", "a\n", "", "a b"],
    "order_currency_code": ["EUR", "EU", "EURO", "€€€"],
}
GOOD = {"event_id": "e", "contact_id": "c", "type_id": "t", "package_id": "p", "name": "Ada"}
COLUMNS = [name for name in SCHEMA.columns if name.partition(".")[0] in ImportRow.model_fields]
# An object stands either in one column or in those of its members: in one row only one of the two.
WHOLE = [name for name in COLUMNS if "." not in name]
BY_MEMBER = [name for name in COLUMNS if name not in {"badge", "membership_information"}]


def texts_of(column: str) -> st.SearchStrategy[str]:
    if column in PER_FIELD:
        return st.sampled_from(PER_FIELD[column])
    known = TEXTS[SCHEMA.field(column).kind] + (REFERENCES if column.endswith("_id") else [])
    return st.sampled_from(known) | st.text(max_size=8)


def rows() -> st.SearchStrategy[dict[str, str]]:
    def of(columns: list[str]) -> st.SearchStrategy[dict[str, str]]:
        odd = st.lists(st.sampled_from(columns), max_size=4, unique=True).flatmap(
            lambda names: st.fixed_dictionaries({name: texts_of(name) for name in names})
        )
        lacking = st.sets(st.sampled_from(sorted(GOOD)), max_size=1)
        return st.builds(
            lambda odd, lacking: {name: text for name, text in GOOD.items() if name not in lacking} | odd,
            odd,
            lacking,
        )

    return of(WHOLE) | of(BY_MEMBER)


def _finite(text: str) -> float:
    if math.isinf(value := float(text)):
        raise ValueError(text)
    return value


def _refused(text: str) -> float:
    raise ValueError(text)


def value_of(text: str, kind: Kind) -> Any:
    """The JSON value a text stands for; text that stands for none, or for null, is left: only strings take it."""
    if kind in {Kind.STRING, Kind.DATETIME}:
        return text
    try:
        if kind in {Kind.OBJECT, Kind.ARRAY}:
            value = json.loads(text, parse_float=_finite, parse_constant=_refused)
            return text if value is None else value
        value = json.loads(text, parse_float=Decimal, parse_constant=_refused)
    except ValueError:
        return text
    return text if value is None or text != text.strip() else value


def record_of(row: dict[str, str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for column, text in row.items():
        name, _, member = column.partition(".")
        value = value_of(text, SCHEMA.field(column).kind)
        if member:
            record.setdefault(name, {})[member] = value
        else:
            record[name] = value
    return record


def accepted_by_model(row: dict[str, str]) -> bool:
    try:
        ImportRow.model_validate(record_of(row))
    except ValidationError:
        return False
    return True


def accepted_by_rules(found: list[dict[str, str]]) -> list[bool]:
    columns = sorted({column for row in found for column in row})
    types = {"_record_no": pl.Int64, "_line_no": pl.Int64, "_clears": pl.List(pl.String)}
    own = [{"_record_no": place, "_line_no": None, "_clears": []} for place in range(len(found))]
    records = pl.DataFrame(
        [mine | row for mine, row in zip(own, found, strict=True)],
        schema=types | dict.fromkeys(columns, pl.String),
    )
    rules = compile_rules(SCHEMA, columns)
    broken = {*rules.check_values(records).broken["record_no"], *rules.check_complete(records)["record_no"]}
    return [place not in broken for place in range(len(found))]


@settings(max_examples=150, deadline=None)
@given(st.lists(rows(), min_size=1, max_size=12))
@example([GOOD, GOOD | {"status": "cancelled"}, GOOD | {"add_membership_package": "true"}])
def test_the_model_and_the_column_rules_agree_on_every_row(found: list[dict[str, str]]) -> None:
    assert accepted_by_rules(found) == [accepted_by_model(row) for row in found]


@settings(max_examples=100, deadline=None)
@given(rows())
def test_the_rules_accept_nothing_that_the_schema_files_refuse(row: dict[str, str]) -> None:
    valid = VALIDATOR.is_valid(record_of(row))
    assert valid or accepted_by_rules([row]) == [False]


@pytest.mark.parametrize("column", COLUMNS)
def test_they_agree_on_every_odd_value_of_every_column(column: str) -> None:
    texts = PER_FIELD.get(column, TEXTS[SCHEMA.field(column).kind] + REFERENCES)
    found = [GOOD | {column: text} for text in texts]
    verdicts = accepted_by_rules(found)
    assert verdicts == [accepted_by_model(row) for row in found]
    assert len(set(verdicts)) == 2 or SCHEMA.field(column).kind is Kind.STRING
