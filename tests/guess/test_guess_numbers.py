"""C27: which sign is the decimal one, only where a value proves it."""

from __future__ import annotations

import pytest

from regbulk.errors import MappingError
from regbulk.mapping import read_mapping


@pytest.fixture
def amounts(guessed):
    """Drafts for a column of order totals."""

    def make(cells):
        return guessed({"Betrag": cells, "Ort": ["Köln"] * len(cells)})

    return make


@pytest.mark.parametrize(
    ("cells", "style", "read"),
    [
        (["1.234,56", "12,5", "1.000"], {"decimal": ",", "thousands": "."}, ["1234.56", "12.5", "1000"]),
        (["1,234.56", "12.5", "1,000"], {"decimal": ".", "thousands": ","}, ["1234.56", "12.5", "1000"]),
        (["12,5", "100"], {"decimal": ","}, ["12.5", "100"]),
        (["12.5", "100"], {"decimal": "."}, ["12.5", "100"]),
        (["1\u00a0234,56", "12,50"], {"decimal": ",", "thousands": " "}, ["1234.56", "12.50"]),
        (["1'234.50", "1\u2019000.00"], {"decimal": ".", "thousands": "'"}, ["1234.50", "1000.00"]),
        (["1.234.567", "12"], {"decimal": ",", "thousands": "."}, ["1234567", "12"]),
    ],
)
def test_c27_a_value_with_one_reading_decides_the_style(amounts, cells, style, read):
    draft = amounts(cells)
    assert draft.says("Betrag")["number"] == style
    converted = draft.converted()
    assert converted.faults.is_empty()
    assert converted.records["order_total"].cast(float).to_list() == [float(text) for text in read]


@pytest.mark.parametrize("cells", [["1.234", "2.500"], ["1,234", "2,500"], ["1.234", "5,678"]])
def test_c27_a_fraction_or_a_group_of_thousands_stays_undecided(amounts, cells):
    draft = amounts(cells)
    assert draft.says("Betrag") is None
    assert "a fraction or a group of three digits" in draft.entry("Betrag").asks[0]
    said = [line for line in draft.lines("Betrag") if line.startswith("#   # number:")]
    assert len(said) == 2


def test_c27_proof_for_both_signs_beside_open_values_is_a_question(amounts):
    draft = amounts(["12,5"] * 50 + ["12.5", "1.234"])
    assert draft.says("Betrag") is None
    assert draft.entry("Betrag").asks == (
        "the column mixes styles: 1 have a decimal point and 50 have a decimal comma",
    )


def test_c27_a_stray_style_is_a_reject_where_no_value_has_two_readings(amounts):
    draft = amounts(["12,50"] * 50 + ["1,234.56"])
    assert draft.says("Betrag")["number"] == {"decimal": ","}
    assert draft.converted().faults["code"].to_list() == ["type-error"]


def test_c27_currency_and_percent_signs_are_taken_off(amounts):
    draft = amounts(["1.234,56 €", "€ 12,00", "-3,5 EUR", "7,0\u00a0%"])
    assert draft.says("Betrag")["strip"] == ["%", "EUR", "€"]
    assert draft.converted().records["order_total"].cast(float).to_list() == [1234.56, 12.0, -3.5, 7.0]


def test_whole_numbers_need_no_style(amounts):
    assert amounts(["12", "100"]).says("Betrag") == "order_total"


def test_c26_a_plus_sign_or_zeros_in_front_need_a_style_to_be_read(amounts):
    draft = amounts(["+12", "007"])
    assert draft.converted().records["order_total"].to_list() == ["12", "7"]


def test_an_amount_called_so_without_numbers_is_none(amounts):
    assert amounts(["frei", "Rechnung", "Ehrengast"]).says("Betrag") is None


def test_c26_an_order_number_with_zeros_in_front_is_not_made_a_number(guessed):
    draft = guessed({"Auftragsnummer": ["0017", "0123"]})
    assert draft.says("Auftragsnummer") is None
    assert "2 begin with 0, which a number does not keep" in draft.entry("Auftragsnummer").grounds


def test_c27_an_open_amount_under_the_fields_own_name_is_refused_and_not_read(guessed, tmp_path):
    draft = guessed({"order_total": ["1.234", "2.500"], "Ort": ["Köln", "Bonn"]})
    assert draft.says("order_total") == {"trim": True}
    path = tmp_path / "draft.yaml"
    path.write_text(draft.text, encoding="utf-8")
    with pytest.raises(MappingError, match=r"order_total.*goes nowhere"):
        read_mapping(path)
