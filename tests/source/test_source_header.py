"""All problems of a header at once."""

from __future__ import annotations

from difflib import get_close_matches

import pytest

from regbulk.errors import SourceError
from regbulk.source import header_problems

KNOWN = ("id", "first_name", "status", "badge", "badge.first_name", "notes")


def nearest(name):
    return next(iter(get_close_matches(name, KNOWN, n=1)), None)


def problems(*columns):
    return header_problems(columns, known=KNOWN, nearest=nearest)


def test_a_header_of_known_names_has_no_problems():
    assert problems("id", "badge.first_name", "status") == []


def test_an_unknown_column_comes_with_the_nearest_name():
    assert problems("id", "frist_name") == ["unknown column 'frist_name'; did you mean 'first_name'?"]


def test_c7_an_unknown_header_close_to_a_real_one_is_suggested_from_a_file(open_bytes):
    source = open_bytes(b"id;Frist_Name\n1;Ada\n")
    assert header_problems(source.columns, known=KNOWN, nearest=lambda name: nearest(name.lower())) == [
        "unknown column 'Frist_Name'; did you mean 'first_name'?"
    ]


def test_an_unknown_column_like_nothing_comes_with_advice():
    (problem,) = problems("id", "xyzzy")
    assert problem.startswith("unknown column 'xyzzy'; remove it")


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_blank_name_is_named_by_its_place(blank):
    assert problems("id", blank) == ["column 2 has no name; name it or remove the column"]


def test_a_name_may_stand_once():
    assert problems("id", "status", "id") == ["column 'id' stands 2 times (columns 1, 3); keep one"]


def test_names_that_differ_in_case_or_spaces_are_called_the_same():
    found = problems("status", " Status", "id")
    assert "columns 'status' and ' Status' differ only in case or spaces (columns 1, 2); keep one" in found
    assert "unknown column ' Status'; did you mean 'status'?" in found


@pytest.mark.parametrize(
    ("one", "other", "shown"),
    [
        ("café", "cafe\u0301", r"'caf\xe9' and 'cafe\u0301'"),
        ("status", "\ufeffstatus", r"'status' and '\ufeffstatus'"),
        ("Status", "sta\u200btus ", r"'Status' and 'sta\u200btus '"),
    ],
)
def test_names_that_look_alike_are_shown_by_their_characters(one, other, shown):
    assert f"columns {shown} differ only in invisible characters or accents (columns 1, 3); keep one" in problems(
        one, "id", other
    )


def test_an_object_and_its_members_exclude_each_other():
    assert problems("badge", "badge.first_name") == [
        "column 'badge' and its members 'badge.first_name' are both there; keep the one or the others"
    ]


def test_regbulks_own_columns_belong_at_the_end():
    (problem,) = problems("_record_no", "id")
    assert "column 1 is named '_record_no', a name of regbulk's own" in problem
    assert (
        "a rejects.csv has _load_id, _record_no, _line_no, _errors as its last four columns, in this order" in problem
    )


def test_no_columns_is_a_problem():
    assert problems() == ["no columns were found; expected a header line with the names of fields"]


def test_a_missing_header_is_suspected_and_no_cell_of_it_is_repeated():
    (problem,) = problems("evt-1", "Ada", "ada@example.org")
    assert problem.startswith("no column has the name of a field (columns: 3): the header line is missing")
    assert "ada" not in problem.lower()


def test_all_problems_are_told_at_once():
    assert len(problems("id", "id", "", "frist_name", "xyzzy", "badge", "badge.first_name")) == 5


def test_a_file_shows_the_same_problems_to_whoever_reads_on(open_bytes):
    header = ["id", "id", "", "_clears"]
    source = open_bytes((",".join(header) + "\n1,2,3,4\n").encode())
    assert [*source.problems, *header_problems(source.columns, known=KNOWN, nearest=nearest)] == problems(*header)
    with pytest.raises(SourceError) as error:
        list(source.blocks())
    assert len(error.value.problems) == 3


def test_a_header_cell_may_hold_anything_csv_can_hold(open_bytes):
    names = ("a,b", 'c"d', "e\nf", " g ")
    text = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    assert open_bytes(text.encode()).columns == names
