"""Cells of several values, custom fields, columns that are joined, and fields with one value."""

from __future__ import annotations

import json

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.mapping.arrays import ArrayMaker
from regbulk.mapping.cells import Cells
from regbulk.mapping.mapping import Split

SESSIONS = "{field: sessions, split: {separator: ',', member: session_id}, values: {A: ses-1, B: ses-2, -: null}}"


def test_a_cell_of_several_values_becomes_an_array_of_objects(values):
    assert values(SESSIONS, ["A, B", "B", "A,,-, ", None, "-"]) == [
        '[{"session_id":"ses-1"},{"session_id":"ses-2"}]',
        '[{"session_id":"ses-2"}]',
        '[{"session_id":"ses-1"}]',
        None,
        None,
    ]


def test_without_a_member_it_becomes_an_array_of_texts(values):
    said = "{field: ribbon_ids, split: {separator: ' | '}, empty: [none]}"
    assert values(said, ['rib"1" | rib\\2', "none | x", "none", "x | none"]) == [
        '["rib\\"1\\"","rib\\\\2"]',
        '["x"]',
        None,
        '["x"]',
    ]


def test_parts_may_be_looked_up_and_filled_up(values):
    said = "{field: ribbon_ids, split: {separator: ;}, pad: 3, lookup: {file: t.csv, key: k, value: v}}"
    assert values(said, ["1;002"], files={"t.csv": "k,v\n001,rib-a\n002,rib-b\n"}) == ['["rib-a","rib-b"]']


def test_a_part_that_is_not_known_rejects_its_record_once(convert):
    converted = convert(f"columns: {{X: {SESSIONS}}}\n", {"X": ["A,Q,Z", "A", "Q"]})
    assert converted.faults.select("record_no", "field", "code", "message", "value").rows() == [
        (1, "sessions", "enum-error", "column 'X': found 'Q', expected one of: A, B, -", "A,Q,Z"),
        (3, "sessions", "enum-error", "column 'X': found 'Q', expected one of: A, B, -", "Q"),
    ]
    assert converted.records["sessions"].to_list() == [None, '[{"session_id":"ses-1"}]', None]


def test_a_whole_cell_can_be_cleared_and_one_of_its_values_cannot(convert):
    text = "columns: {X: {field: ribbon_ids, split: {separator: ','}, clear: [weg]}}\n"
    converted = convert(text, {"X": ["weg", "a,weg", "a"]})
    assert converted.records["_clears"].to_list() == [["ribbon_ids"], [], []]
    assert converted.faults.select("record_no", "code").rows() == [(2, "missing-value")]
    assert "found a request to clear one of several values" in converted.faults["message"][0]


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="|", codec="utf-8"), min_size=1), max_size=4), min_size=1
    )
)
def test_arrays_hold_the_texts_between_the_separators(rows):
    cells = Cells(pl.Series(["|".join(row) or None for row in rows], dtype=pl.String))
    made = ArrayMaker(Split("|", None), trim=False, empty=(), clear=(), steps=())(cells)
    assert [json.loads(text) if text else [] for text in made.text] == rows


CUSTOM = """
columns:
  S: {custom_field: s__c, as: string_value}
  N: {custom_field: n__c, as: numeric_value, number: {decimal: ','}}
  B: {custom_field: b__c, as: boolean_value, values: {ja: true, nein: false}}
  U: {custom_field: u__c, as: file_url_value}
  L: {custom_field: l__c, as: list_value, split: {separator: ','}}
  T: {custom_field: t__c, as: table_value}
"""


def test_columns_become_custom_field_values_and_absent_ones_are_left_out(convert):
    columns = {
        "S": ['ve"gan', None, None],
        "N": ["1,50", None, "0,5"],
        "B": ["nein", None, None],
        "U": ["https://x.example/a", None, None],
        "L": ["a, b", None, None],
        "T": ['[{"x": 1}]', None, None],
    }
    converted = convert(CUSTOM, columns)
    assert converted.faults.is_empty()
    first, second, third = converted.records["custom_field_values"]
    assert json.loads(first) == [
        {"custom_field_id": "s__c", "string_value": 've"gan'},
        {"custom_field_id": "n__c", "numeric_value": 1.5},
        {"custom_field_id": "b__c", "boolean_value": False},
        {"custom_field_id": "u__c", "file_url_value": "https://x.example/a"},
        {"custom_field_id": "l__c", "list_value": ["a", "b"]},
        {"custom_field_id": "t__c", "table_value": [{"x": 1}]},
    ]
    assert second is None
    assert third == '[{"custom_field_id":"n__c","numeric_value":0.5}]'


@pytest.mark.parametrize(
    ("said", "cell", "code"),
    [
        ("as: numeric_value", "1,5", "type-error"),
        ("as: numeric_value", "+5", "type-error"),
        ("as: numeric_value", "007", "type-error"),
        ("as: boolean_value", "ja", "type-error"),
        ("as: boolean_value", "TRUE", "type-error"),
        ("as: string_value, dates: ['%d.%m.%Y']", "31.4.2027", "format-error"),
        ("as: list_value", "a, b", "json-error"),
        ("as: list_value", '{"a": 1}', "json-error"),
    ],
)
def test_custom_fields_hold_what_their_member_can_hold(refused, said, cell, code):
    ((found, message),) = refused(f"{{custom_field: x__c, {said}}}", [cell])
    assert found == code
    assert message.startswith(f"found '{cell}', expected ")


@pytest.mark.parametrize("cell", ['[{"a": 1}', "{}", '[{"a": 1}] x', '"x"', "[" * 5_000 + "]" * 5_000])
def test_c33_a_table_that_is_no_json_array_is_rejected(refused, cell):
    ((code, message),) = refused("{custom_field: x__c, as: table_value}", [cell])
    assert code == "json-error"
    assert message.endswith("expected a JSON array of objects")


@pytest.mark.parametrize("cell", ['[{"session_id": "a"}]', "[{", '[{"a": 1, "a": 2}]', "[" * 5_000])
def test_c33_json_in_a_field_passes_as_it_is_for_the_rules_to_judge(values, cell):
    assert values("sessions", [cell]) == [cell]


def test_days_stay_days_in_custom_fields_and_times_become_instants(values):
    said = (
        "{custom_field: x__c, as: string_value, dates: ['%d.%m.%Y', '%d.%m.%Y %H:%M', excel], time_zone: Europe/Berlin}"
    )
    cells = ["1.7.2027", "1.7.2027 09:00", "45000", "45000.5"]
    found = [json.loads(text)[0]["string_value"] for text in values(said, cells)]
    assert found == ["2027-07-01", "2027-07-01T07:00:00Z", "2023-03-15", "2023-03-15T11:00:00Z"]


def test_one_custom_field_cannot_be_cleared(convert):
    text = "columns: {X: {custom_field: x__c, as: string_value, clear: [weg]}}\n"
    converted = convert(text, {"X": ["weg", None, "a"]}, clears=[[], ["X"], []])
    assert converted.faults.select("record_no", "field", "code").rows() == [
        (1, "custom_field_values", "missing-value"),
        (2, "custom_field_values", "missing-value"),
    ]
    assert converted.records["_clears"].to_list() == [[], [], []]
    assert "column 'X': found a request to clear it, expected a value" in converted.faults["message"][0]


NAMES = "joins:\n  name: {columns: [Vorname, Nachname], separator: ' '}\n"


def test_columns_are_joined_and_empty_ones_left_out(convert):
    converted = convert(
        NAMES, {"Vorname": [" Ada ", None, " ", "Ada"], "Nachname": ["Lovelace\u00a0", "L", None, None]}
    )
    assert converted.records["name"].to_list() == ["Ada Lovelace", "L", None, "Ada"]


def test_a_joined_column_may_have_a_field_of_its_own(convert):
    text = NAMES + "columns: {Vorname: first_name, Nachname: {field: last_name, empty: [-]}}\n"
    converted = convert(text, {"Vorname": ["Ada"], "Nachname": ["-"]})
    assert converted.records.select("first_name", "last_name", "name").row(0) == ("Ada", None, "Ada")


def test_joined_columns_by_their_own_names_are_trimmed_in_the_join_whatever_the_defaults_say(convert):
    text = "joins: {name: {columns: [first_name, last_name], separator: ' '}}\n"
    records = convert(text, {"first_name": ["Ada "], "last_name": [" L"]}).records
    assert records.select("first_name", "last_name", "name").row(0) == ("Ada", "L", "Ada L")
    text += "defaults: {trim: false}\n"
    records = convert(text, {"first_name": ["Ada "], "last_name": [" L"]}).records
    assert records.select("first_name", "last_name", "name").row(0) == ("Ada ", " L", "Ada L")


def test_what_is_said_of_a_joined_column_holds_in_the_join(convert):
    text = (
        'joins: {notes: {columns: [Anrede, Bemerkung], separator: "\\n"}}\n'
        "columns: {Anrede: {values: {H: Herr, F: Frau}}, Bemerkung: {empty: [k.A.]}}\n"
    )
    converted = convert(text, {"Anrede": ["H", "F", "X"], "Bemerkung": ["a", "k.A.", "b"]})
    assert converted.records["notes"].to_list() == ["Herr\na", "Frau", "b"]
    assert converted.faults.select("record_no", "field", "code").rows() == [(3, None, "enum-error")]


def test_a_joined_field_is_cleared_where_nothing_else_is_said(convert):
    columns = {"Vorname": [None, None, "A", None], "Nachname": [None, "L", None, None]}
    converted = convert(NAMES, columns, clears=[["Vorname"], ["Vorname"], [], ["Nachname", "Vorname"]])
    assert converted.records["_clears"].to_list() == [["name"], [], [], ["name"]]
    ((number, field, code, message),) = converted.faults.select("record_no", "field", "code", "message").rows()
    assert (number, field, code) == (2, "name", "missing-value")
    assert message.startswith("column 'Vorname': found a request to clear it, but other columns of name have text;")


def test_a_mapping_may_do_with_constants_alone(convert):
    text = "columns: {X: ignore}\nconstants: {event_id: e}\n"
    assert convert(text, {"X": ["a", "b"]}).records.rows() == [(1, 2, [], "e"), (2, 3, [], "e")]
    by_name = convert("constants: {event_id: e}\n", {"notes": ["a"]}, clears=[["notes"]])
    assert by_name.records.rows() == [(1, 2, ["notes"], "e", "a")]


def test_constants_stand_in_every_record(convert):
    constants = "{event_id: 2027, is_guest_registration: false, order_total: 1.50, badge: '{}'}"
    text = f"columns: {{X: notes}}\nconstants: {constants}\n"
    records = convert(text, {"X": ["a", None]}).records
    assert records.select("event_id", "is_guest_registration", "order_total", "badge").unique().rows() == [
        ("2027", "false", "1.50", "{}")
    ]
    assert records.height == 2
