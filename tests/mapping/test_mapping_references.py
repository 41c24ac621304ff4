"""References inside a source: the key of each record, and of the one it refers to."""

from __future__ import annotations

import pytest

from regbulk.mapping import compile_mapping
from regbulk.schema import import_schema

TEXT = """
columns:
  Nr: {field: sys_external_id, pad: 6}
  Haupt: {reference: {field: parent_registration_id, to: nr}}
  Alt: {reference: {field: modified_registration_id, to: Nr}, pad: 3, empty: ['-']}
"""


def test_references_are_told_by_keys_and_hold_a_placeholder(convert):
    converted = convert(TEXT, {"Nr": ["17", "18", "19"], "Haupt": [None, "17", " 000018 "], "Alt": ["-", None, "17"]})
    assert converted.faults.is_empty()
    names = ["_anchor", "_to:parent_registration_id", "parent_registration_id"]
    assert converted.records.select(names).rows() == [
        ("000017", None, None),
        ("000018", "000017", "record:pending"),
        ("000019", "000018", "record:pending"),
    ]
    assert converted.records["_to:modified_registration_id"].to_list() == [None, None, "017"]


def test_link_columns_stand_behind_the_fields(convert):
    assert convert(TEXT, {"Nr": ["1"], "Haupt": [None], "Alt": [None]}).records.columns[3:] == [
        "modified_registration_id",
        "parent_registration_id",
        "sys_external_id",
        "_anchor",
        "_to:parent_registration_id",
        "_to:modified_registration_id",
    ]


def test_a_converter_tells_its_references(read):
    converter = compile_mapping(read(TEXT), ["Nr", "Haupt", "Alt"], import_schema(), source_name="x.csv")
    assert converter.references == (("parent_registration_id", "Nr"), ("modified_registration_id", "Nr"))


@pytest.mark.parametrize(
    ("rest", "cells"),
    [
        ("to: Nr}}\n  Nr: {field: contact_id, lookup: {file: t.csv, key: k, value: v}}", {"Nr": "1"}),
        ("to: contact_id}}\n  Nr: {field: contact_id, lookup: {file: t.csv, key: k, value: v}}", {"Nr": "1"}),
        ("to: Nr}}\n  Nr: {trim: true}", {"Nr": " con-1"}),
        ("to: nr}}\njoins: {notes: {columns: [Nr, X], separator: ' '}}", {"Nr": " con-1", "X": "x"}),
        ("to: contact_id}}", {"contact_id": "con-1"}),
    ],
)
def test_the_key_is_what_a_column_comes_to_or_a_field(convert, rest, cells):
    text = f"columns:\n  P: {{reference: {{field: parent_registration_id, {rest}\n"
    columns = {name: [cell] for name, cell in {**cells, "P": "con-9"}.items()}
    converted = convert(text, columns, files={"t.csv": "k,v\n1,con-1\n"})
    assert converted.records.select("_anchor", "_to:parent_registration_id").row(0) == ("con-1", "con-9")


def test_a_constant_or_a_join_can_be_what_records_are_referred_to_by(convert):
    text = (
        "columns: {P: {reference: {field: parent_registration_id, to: sys_external_id}}}\n"
        "joins: {sys_external_id: {columns: [A, B], separator: '-'}}\n"
    )
    converted = convert(text, {"A": ["1"], "B": ["2"], "P": ["1-1"]})
    assert converted.records.select("_anchor", "sys_external_id").row(0) == ("1-2", "1-2")


def test_a_reference_can_be_cleared(convert):
    columns = {"Nr": ["1", "2"], "Haupt": [None, None], "Alt": [None, None]}
    converted = convert(TEXT, columns, clears=[["Haupt"], []])
    assert converted.records["_clears"].to_list() == [["parent_registration_id"], []]


def test_a_damaged_key_of_a_reference_is_rejected(convert):
    converted = convert(TEXT, {"Nr": ["1"], "Haupt": ["1.23E+15"], "Alt": [None]})
    assert converted.faults.select("field", "code").row(0) == ("parent_registration_id", "damaged-value")
    assert converted.records["parent_registration_id"].to_list() == [None]


def test_a_damaged_key_without_a_field_is_rejected_too(convert):
    text = "columns:\n  Nr: {trim: true}\n  P: {reference: {field: parent_registration_id, to: Nr}}\n"
    converted = convert(text, {"Nr": ["1.23E+15"], "P": [None]})
    assert converted.faults.select("field", "code").row(0) == (None, "damaged-value")


def test_a_column_that_only_references_name_needs_no_entry(convert):
    text = "columns: {P: {reference: {field: parent_registration_id, to: Nr}}}\n"
    converted = convert(text, {"Nr": ["1", "2"], "P": [None, "1"]})
    assert converted.records["_anchor"].to_list() == ["1", "2"]
    assert converted.records["_to:parent_registration_id"].to_list() == [None, "1"]
