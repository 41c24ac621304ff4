"""The first look: what is known of a column does not depend on how its records come."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.guess.facts import LIMIT, Facts
from regbulk.guess.survey import survey
from regbulk.source import open_source

CELL = st.sampled_from(
    [
        None,
        " ",
        "-",
        "Null",
        "k.A. ",
        "007",
        "17",
        "123",
        "1.234,5",
        "13.04.2025",
        "03/04/25",
        "a;b",
        "#N/A",
        "x@y.de",
        "{}",
    ]
)


def facts_of(*parts):
    facts = Facts("c")
    for part in parts:
        facts.see(pl.Series("c", part, dtype=pl.String))
    return facts


@settings(max_examples=60, deadline=None)
@given(cells=st.lists(CELL, max_size=30), cut=st.integers(0, 30))
def test_two_looks_at_parts_are_one_look_at_the_whole(cells, cut):
    assert facts_of(cells[:cut], cells[cut:]) == facts_of(cells)


def test_texts_are_kept_up_to_a_limit_and_then_forgotten():
    texts = [str(number) for number in range(LIMIT)]
    assert len(facts_of(texts).texts) == LIMIT
    assert facts_of(texts, ["one more"]).texts is None
    assert facts_of([*texts, "one more"]).values == LIMIT + 1


def test_records_that_cannot_be_read_are_counted_by_their_code(tmp_path):
    path = tmp_path / "ragged.csv"
    path.write_text("Ort,Land\nKöln,DE\nBonn\nUlm,DE,x\nWien,AT\n", encoding="utf-8")
    seen = survey(open_source(str(path)), lambda *_: None)
    assert (seen.read, seen.records, seen.faults) == (4, 2, {"ragged-row": 2})
