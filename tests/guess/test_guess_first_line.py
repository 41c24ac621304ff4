from __future__ import annotations

import openpyxl
import polars as pl
import pytest

from regbulk.errors import SourceError

RECORD = "the first line looks like a record, not names"
TITLE = "line 1 has 1 cell, the lines below have more: remove the lines above the names"


@pytest.fixture
def drafted(tmp_path, guess_file):
    """Drafts for a CSV file of this text."""

    def make(text):
        path = tmp_path / "source.csv"
        path.write_text(text, encoding="utf-8")
        return guess_file(path)

    return make


@pytest.mark.parametrize(
    "line",
    ["eva@example.org,Eva", "Eva,03.04.2027", "Eva,2027-04-03 10:15", "Eva,80331", "Eva,,80331,,", "Eva,Eva,80331"],
)
def test_a_first_line_like_a_record_is_refused_without_its_text(drafted, line):
    with pytest.raises(SourceError, match=RECORD) as refused:
        drafted(f"{line}\n{line}\n")
    assert "Eva" not in str(refused.value)


@pytest.mark.parametrize("line", ["Vorname,03.04.2027", "Zimmer,2027", "Zimmer,Foo", "Name,80331"])
def test_a_known_name_or_nothing_like_a_value_makes_a_line_of_names(drafted, line):
    assert drafted(f"{line}\na,b\nc,d\n").draft.records == 2


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_a_title_above_the_names_is_told(drafted, sign):
    rows = ["Vorname;Nachname;Ort", "Eva;Park;Bonn", "Jo;Weiß;Köln"]
    with pytest.raises(SourceError, match=TITLE):
        drafted("\n".join(["Anmeldungen 2027", *rows, ""]).replace(";", sign))


def test_a_title_above_the_names_of_a_sheet_is_told(tmp_path, guess_file):
    book = openpyxl.Workbook()
    for row in (["Anmeldungen"], ["Vorname", "Nachname"], ["Eva", "Park"], ["Jo", "Weiß"]):
        book.active.append(row)
    book.save(tmp_path / "titled.xlsx")
    with pytest.raises(SourceError, match=TITLE):
        guess_file(tmp_path / "titled.xlsx")


@pytest.mark.parametrize("cells", ['"Park, Eva"\n"Weiß, Jo"', "a;b\nc\nd", "a\nb", "a;b"])
def test_one_column_of_texts_is_no_title(drafted, cells):
    assert len(drafted(f"Zimmer\n{cells}\n").draft.entries) == 1


def test_parquet_names_its_columns_whatever_they_look_like(tmp_path, guess_file):
    pl.DataFrame({"80331": ["a;b", "c;d"]}).write_parquet(tmp_path / "source.parquet")
    assert guess_file(tmp_path / "source.parquet").draft.records == 2
