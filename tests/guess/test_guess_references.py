"""Columns that name other records of the same file."""

from __future__ import annotations

KEYS = [f"{number:06}" for number in range(23, 63)]


def family(parents, **more):
    return {"Teilnehmer-Nr": KEYS, "Begleitung von": parents, **more}


def test_a_column_of_numbers_of_other_records_is_a_reference(guessed):
    parents = [""] * 30 + KEYS[:10]
    draft = guessed(family(parents))
    assert draft.says("Begleitung von") == {"reference": {"field": "parent_registration_id", "to": "Teilnehmer-Nr"}}
    assert "10 of 10 values stand in column 'Teilnehmer-Nr'" in draft.entry("Begleitung von").grounds[0]
    records = draft.converted().records
    assert records["_to:parent_registration_id"].drop_nulls().to_list() == KEYS[:10]


def test_c26_references_that_lost_their_zeros_are_filled_up_like_the_numbers(guessed):
    parents = [""] * 30 + [key.lstrip("0") for key in KEYS[:10]]
    draft = guessed(family(parents))
    assert draft.says("Begleitung von")["pad"] == 6
    assert draft.converted().records["_to:parent_registration_id"].drop_nulls().to_list() == KEYS[:10]


def test_references_to_nobody_are_counted(guessed):
    parents = [""] * 5 + KEYS[:34] + ["999999"]
    ground = guessed(family(parents)).entry("Begleitung von").grounds[0]
    assert "34 of 35 values stand in column 'Teilnehmer-Nr'; 1 value not, to be rejected" in ground


def test_a_column_called_so_whose_values_are_no_numbers_is_left_open(guessed):
    draft = guessed(family(["Frau Öhler"] * 40))
    assert draft.says("Begleitung von") is None
    assert "are not numbers in column 'Teilnehmer-Nr'" in draft.entry("Begleitung von").asks[0]
    assert "Frau" not in draft.text


def test_modifications_refer_to_the_same_numbers(guessed):
    draft = guessed(family([""] * 39 + [KEYS[0]], **{"Ersetzt Anmeldung": [""] * 39 + [KEYS[1]]}))
    assert draft.says("Ersetzt Anmeldung") == {
        "reference": {"field": "modified_registration_id", "to": "Teilnehmer-Nr"}
    }


def test_numbers_under_a_name_that_says_nothing_are_found_by_the_references(guessed):
    draft = guessed({"XKEY": KEYS, "Gast von": [""] * 30 + KEYS[:10]})
    assert draft.says("Gast von") == {"reference": {"field": "parent_registration_id", "to": "XKEY"}}
    assert draft.says("XKEY") == "sys_external_id"
    assert draft.converted().records["_anchor"].to_list() == KEYS


def test_in_a_few_records_the_same_numbers_are_chance(guessed):
    draft = guessed({"XKEY": ["1", "2", "3"], "Gast von": ["1", "", "2"]})
    assert draft.says("Gast von") is None
    assert draft.says("XKEY") is None
