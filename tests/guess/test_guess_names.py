"""Names of columns: which field they mean, and when they only may."""

from __future__ import annotations

import pytest

from regbulk.guess.names import Level, names_of
from regbulk.guess.vocabulary import vocabulary
from regbulk.schema import import_schema

NAMES = names_of(import_schema())


def best(column):
    return next(iter(NAMES.matches(column)), None)


@pytest.mark.parametrize(
    ("column", "field", "level"),
    [
        ("first_name", "first_name", Level.OWN),
        ("First Name", "first_name", Level.OWN),
        ("FIRSTNAME", "first_name", Level.OWN),
        ("Registration Type ID", None, None),
        ("Coupon Code", "coupon_code_id", Level.TITLE),
        ("E-Mail", "email_address", Level.SYNONYM),
        ("E-Mail-Adresse", "email_address", Level.SYNONYM),
        ("Prénom", "first_name", Level.SYNONYM),
        ("PRENOM", "first_name", Level.SYNONYM),
        ("Apellidos", "last_name", Level.SYNONYM),
        ("Cognome", "last_name", Level.SYNONYM),
        ("Achternaam", "last_name", Level.SYNONYM),
        ("Waehrung", "order_currency_code", Level.SYNONYM),
        ("Währung", "order_currency_code", Level.SYNONYM),
        ("Betrag (EUR)", "order_total", Level.SYNONYM),
        ("Anmeldedatum [TT.MM.JJJJ]", "date", Level.SYNONYM),
        ("Bemerkung 1", "notes", Level.NUMBERED),
        ("Ort (Rechnung)", "city", Level.PERHAPS),
        ("badge.first_name", "badge.first_name", Level.OWN),
        ("Begleitung von", "parent_registration_id", Level.SYNONYM),
    ],
)
def test_a_name_means_a_field_whatever_its_language_and_spelling(column, field, level):
    match = best(column)
    assert field is None or (match.field, match.level) == (field, level)
    assert field is not None or match is None or match.level < Level.NUMBERED


@pytest.mark.parametrize(("column", "field"), [("Frist Name", "first_name"), ("emial_address", "email_address")])
def test_c7_a_name_close_to_a_real_one_is_suggested_and_not_taken(guessed, column, field):
    assert best(column).level is Level.NEAR
    draft = guessed({column: ["a", "b"]})
    assert draft.says(column) is None
    assert any(f": {field}" in line or f"field: {field}" in line for line in draft.lines(column))


def test_c7_a_name_that_holds_a_known_word_is_suggested_only(guessed):
    draft = guessed({"Datum der letzten Mahnung": ["31.12.2024"]})
    assert draft.says("Datum der letzten Mahnung") is None
    assert any("field: date" in line for line in draft.lines("Datum der letzten Mahnung"))


def test_the_surer_of_two_columns_becomes_the_field_and_the_other_a_choice(guessed):
    draft = guessed({"E-Mail 2": ["a@b.de"], "E-Mail": ["c@d.de"]})
    assert draft.says("E-Mail") == "email_address"
    assert draft.says("E-Mail 2") is None
    assert draft.entry("E-Mail 2").asks == ("column 'E-Mail' is email_address already",)


def test_an_address_of_which_the_values_are_none_is_left_open(guessed):
    draft = guessed({"Mail": ["Postfach 12", "Postfach 13"]})
    assert draft.says("Mail") is None
    assert draft.entry("Mail").asks == ("its name says email_address, its values do not",)


def test_a_word_for_two_fields_is_decided_by_its_values(guessed):
    assert guessed({"Estado": ["confirmado", "cancelado"]}).entry("Estado").target == "status"


def test_a_column_without_a_match_is_neither_mapped_nor_ignored(guessed):
    draft = guessed({"Zimmerwunsch": ["ruhig", "Meerblick"]})
    assert draft.says("Zimmerwunsch") is None
    assert draft.lines("Zimmerwunsch") == [
        "# 2 values, 2 different",
        "# To decide: no field has this name",
        "# Zimmerwunsch: {custom_field: ?, as: string_value}   # the id of a custom field of yours",
        "# Zimmerwunsch: ignore",
    ]


def test_a_column_without_any_value_is_ignored_with_its_ground(guessed):
    draft = guessed({"Zimmer": ["", " "], "Ort": ["a", "b"]})
    assert draft.says("Zimmer") == "ignore"
    assert draft.lines("Zimmer")[0] == "# no value in 2 records"


def test_a_column_named_by_the_id_of_a_custom_field_becomes_one(guessed):
    draft = guessed(
        {"events-registrations__diet__c": ["vegan", ""], "events__vip__c": ["ja", "nein"], "Ort": ["a", "b"]}
    )
    assert draft.says("events-registrations__diet__c") == {
        "custom_field": "events-registrations__diet__c",
        "as": "string_value",
    }
    assert draft.says("events__vip__c")["as"] == "boolean_value"


@pytest.mark.parametrize(
    ("first", "name", "field"),
    [
        (["Eva", "Jo", "Kim"], ["Öhler", "Null", "Park"], "last_name"),
        (["Eva", "Jo", "Kim"], ["Eva Öhler", "Null, Jo", "Kim Park"], "name"),
        (["Eva", "Jo", "Kim"], ["Eva Öhler", "Null", "Kim Park"], None),
    ],
)
def test_a_column_name_beside_first_names_is_judged_on_all_records(guessed, first, name, field):
    draft = guessed({"Vorname": first, "Name": name})
    assert draft.entry("Name").target == field


def test_the_only_column_of_names_holds_full_names(guessed):
    assert guessed({"Nom": ["Eva Öhler", "Jo Null"]}).entry("Nom").target == "name"


def test_nombre_beside_apellidos_is_the_first_name(guessed):
    draft = guessed({"Nombre": ["Eva", "Jo"], "Apellidos": ["Peña", "Núñez"]})
    assert draft.entry("Nombre").target == "first_name"


def test_ids_of_the_api_are_not_taken_from_names_of_another_system(guessed):
    draft = guessed({"Kategorie": ["Student", "Vollpreis", "Student"]})
    assert draft.says("Kategorie") is None
    assert '#     "Student": ?   # 2' in draft.lines("Kategorie")
    assert ("constants", "every new registration needs type_id") not in draft.draft.left
    assert "#   type_id: ?   # or decide column Kategorie above" in draft.text


def test_fields_by_their_own_names_go_where_they_say(guessed):
    draft = guessed({"event_id": ["evt-1"], "contact_id": ["con-1"], "id": ["reg-1"]})
    assert [draft.says(name) for name in ("event_id", "contact_id", "id")] == ["event_id", "contact_id", "id"]


def test_what_only_the_api_writes_is_ignored_in_a_file_in_its_words(guessed):
    draft = guessed({"event_id": ["evt-1"], "contact_id": ["con-1"], "sys_version": ["3"]})
    assert draft.says("sys_version") == "ignore"
    assert guessed({"Ort": ["a"], "Land": ["b"], "sys_version": ["3"]}).says("sys_version") is None


def test_an_id_in_a_file_of_another_system_is_its_own_number(guessed):
    draft = guessed({"ID": ["17", "18"], "Vorname": ["Eva", "Jo"], "Ort": ["a", "b"]})
    assert draft.says("ID") == "sys_external_id"


def test_every_synonym_speaks_of_a_field_that_a_source_may_write():
    known = {
        synonym.field
        for told in (vocabulary().fields, vocabulary().perhaps)
        for each in told.values()
        for synonym in each
    }
    assert known <= set(NAMES.fields)


def test_every_option_with_synonyms_is_one_of_the_schema():
    schema = import_schema()
    for field, options in vocabulary().options.items():
        assert set(options.values()) <= set(schema.fields[field].schema["enum"])
