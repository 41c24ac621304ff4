"""Numbers as people write them become numbers as JSON writes them, or their records are rejected."""

from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.mapping.cells import Cells
from regbulk.mapping.mapping import NumberFormat
from regbulk.mapping.numbers import number

GERMAN = "{field: order_total, number: {decimal: ',', thousands: '.'}}"
ENGLISH = "{field: order_total, number: {decimal: '.', thousands: ','}}"
SWISS = "{field: order_total, number: {decimal: '.', thousands: \"'\"}}"
FRENCH = "{field: order_total, number: {decimal: ',', thousands: ' '}}"


@pytest.mark.parametrize(
    ("said", "cell", "expected"),
    [
        (GERMAN, "1.234,56", "1234.56"),
        (GERMAN, "1234,56", "1234.56"),
        (GERMAN, "1.234.567", "1234567"),
        (GERMAN, "12,5", "12.5"),
        (GERMAN, ",5", "0.5"),
        (GERMAN, "007", "7"),
        (GERMAN, "0,50", "0.50"),
        (GERMAN, "+5", "5"),
        (GERMAN, "-1.234,5", "-1234.5"),
        (GERMAN, "\u22125", "-5"),
        (GERMAN, "-007,10", "-7.10"),
        (ENGLISH, "1,234.56", "1234.56"),
        (SWISS, "1'234.56", "1234.56"),
        (SWISS, "1\u2019234\u2019567", "1234567"),
        (FRENCH, "1 234,56", "1234.56"),
        (FRENCH, "1\u00a0234,56", "1234.56"),
        (FRENCH, "1\u202f234\u202f567", "1234567"),
        (FRENCH, "1\u2009234", "1234"),
    ],
)
def test_c27_numbers_are_read_by_their_marks(values, said, cell, expected):
    assert values(said, [cell]) == [expected]


@pytest.mark.parametrize(
    ("said", "cell"),
    [
        (GERMAN, "1,234.56"),
        (GERMAN, "0.123"),
        (GERMAN, "1.23"),
        (GERMAN, "1.2345,6"),
        (GERMAN, "1234.567"),
        (GERMAN, "12.34.567"),
        (GERMAN, "1..234"),
        (GERMAN, "5,"),
        (GERMAN, "5-"),
        (GERMAN, "(5)"),
        (GERMAN, "1E5"),
        (GERMAN, "1,23E+15"),
        (GERMAN, "12 %"),
        (GERMAN, "€ 5"),
        (GERMAN, "1 234"),
        (GERMAN, "x"),
        (GERMAN, "-"),
        (GERMAN, "--5"),
        (ENGLISH, "1.234,56"),
        (FRENCH, "1  234"),
        (FRENCH, "12 34"),
        ("{field: order_total, number: {decimal: ','}}", "1.234,5"),
        ("{field: order_total, number: {decimal: ','}}", "1.234"),
        ("{field: order_total, number: {thousands: ','}}", "1,5"),
    ],
)
def test_c27_numbers_written_otherwise_are_rejected(refused, said, cell):
    ((code, message),) = refused(said, [cell])
    assert code == "type-error"
    assert message.startswith(f"found '{cell}', expected a number like 1")


def test_c27_signs_around_a_number_are_taken_off_and_the_number_stays_what_it_is(values):
    said = "{field: order_total, number: {decimal: ','}, strip: ['€', 'EUR', '%']}"
    cells = ["12,50 €", "€12,50", "EUR\u00a012,50", "12,50 %", "-12,50€", "12,50", None]
    assert values(said, cells) == ["12.50"] * 4 + ["-12.50", "12.50", None]


def test_c27_a_cell_of_nothing_but_signs_is_no_number(refused):
    ((_, message),) = refused("{field: order_total, strip: ['€']}", ["€"])
    assert message.startswith("found '€', expected a number like 1234.50")


def test_digits_are_never_rounded(values):
    cell = "123.456.789.012.345.678.901.234,567890123456789012345678"
    assert values(GERMAN, [cell]) == ["123456789012345678901234.567890123456789012345678"]


def test_the_default_format_is_for_numbers_alone(convert):
    text = "defaults: {number: {decimal: ','}}\ncolumns: {A: notes, B: order_total, C: order_number}\n"
    records = convert(text, {"A": ["1,5"], "B": ["1,5"], "C": [None]}).records
    assert records.select("notes", "order_total").row(0) == ("1,5", "1.5")


def test_without_a_format_numbers_pass_as_they_are(values):
    assert values("order_total", ["+5", "1,5", "x"]) == ["+5", "1,5", "x"]


def grouped(whole: str, mark: str) -> str:
    groups = [whole[max(end - 3, 0) : end] for end in range(len(whole), 0, -3)]
    return mark.join(reversed(groups))


MARKS = st.sampled_from([(".", ","), (",", "."), (",", " "), (".", "'"), (".", " "), (",", ""), (".", "")])
SIGNS = st.sampled_from(["", "+", "-", "\u2212"])
AROUND = st.sampled_from(["{}", "\u20ac {}", "{}\u00a0%", "{}\u20ac"])


@settings(deadline=None)
@given(MARKS, SIGNS, st.integers(0, 10**30), st.text("0123456789", max_size=25), AROUND)
def test_a_number_in_any_style_reads_back_as_decimal_does(marks, sign, whole, fraction, around):
    decimal, thousands = marks
    plain = f"{sign.replace(chr(0x2212), '-')}{whole}" + (f".{fraction}" if fraction else "")
    for digits in (grouped(str(whole), thousands), str(whole)):
        cell = around.format(sign + digits + (decimal + fraction if fraction else ""))
        cells = number(NumberFormat(decimal, thousands), ("\u20ac", "%"))(Cells(pl.Series([cell])))
        assert not cells.broken
        assert Decimal(cells.text[0]).compare_total(Decimal(plain)) == 0
        assert cells.text[0] == plain.removeprefix("+")
