"""Lines that sum a table up, and people who are only called so."""

from __future__ import annotations

import time

import pytest

from regbulk.source.footer import looks_like_footer


@pytest.mark.parametrize(
    "cells",
    [
        ["Total"],
        ["Total: 2,000"],
        ["Total: 2", "000"],
        ["Total", "", "", "2000"],
        ["", "", "Total", "€ 12.50", "", ""],
        ["Sum of order_total: 1,250.00", "", ""],
        ["Count", "2000", "", ""],
        ["2,000 rows", ""],
        ["=== Total: 12 ==="],
        ["End of report", ""],
        ["Page 1 of 3", ""],
        ["Summe:", "", "", "", "12.500,00 €"],
        ["Gesamt", "", "2.000", ""],
        ["Gesamtsumme", "", "", "1 234,50 EUR"],
        ["Anzahl Teilnehmer: 2000", "", ""],
        ["2.000 Datensätze", "", ""],
        ["Seite 1 von 3", ""],
        ["TOTAL GÉNÉRAL", "", "", "", "12"],
        ["Nombre: 12", ""],
    ],
)
def test_a_line_that_sums_up_is_a_footer(cells):
    assert looks_like_footer(cells)


@pytest.mark.parametrize(
    "cells",
    [
        [],
        ["", ""],
        ["17", "Total", "x"],
        ["Count Basie", "", ""],
        ["Count Basie", "count@example.org", "active"],
        ["Total War", "", ""],
        ["Sum 41", "band@example.org", "5", "8"],
        ["Summer", "", ""],
        ["Anzahlung", "", ""],
        ["Endemann", "", ""],
        ["Ende", "Michael", "", "", ""],
        ["Total", "5", "8"],
    ],
)
def test_a_record_is_none(cells):
    assert not looks_like_footer(cells)


def test_a_long_cell_is_judged_at_once():
    begun = time.perf_counter()
    for text in ("Total " + "a " * 20_000, "1" * 30_000, "Total " + "1 " * 15_000 + "x"):
        looks_like_footer([text])
    assert time.perf_counter() - begun < 1
