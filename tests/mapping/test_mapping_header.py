"""How the columns of a source and those of a mapping find each other, and what is told where they do not."""

from __future__ import annotations

import unicodedata

import pytest

from regbulk.errors import SourceError
from regbulk.mapping import compile_mapping
from regbulk.schema import import_schema


@pytest.fixture
def fit(read):
    """The converter of a mapping for some columns."""

    def fitted(text, *columns, problems=()):
        mapping = read(text) if text else None
        return compile_mapping(mapping, columns, import_schema(), source_name="legacy.csv", problems=problems)

    return fitted


@pytest.fixture
def misfit(fit):
    """The problems of a mapping and columns that do not fit."""

    def found(text, *columns, problems=()):
        with pytest.raises(SourceError) as error:
            fit(text, *columns, problems=problems)
        assert error.value.name == "legacy.csv"
        return list(error.value.problems)

    return found


@pytest.mark.parametrize("name", ["Straße", " straße ", "STRASSE", "Strasse"])
def test_names_are_compared_without_case_and_spaces(fit, name):
    assert fit("columns: {Straße: city}\n", name).columns == ("city",)


def test_names_are_compared_however_their_accents_are_written(fit):
    decomposed = unicodedata.normalize("NFD", "Diät")
    assert decomposed != "Diät"
    assert fit("columns: {Diät: notes}\n", decomposed).columns == ("notes",)


def test_the_source_spells_its_columns_in_every_message(convert):
    converted = convert("columns: {status: {field: status, values: {A: active}}}\n", {" STATUS": ["x"]})
    assert converted.faults["message"][0].startswith("column ' STATUS': found 'x'")


def test_fields_come_out_in_the_order_of_the_schema(fit):
    text = "columns: {A: notes, B: badge.first_name, C: id}\nconstants: {event_id: e}\n"
    assert fit(text, "A", "B", "C").columns == ("id", "event_id", "badge.first_name", "notes")


def test_a_column_that_is_not_named_is_the_field_of_its_name_and_read_as_the_defaults_say(convert):
    text = (
        "defaults:\n  empty: ['-']\n  clear: [weg]\n  time_zone: Europe/Berlin\n  dates: ['%d.%m.%Y']\n"
        "  number: {decimal: ','}\ncolumns: {A: notes}\n"
    )
    columns = {"A": [" - "], "city": [" - "], "state": ["weg"], "date": ["1.7.2027 "], "order_total": ["1,5"]}
    converted = convert(text, columns | {"contact_id": ["1,5"], "first_name": [" Zoë\u00a0"]})
    assert converted.faults.is_empty()
    assert converted.records.select("_clears", "notes", "city", "state").row(0) == (["state"], None, None, None)
    names = ("date", "order_total", "contact_id", "first_name")
    assert converted.records.select(names).row(0) == ("2027-06-30T22:00:00Z", "1.5", "1,5", "Zoë")


def test_a_column_that_is_not_named_stays_as_it_is_where_the_defaults_take_nothing_off(convert):
    converted = convert("defaults: {trim: false}\ncolumns: {A: notes}\n", {"A": ["x"], "city": [" - "]})
    assert converted.records["city"].to_list() == [" - "]


def test_default_dates_without_a_century_are_told_for_columns_that_are_not_named(misfit, fit):
    defaults = "dates: ['%d.%m.%y'], time_zone: UTC"
    (told,) = misfit(f"defaults: {{{defaults}}}\ncolumns: {{A: notes}}\n", "A", "date", "city")
    assert told == (
        "column 'date' is read by the dates of defaults, and %y is a year of two digits; say with years_from there"
        " which hundred years they are"
    )
    assert fit(f"defaults: {{{defaults}, years_from: 1950}}\ncolumns: {{A: notes}}\n", "A", "date").columns


def test_server_managed_columns_of_an_export_are_read_by_nobody(fit):
    assert fit("columns: {A: notes}\n", "A", "sys_version", "id").columns == ("id", "notes")


def test_a_column_neither_mapped_nor_ignored_is_told(misfit):
    assert misfit("columns: {A: notes}\n", "A", "Foo") == [
        "column 'Foo' is neither mapped nor ignored; give it a field in the mapping, or: ignore"
    ]


def test_a_column_the_source_lacks_is_told_with_its_line_and_the_nearest_name(misfit):
    text = "columns:\n  Angemeldet am: date\n  City: city\n"
    assert misfit(text, "Angemeldet_am", "city") == [
        "the mapping names column 'Angemeldet am' (line 2), the source has none; did you mean 'Angemeldet_am'?",
        "column 'Angemeldet_am' is neither mapped nor ignored; did the mapping mean it by 'Angemeldet am'?",
    ]


def test_a_joined_column_the_source_lacks_is_told_with_its_join(misfit):
    text = "joins:\n  name: {columns: [Vorname, Nachname], separator: ' '}\n"
    assert misfit(text, "Vorname") == ["the mapping names column 'Nachname' (line 2, join 'name'), the source has none"]


def test_a_field_by_its_name_and_by_the_mapping_is_told(misfit):
    text = "columns: {A: status}\nconstants: {badge.first_name: x}\n"
    told = "is a field by its name, and"
    assert misfit(text, "A", "status", "badge") == [
        f"column 'status' {told} columns.A gives 'status' its value; ignore one",
        f"column 'badge' {told} constants.badge.first_name gives 'badge.first_name' its value; ignore one",
    ]


def test_an_object_and_its_members_by_their_names_are_told(misfit):
    assert misfit("columns: {A: notes}\n", "A", "badge", "badge.location") == [
        "columns 'badge.location' and 'badge' are both there; keep the one or the other"
    ]


def test_a_reference_to_a_field_that_nothing_gives_is_told(misfit):
    text = "columns: {P: {reference: {field: parent_registration_id, to: sys_external_id}}}\n"
    assert misfit(text, "P") == [
        "column 'P' refers to 'sys_external_id', which is no column of the source and no field"
    ]


def test_a_reference_to_a_column_that_is_not_there_is_told_with_the_nearest(misfit):
    text = "columns: {A: notes, P: {reference: {field: parent_registration_id, to: Nrr}}}\n"
    assert misfit(text, "A", "P", "Nr") == [
        "column 'Nr' is neither mapped nor ignored; give it a field in the mapping, or: ignore",
        "column 'P' refers to 'Nrr', which is no column of the source and no field; did you mean 'Nr'?",
    ]


def test_columns_that_look_the_same_are_told(misfit):
    decomposed = unicodedata.normalize("NFD", "Diät")
    assert any("look the same" in problem for problem in misfit("columns: {Diät: notes}\n", "Diät", decomposed))
    (problem,) = misfit("columns: {A: notes}\n", "A", "a ")
    assert problem == "columns 'A' and 'a ' differ only in case or spaces (columns 1, 2); keep one"


def test_a_missing_header_is_suspected_and_no_cell_of_it_is_repeated(misfit):
    (problem,) = misfit("columns: {A: notes}\n", "Ada", "ada@example.org")
    assert problem == "none of the 2 columns is named in mapping.yaml; is it another source, or no header?"


def test_problems_of_the_source_are_told_together(misfit):
    assert misfit("columns: {A: notes}\n", "A", "", problems=["the file is strange"]) == [
        "the file is strange",
        "column 2 has no name; name it or remove the column",
    ]


def test_without_a_mapping_the_columns_are_fields_in_the_order_of_the_source(fit):
    assert fit(None, "notes", "sys_version", "id", "badge.first_name").columns == ("notes", "id", "badge.first_name")


def test_without_a_mapping_unknown_columns_are_told_as_ever(misfit):
    assert misfit(None, "id", "frist_name", problems=["the file is strange"]) == [
        "the file is strange",
        "unknown column 'frist_name'; did you mean 'first_name'?",
    ]


def test_without_a_mapping_records_pass_as_they_are(convert):
    columns = {"notes": [" x ", None], "sys_version": ["1", "2"], "date": ["1.1.2025", ""]}
    converted = convert(None, columns, clears=[["date", "sys_version"], []])
    assert converted.faults.is_empty()
    assert converted.records.columns == ["_record_no", "_line_no", "_clears", "notes", "date"]
    assert converted.records.rows() == [(1, 2, ["date"], " x ", "1.1.2025"), (2, 3, [], None, "")]
