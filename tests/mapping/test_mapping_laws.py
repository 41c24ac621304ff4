"""What holds for any block: it makes no difference how it is cut, and only bad records are faulted."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regbulk import rejects
from regbulk.mapping import compile_mapping, read_mapping
from regbulk.schema import Kind, canonical, import_schema
from regbulk.schema.canonical import NUMBER

TEXT = """
defaults: {empty: ['-'], clear: [weg], time_zone: Europe/Berlin}
columns:
  Nr: {field: sys_external_id, pad: 6}
  Haupt: {reference: {field: parent_registration_id, to: Nr}}
  Mitglied: {field: contact_id, lookup: {file: t.csv, key: k, value: v}}
  Status: {field: status, values: {B: active, S: cancelled}}
  Summe: {field: order_total, number: {decimal: ',', thousands: '.'}, strip: ['€']}
  Datum: {field: date, dates: ['%d.%m.%Y', '%d.%m.%Y %H:%M']}
  Kurse: {field: sessions, split: {separator: ',', member: session_id}, values: {A: ses-1, C: ses-3}}
  Jahre: {custom_field: years__c, as: numeric_value}
  Essen: {custom_field: diet__c, as: string_value}
joins: {notes: {columns: [Bem 1, Bem 2], separator: ' / '}}
"""
GOOD = {
    "Nr": ["17", "000018", " 19\u00a0"],
    "Haupt": [None, "17", "-"],
    "Mitglied": ["1", "2", None],
    "Status": ["B", " S", None],
    "Summe": ["1.234,50 €", "-5", None],
    "Datum": ["1.7.2027", "01.07.2027 24:00", None],
    "Kurse": ["A", "C, A", ",", None],
    "Jahre": ["1.5", None],
    "Essen": ["vegan", '"\\', None],
    "Bem 1": ["x", None, "-"],
    "Bem 2": ["y", None],
}
BAD = {
    "Nr": ["1.2E+15", "1\u200b7", "#NV"],
    "Haupt": ["1.2E+15"],
    "Mitglied": ["9", "#REF!"],
    "Status": ["X", "b"],
    "Summe": ["1.23", "x", "€"],
    "Datum": ["31.2.2027", "28.03.2027 02:30", "45000"],
    "Kurse": ["A,Q", "1.2E+15", "weg,A"],
    "Jahre": ["1,5", "x", "weg"],
    "Essen": ["#WERT!"],
    "Bem 1": ["#N/A"],
    "Bem 2": ["########"],
}


@pytest.fixture(scope="module")
def converter(tmp_path_factory):
    folder = tmp_path_factory.mktemp("laws")
    (folder / "t.csv").write_text("k,v\n1,con-1\n2,con-2\n")
    (folder / "mapping.yaml").write_text(TEXT)
    mapping = read_mapping(folder / "mapping.yaml")
    return compile_mapping(mapping, list(GOOD), import_schema(), source_name="laws.csv")


def cells(*, bad):
    return st.fixed_dictionaries(
        {
            name: st.sampled_from(
                [*GOOD[name], *(BAD[name] if bad else ()), *(["weg"] if name in "Status Datum" else ())]
            )
            for name in GOOD
        }
    )


ROWS = st.lists(cells(bad=True), min_size=1, max_size=6)
LAW = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)


def frame(block, rows):
    return block({name: [row[name] for row in rows] for name in GOOD})


@LAW
@given(rows=ROWS)
def test_a_block_converts_like_its_records_one_by_one(converter, block, rows):
    records = frame(block, rows)
    whole = converter.convert(records)
    single = [converter.convert(records.slice(row, 1)) for row in range(len(rows))]
    assert whole.records.equals(pl.concat([each.records for each in single]))
    assert whole.faults.equals(rejects.merge(*(each.faults for each in single)))


@LAW
@given(rows=st.lists(cells(bad=False), min_size=1, max_size=6))
def test_sound_records_break_no_rule(converter, block, rows):
    assert converter.convert(frame(block, rows)).faults.rows() == []


@LAW
@given(rows=st.lists(cells(bad=False), min_size=2, max_size=6), data=st.data())
def test_only_the_record_with_the_bad_cell_is_faulted_in_its_field_and_the_others_stay(converter, block, rows, data):
    place = data.draw(st.integers(0, len(rows) - 1))
    column = data.draw(st.sampled_from(sorted(BAD)))
    bad = data.draw(st.sampled_from(BAD[column]))
    sound = converter.convert(frame(block, rows))
    spoiled = converter.convert(
        frame(block, [{**row, column: bad} if at == place else row for at, row in enumerate(rows)])
    )
    assert set(spoiled.faults["record_no"]) == {place + 1}
    assert all(message.startswith(f"column {column!r}: ") for message in spoiled.faults["message"])
    others = pl.col("_record_no") != place + 1
    assert spoiled.records.filter(others).equals(sound.records.filter(others))


ANY = st.none() | st.text(max_size=12) | st.text("0123456789.,:-+/#eE A€\u00a0\u200b", max_size=16)


@LAW
@given(rows=st.lists(st.fixed_dictionaries(dict.fromkeys(GOOD, ANY)), min_size=1, max_size=8))
def test_any_text_becomes_a_canonical_value_or_a_reject(converter, block, rows):
    converted = converter.convert(frame(block, rows))
    assert converted.records.height == len(rows)
    kinds = {
        "date": Kind.DATETIME,
        "order_total": Kind.NUMBER,
        "sessions": Kind.ARRAY,
        "custom_field_values": Kind.ARRAY,
    }
    for field, kind in kinds.items():
        values = converted.records.select(text=field, value=canonical(pl.col(field), kind)).drop_nulls("text")
        if kind is Kind.NUMBER:
            assert values["text"].str.contains(NUMBER).all()
        else:
            assert values["text"].to_list() == values["value"].to_list()
    for number, field, value in converted.faults.select("record_no", "field", "value").iter_rows():
        assert value in rows[number - 1].values()
        assert field is None or converted.records[field][number - 1] is None or field == "custom_field_values"


def test_a_block_without_records_has_the_same_columns(converter, block):
    records = frame(block, [dict.fromkeys(GOOD)])
    empty = converter.convert(records.clear())
    assert empty.records.schema == converter.convert(records).records.schema
    assert empty.faults.schema == rejects.SCHEMA


def test_every_field_comes_out_as_text(converter, block):
    records = converter.convert(frame(block, [dict.fromkeys(GOOD)])).records
    assert set(records.drop("_record_no", "_line_no", "_clears").dtypes) == {pl.String}
