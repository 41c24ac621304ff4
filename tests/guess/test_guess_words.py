"""C30 and C31: words for true and false, for nothing, and for states."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("TRUE", "FALSE"),
        ("WAHR", "FALSCH"),
        ("VRAI", "FAUX"),
        ("VERDADERO", "FALSO"),
        ("SI", "NO"),
        ("Sí", "No"),
        ("ja", "nein"),
        ("oui", "non"),
        ("Yes", "No"),
        ("waar", "onwaar"),
        ("1", "0"),
        ("on", "off"),
        ("J", "N"),
        ("✓", "✗"),
    ],
)
def test_c30_words_for_true_and_false_become_booleans(guessed, yes, no):
    draft = guessed({"Gast": [yes, no, yes], "Ort": ["a", "b", "c"]})
    assert draft.says("Gast") == {"field": "is_guest_registration", "values": {yes: True, no: False}}
    assert draft.converted().records["is_guest_registration"].to_list() == ["true", "false", "true"]


def test_c30_a_mark_that_only_means_true_leaves_the_rest_without_a_value(guessed):
    draft = guessed({"Gast": ["x", "", "x"], "Ort": ["a", "b", "c"]})
    assert draft.says("Gast")["values"] == {"x": True}
    assert "no word means false: an empty cell stays without a value" in draft.entry("Gast").grounds


def test_c30_true_and_false_need_no_values(guessed):
    assert guessed({"Gast": ["true", "false"]}).says("Gast") == "is_guest_registration"


def test_c30_words_that_are_no_booleans_leave_the_column_open(guessed):
    draft = guessed({"Gast": ["Anna", "Bert", ""], "Ort": ["a", "b", "c"]})
    assert draft.says("Gast") is None
    assert "Anna" not in draft.text


def test_c31_words_for_nothing_are_counted_and_named_once_a_column(guessed):
    draft = guessed({"Position": ["Ärztin", "-", "k.A.", "k.A.", "NULL", "n/a"]})
    assert draft.says("Position") == {"field": "job_title", "empty": ["k.A.", "-", "NULL", "n/a"]}
    assert any("5 cells" in line for line in draft.lines("Position"))
    assert draft.converted().records["job_title"].to_list() == ["Ärztin", *[None] * 5]


def test_c31_a_person_named_null_keeps_the_name(guessed):
    draft = guessed({"Vorname": ["Eva", "Jo"], "Nachname": ["Null", "Öhler"]})
    assert draft.says("Nachname") == {"field": "last_name"}
    assert draft.entry("Nachname").asks == ('does "Null" mean no value?',)
    assert draft.converted().records["last_name"].to_list() == ["Null", "Öhler"]


def test_c31_namibia_is_a_country(guessed):
    draft = guessed({"Country": ["NA", "DE"]})
    assert draft.converted().records["country"].to_list() == ["NA", "DE"]


def test_c31_a_spreadsheets_error_is_no_empty_cell_until_a_person_says_so(guessed):
    draft = guessed({"Ort": ["Köln", "#N/A", "#REF!"], "Land": ["a", "b", "c"]})
    assert draft.says("Ort") == {"field": "city"}
    assert '# empty: ["#N/A"]   # 1 cell; if no value is meant' in draft.lines("Ort")
    assert draft.converted().faults["code"].to_list() == ["damaged-value", "damaged-value"]


def test_states_are_mapped_by_their_synonyms(guessed):
    cells = ["Bestätigt", "storniert", "Annulé", "confirmed", "Pending", "Entwurf"]
    draft = guessed({"Status": cells})
    assert draft.converted().records["status"].to_list() == [
        "active",
        "cancelled",
        "cancelled",
        "active",
        "pending approval",
        "draft",
    ]


def test_unknown_states_are_choices_and_rejects_until_then(guessed):
    draft = guessed({"Status": ["aktiv"] * 3 + ["B"]})
    assert draft.says("Status")["values"] == {"aktiv": "active"}
    assert '# "B": ?   # 1; one of: draft, pending approval, active, cancelled' in draft.lines("Status")
    assert draft.converted().faults["code"].to_list() == ["enum-error"]


def test_states_of_the_api_need_no_values(guessed):
    assert guessed({"Status": ["active", "cancelled"]}).says("Status") == "status"


def test_a_status_of_many_texts_is_none_and_shows_none(guessed):
    cells = [f"Notiz über Frau Nr. {number}" for number in range(300)]
    draft = guessed({"Status": cells})
    assert draft.says("Status") is None
    assert "Notiz" not in draft.text


def test_c31_a_word_behind_a_hash_is_no_error(guessed):
    draft = guessed({"Bemerkung": ["#VIP", "#REF!", "#VIP"]})
    assert "#VIP" not in draft.text
    assert "1 cell with an error of a spreadsheet (#REF!), to be rejected" in draft.text


def test_c31_a_question_mark_is_asked_about(guessed):
    draft = guessed({"Position": ["Ärztin", "?"]})
    assert draft.entry("Position").asks == ('does "?" mean no value?',)
    assert draft.converted().records["job_title"].to_list() == ["Ärztin", "?"]


def test_names_of_countries_are_told_to_be_taken_as_they_are(guessed):
    draft = guessed({"Land": ["Deutschland", "Schweiz", "BRD"]})
    assert draft.says("Land") == {"field": "country"}
    assert "its 3 values are taken as they are" in draft.entry("Land").grounds
    assert {"# values:", '#   "Schweiz": ?   # 1'} <= set(draft.lines("Land"))


def test_codes_of_countries_need_no_word(guessed):
    draft = guessed({"Land": ["DE", "CH", "AT"]})
    assert draft.says("Land") == "country"
    assert draft.entry("Land").grounds == ("the name is a German word for it",)


def test_many_names_of_countries_are_not_listed(guessed):
    draft = guessed({"Land": [f"Land {number}" for number in range(30)]})
    assert draft.says("Land") == "country"
    assert "its 30 values are taken as they are" in draft.entry("Land").grounds
