"""Laws of workbooks: what a writer puts into cells of a kind comes out as the text of that kind."""

from __future__ import annotations

from datetime import datetime, timedelta

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.source import open_source
from regbulk.source.contract import LINE_NO, RECORD_NO

# Neither what XML cannot hold or changes, nor what openpyxl takes for a formula or the reader for a control character.
TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n"),
    max_size=12,
).filter(lambda text: not text.startswith("=") and "_x" not in text and text != r"\N")
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel has no zones
LAST = 2_958_465 * 86_400
MOMENT = st.one_of(st.integers(61 * 86_400, LAST), st.integers(61, 2_958_465).map(lambda day: day * 86_400)).map(
    lambda seconds: EPOCH + timedelta(seconds=seconds)
)


@pytest.fixture(scope="module")
def read_back(tmp_path_factory):
    folder = tmp_path_factory.mktemp("laws")

    def write_and_read(rows, code=None, block_bytes=2_000_000):
        """The table that a workbook with these rows below a header is read as; no row is blank or a footer."""
        book = openpyxl.Workbook()
        sheet = book.active
        sheet.append(["row", *(f"c{place}" for place in range(len(rows[0])))])
        for line, row in enumerate(rows, 2):
            sheet.cell(line, 1, "r")
            for column, value in enumerate(row, 2):
                sheet.cell(line, column, value).number_format = code or "General"
        book.save(folder / "r.xlsx")
        source = open_source(str(folder / "r.xlsx"), block_bytes=block_bytes)
        found = pl.concat(block.records for block in source.blocks())
        assert found[RECORD_NO].to_list() == list(range(1, len(rows) + 1))
        assert found[LINE_NO].to_list() == list(range(2, len(rows) + 2))
        return found.select(source.columns[1:]).rows()

    return write_and_read


def tables(cell):
    return st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[cell] * width), min_size=1, max_size=30))


@settings(max_examples=40, deadline=None)
@given(tables(st.none() | TEXT), st.sampled_from([100, 2_000_000]))
def test_text_comes_out_as_it_went_in(read_back, rows, block_bytes):
    expected = [tuple(cell or None for cell in row) for row in rows]
    assert read_back(rows, block_bytes=block_bytes) == expected


@settings(max_examples=20, deadline=None)
@given(tables(st.integers(1 - 10**15, 10**15 - 1)))
def test_whole_numbers_keep_every_digit(read_back, rows):
    assert read_back(rows) == [tuple(str(number) for number in row) for row in rows]


@settings(max_examples=20, deadline=None)
@given(tables(st.integers(0, 10**15 - 1)), st.integers(2, 15))
def test_whole_numbers_keep_the_zeros_that_are_shown(read_back, rows, width):
    assert read_back(rows, "0" * width) == [tuple(str(number).zfill(width) for number in row) for row in rows]


@settings(max_examples=20, deadline=None)
@given(tables(st.floats(-1e15, 1e15, exclude_min=True, exclude_max=True)))
def test_other_numbers_keep_fifteen_digits(read_back, rows):
    for found, expected in zip(read_back(rows), rows, strict=True):
        stored = [float(f"{number:.16g}") for number in expected]  # openpyxl writes no more
        assert [float(text) for text in found] == [float(f"{number:.15g}") for number in stored]
        assert not any(text.endswith(".0") for text in found)


@settings(max_examples=20, deadline=None)
@given(tables(MOMENT))
def test_moments_come_out_to_the_second(read_back, rows):
    expected = [tuple(moment.isoformat().removesuffix("T00:00:00") for moment in row) for row in rows]
    assert read_back(rows, "dd.mm.yyyy hh:mm") == expected
