"""What spreadsheets did to values: told cell by cell, and of whole columns of ids."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from regbulk.mapping import DamageWatch, compile_mapping
from regbulk.schema import import_schema
from regbulk.source import open_source

SAMPLE = Path(__file__).parents[2] / "sample_data" / "legacy.csv"
ERRORS = ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#NV", "#BEZUG!"]
ERRORS += ["#WERT!", "#ZAHL!", "#ÜBERLAUF!", "#N/D", "#VALEUR!", "#NOM?", "#NOMBRE!", "#NUL!", "#¡REF!", "#¡VALOR!"]
ERRORS += ["#¿NOMBRE?", "#nv", "#Bezug!"]


@pytest.mark.parametrize("field", ["notes", "contact_id", "status", "order_total", "date", "sessions"])
@pytest.mark.parametrize("with_mapping", [True, False])
def test_c31_error_words_are_damage_in_any_field(convert, field, with_mapping):
    name = "X" if with_mapping else field
    converted = convert(f"columns: {{X: {field}}}\n" if with_mapping else None, {name: [*ERRORS, None]})
    assert converted.faults["record_no"].to_list() == list(range(1, len(ERRORS) + 1))
    assert set(converted.faults.select("field", "code").rows()) == {(field, "damaged-value")}
    assert converted.faults["message"][0] == (
        f"column '{name}': found '#N/A', which a spreadsheet writes where a formula failed; correct the cell there, or"
        " name the word under empty"
    )
    assert converted.records[field].null_count() == len(ERRORS) + 1


def test_c31_error_words_that_the_mapping_knows_are_no_damage(values):
    assert values("notes", ["#N/A", "x"], before="defaults: {empty: ['#N/A']}") == [None, "x"]
    assert values("{field: status, values: {'#NV': cancelled}}", ["#NV"]) == ["cancelled"]
    assert values("{field: notes, values: {'#NV': null}}", ["#NV"]) == [None]


@pytest.mark.parametrize("cell", ["N/A", "nan", "-", "NULL", "Null", "#1", "# N/A", "see #N/A", "#hashtag", "##", "NV"])
def test_c31_other_words_are_no_damage(convert, cell):
    assert convert(None, {"notes": [cell], "contact_id": [cell]}).faults.is_empty()


def test_a_column_that_was_too_narrow_is_damage(convert):
    converted = convert(None, {"date": ["########", "###", "##"]})
    told = "which a spreadsheet writes where a column is too narrow; widen it and save again"
    assert converted.faults.select("record_no", "message").rows() == [
        (1, f"column 'date': found '########', {told}"),
        (2, f"column 'date': found '###', {told}"),
    ]


@pytest.mark.parametrize("cell", ["1.23E+15", "1,23E+15", "1E+15", "-1.5e+20", "1.23457E-05", "9.00719925474099E+15"])
def test_c26_rounded_numbers_are_damage_in_ids(convert, cell):
    converted = convert(None, {"contact_id": [cell], "notes": [cell], "order_total": [cell]})
    assert converted.faults.select("field", "code").rows() == [("contact_id", "damaged-value")]
    assert converted.faults["message"][0].startswith(
        f"column 'contact_id': found '{cell}', a number that a spreadsheet rounded, expected an id; take it from"
    )


@pytest.mark.parametrize(
    "cell", ["1E5", "1e10", "12E34", "12.5E+15", "a1E+15", "1E+1", "1.23E+15x", "E+15", "007", "+5"]
)
def test_c26_ids_that_only_look_a_bit_like_numbers_are_no_damage(convert, cell):
    assert convert(None, {"contact_id": [cell], "sys_external_id": [cell]}).faults.is_empty()


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("con\u00a01", "U+00A0 as character 4"),
        ("con-1\u200b", "U+200B as character 6"),
        ("\ufeffcon-1", "U+FEFF as character 1"),
        ("con\u00ad1", "U+00AD as character 4"),
        ("\u202econ", "U+202E as character 1"),
        ("c\u0301on\x07", "U+0007 as character 5"),
        ("con\n1", "U+000A as character 4"),
    ],
)
def test_c14_characters_nobody_sees_are_damage_in_ids(convert, cell, told):
    converted = convert(None, {"contact_id": [cell], "notes": [cell]})
    assert converted.faults.select("field", "code", "message").rows() == [
        (
            "contact_id",
            "damaged-value",
            f"column 'contact_id': found the invisible character {told}, expected an id without it; take it out",
        )
    ]


@pytest.mark.parametrize("cell", [" 0019", "0019 ", "  0019  ", " "])
def test_a_space_at_an_end_of_an_id_is_damage_where_nothing_takes_it_off(convert, values, cell):
    converted = convert(None, {"contact_id": [cell, "00 19"], "notes": [cell, None]})
    told = "found a space at an end of an id, expected none; take it off, or use a mapping that trims"
    assert converted.faults.select("record_no", "field", "code", "message").rows() == [
        (1, "contact_id", "damaged-value", f"column 'contact_id': {told}")
    ]
    assert converted.records.select("contact_id", "notes").rows() == [(None, cell), ("00 19", None)]
    assert values("contact_id", [cell]) == [cell.strip() or None]


def test_c14_at_the_ends_of_ids_they_are_taken_off_by_a_mapping(values, refused):
    assert values("contact_id", ["con-1\u200b", "\u00a0con-1"]) == ["con-1", "con-1"]
    ((_, message),) = refused("contact_id", ["\u00a0con\u00a01 "])
    assert message.startswith("found the invisible character U+00A0 as character 4")


@pytest.mark.parametrize(
    "field", ["id", "contact_id", "sys_external_id", "membership_information.membership_package_id"]
)
def test_every_field_of_ids_is_watched(convert, field):
    assert convert(None, {field: ["1.23E+15"]}).faults["code"].to_list() == ["damaged-value"]


def test_ids_inside_arrays_are_watched(convert):
    text = (
        "columns:\n  S: {field: sessions, split: {separator: ;, member: session_id}}\n"
        "  R: {field: ribbon_ids, split: {separator: ;}}\n"
        "  L: {custom_field: l__c, as: list_value, split: {separator: ;}}\n"
    )
    converted = convert(text, {"S": ["a;1.2E+15"], "R": ["x;y\u00a0z"], "L": ["1.2E+15;#hash"]})
    assert sorted(converted.faults.select("field", "code").rows()) == [
        ("ribbon_ids", "damaged-value"),
        ("sessions", "damaged-value"),
    ]


@pytest.fixture
def judged():
    """(code, broken values) of each verdict on a column seen in blocks of three or more."""

    def found(cells, field="contact_id"):
        records = pl.DataFrame({field: pl.Series(cells, dtype=pl.String), "notes": pl.Series(cells, dtype=pl.String)})
        watch = DamageWatch([field, "notes"])
        rows = max(3, len(cells) // 10)
        for start in range(0, len(cells), rows):
            watch.see(records.slice(start, rows))
        verdicts = watch.verdicts()
        assert {verdict.field for verdict in verdicts} <= {field}
        return [(verdict.code, records.filter(verdict.broken)[field].to_list()) for verdict in verdicts]

    return found


LOST = "damaged-value"


@pytest.mark.parametrize(
    ("cells", "broken"),
    [
        (["000017", "18", None, "123456", "con", "7", "000018", "000019"], ["18", "7"]),
        (["0017", "0018", "0019", "1234", "17"], ["17"]),
        (["00", "01", "02", "12", "0"], ["0"]),
        (["0042", "0043", "0044", *map(str, range(1000, 1057)), "45"], ["45"]),
    ],
)
def test_c26_ids_shorter_than_those_that_kept_their_zeros_lost_theirs(judged, cells, broken):
    assert judged(cells) == [(LOST, broken)]


@pytest.mark.parametrize(
    "cells",
    [
        ["17", "18", "123456"],
        ["007", "000017", "000018", "000019", "1"],
        ["000017", "000018", "000019", "1234567", "18"],
        ["000017", "000018", "000019", "123456"],
        ["000017", "000018", "123456", "18"],
        ["000017", "000018", "000019", "123456", "1", "2", "3", "4"],
        ["0042", "0043", "0044", *map(str, range(1000, 1058)), "45"],
        ["007", "008", "009", *map(str, range(1, 151))],
        [*map(str, range(1, 10_000)), "0042"],
        [*map(str, range(1, 10_000)), *(f"{number:04}" for number in range(400))],
        ["0", "1", "12", "13", "14"],
        ["con-01", "con-1", None],
        [],
    ],
)
def test_c26_columns_without_proof_keep_their_ids(judged, cells):
    assert judged(cells) == []


def test_c26_long_numbers_that_all_end_in_zeros_were_rounded(judged):
    cells = ["1234567890123450", "98765432109876500", "123456789012345", "1234567890123450", "con-1", None]
    assert judged(cells) == [(LOST, ["1234567890123450", "98765432109876500", "1234567890123450"])]


@pytest.mark.parametrize(
    "cells",
    [
        ["1234567890123450", "1234567890123456"],
        ["1234567890123450"],
        ["12345678901234567890", "12345678901234500000", "10000000000000000000"],
        ["100000000000000", "120000000000000"],
    ],
)
def test_c26_long_numbers_of_which_one_is_exact_or_chance_explains_them_were_not(judged, cells):
    assert judged(cells) == []


def test_verdicts_say_what_to_do_and_hold_no_value(judged):
    watch = DamageWatch(["contact_id"])
    watch.see(pl.DataFrame({"contact_id": ["000017", "000018", "000019", "23", "424242"]}))
    (verdict,) = watch.verdicts()
    assert verdict.message == (
        "found fewer than 6 digits, others of this column have 6 and begin with 0: a spreadsheet took the zeros off;"
        " format the column as text, or say in the mapping pad: 6, or pad: false where they are right as they are"
    )


def test_a_column_that_the_mapping_fills_up_is_whole_again(convert, judged):
    text = "columns: {Nr: {field: contact_id, pad: 6}}\n"
    cells = ["000017", "000018", "000019", "23", "123456"]
    assert judged(cells) == [(LOST, ["23"])]
    assert judged(convert(text, {"Nr": cells}).records["contact_id"].to_list()) == []


def test_a_column_that_lost_no_zeros_as_the_mapping_says_is_left_alone(read):
    said = "columns: {Nr: {field: contact_id, pad: false}, Alt: {field: sys_external_id, pad: 6}, X: notes}\n"
    converter = compile_mapping(read(said), ["Nr", "Alt", "X"], import_schema(), source_name="legacy.csv")
    assert converter.unpadded == {"contact_id"}
    for cells, told in (["001", "002", "003", "4"], 0), (["1234567890123400", "98765432109876500"], 1):
        watch = DamageWatch(["contact_id"], sound=converter.unpadded)
        watch.see(pl.DataFrame({"contact_id": cells}))
        assert len(watch.verdicts()) == told


def test_nothing_is_filled_up_where_no_zeros_were_lost(values, convert):
    assert values("{field: contact_id, pad: false}", ["7", "007"]) == ["7", "007"]
    text = (
        "columns:\n  Nr: {field: sys_external_id, pad: 6}\n"
        "  Von: {reference: {field: parent_registration_id, to: Nr}, pad: false}\n"
    )
    converted = convert(text, {"Nr": ["17", "18"], "Von": [None, "17"]})
    assert converted.records["_to:parent_registration_id"].to_list() == [None, "17"]


def test_the_sample_lost_zeros():
    watch = DamageWatch(["sys_external_id"])
    for block in open_source(str(SAMPLE)).blocks():
        watch.see(block.records.select(sys_external_id="Teilnehmer-Nr"))
    (verdict,) = watch.verdicts()
    assert "pad: 6" in verdict.message


def test_numbers_and_free_text_are_not_watched():
    columns = ("order_number", "notes", "badge.location")
    watch = DamageWatch(columns)
    watch.see(pl.DataFrame({name: ["000017", "000018", "000019", "20"] for name in columns}))
    assert watch.verdicts() == ()
