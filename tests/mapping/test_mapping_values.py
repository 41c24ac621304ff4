"""Texts that stand for something else: lists of words in the mapping, and tables beside it."""

from __future__ import annotations

import polars as pl
import pytest

from regbulk.mapping import lookup_name, read_mapping

CROSSWALK = "member_no,contact_id,x\n000017,con-1,a\n000018,con-2,b\n 19 ,\u00a0con-3,c\n20,,d\n,con-4,e\n"
LOOKUP = "{field: contact_id, lookup: {file: crosswalk.csv, key: member_no, value: contact_id}}"


def test_c30_any_word_can_mean_true_or_false(values):
    said = "{field: is_guest_registration, values: {WAHR: true, oui: true, on: true, 1: true, NO: false}}"
    assert values(said, ["WAHR", "oui", "on", "1", "NO", None, " 1 "]) == [*["true"] * 4, "false", None, "true"]


def test_c30_a_word_that_is_not_listed_is_rejected_with_the_words_that_are(refused):
    said = "{field: is_guest_registration, values: {WAHR: true, FALSCH: false}}"
    for cell in ("TRUE", "Yes", "1", "oui", "on", "wahr", "true"):
        assert refused(said, [cell]) == [("enum-error", f"found '{cell}', expected one of: WAHR, FALSCH")]


def test_c30_without_values_words_are_not_guessed(values):
    cells = ["TRUE", "Yes", "1", "oui", "on", "true"]
    assert values("is_guest_registration", cells) == cells


def test_keys_of_values_are_the_text_in_the_file_whatever_it_looks_like(values):
    said = "{field: notes, values: {NO: Norway, 1: one, 1.0: one point, on: On, null: nil, ~: tilde}}"
    assert values(said, ["NO", "1", "1.0", "on", "null", "~"]) == ["Norway", "one", "one point", "On", "nil", "tilde"]


def test_values_become_texts_numbers_truth_values_or_nothing(convert):
    text = (
        "columns:\n  A: {field: status, values: {B: active, x: null}}\n"
        "  B: {field: order_total, values: {free: 0, full: 120.50}}\n"
        "  C: {field: type_id, values: {1: 007}}\n  D: {field: date, values: {start: '2027-03-01T09:00:00Z'}}\n"
    )
    converted = convert(text, {"A": ["B", "x"], "B": ["free", "full"], "C": ["1", None], "D": ["start", None]})
    assert converted.records.select("status", "order_total", "type_id", "date").rows() == [
        ("active", "0", "007", "2027-03-01T09:00:00Z"),
        (None, "120.50", None, None),
    ]


def test_a_long_list_of_words_is_cut_in_the_message(refused):
    said = "{field: notes, values: {" + ", ".join(f"word{n}: x" for n in range(200)) + "}}"
    ((_, message),) = refused(said, ["y"])
    assert message.startswith("found 'y', expected one of: word0, word1,")
    assert message.endswith("…")


def test_a_lookup_puts_what_a_table_says_in_place_of_a_text(values):
    assert values(LOOKUP, ["000018", None, "000017", " 000017 ", "19"], files={"crosswalk.csv": CROSSWALK}) == [
        "con-2",
        None,
        "con-1",
        "con-1",
        "con-3",
    ]


def test_what_a_lookup_does_not_know_is_rejected(refused):
    told = "which stands in no row of column member_no of crosswalk.csv"
    assert refused(LOOKUP, ["17", "con-4"], files={"crosswalk.csv": CROSSWALK}) == [
        ("lookup-error", f"found '17', {told}"),
        ("lookup-error", f"found 'con-4', {told}"),
    ]


def test_a_text_that_a_lookup_has_without_a_value_is_not_told_as_missing(refused, values):
    told = "found '20', which stands in crosswalk.csv with an empty contact_id; fill it in there"
    assert refused(LOOKUP, [" 20 "], files={"crosswalk.csv": CROSSWALK}) == [("lookup-error", told)]
    assert values(LOOKUP, ["20"], files={"crosswalk.csv": CROSSWALK + "20,con-5,e\n"}) == ["con-5"]


def test_a_text_is_filled_up_before_it_is_looked_up(values):
    said = LOOKUP.replace("lookup:", "pad: 6, lookup:")
    assert values(said, ["17", "000018"], files={"crosswalk.csv": CROSSWALK}) == ["con-1", "con-2"]


def test_a_lookup_may_be_parquet(values, tmp_path):
    pl.DataFrame({"no": [17, 18], "id": ["con-1", "con-2"]}).write_parquet(tmp_path / "table.parquet")
    said = "{field: contact_id, lookup: {file: table.parquet, key: no, value: id}}"
    assert values(said, ["18", "17"]) == ["con-2", "con-1"]


def test_c14_texts_are_found_however_their_accents_are_written(values):
    composed, decomposed = "M\u00fcller", "Mu\u0308ller"
    for written, cell in ((composed, decomposed), (decomposed, composed), (composed, composed)):
        assert values(f"{{field: notes, values: {{{written}: x, y: z}}}}", [cell, "y"]) == ["x", "z"]
        said = "{field: contact_id, lookup: {file: t.csv, key: k, value: v}}"
        assert values(said, [cell, "y"], files={"t.csv": f"k,v\n{written},x\ny,z\n"}) == ["x", "z"]


def test_two_columns_may_share_a_file(convert):
    text = (
        "columns:\n  A: {field: contact_id, lookup: {file: t.csv, key: k, value: c}}\n"
        "  B: {field: organization_id, lookup: {file: t.csv, key: k, value: o}}\n"
    )
    converted = convert(text, {"A": ["1"], "B": ["1"]}, files={"t.csv": "k,c,o\n1,con,org\n"})
    assert converted.records.select("contact_id", "organization_id").row(0) == ("con", "org")


def test_a_lookup_that_is_missing_is_told_with_its_line(problems):
    text = "columns:\n  X:\n    field: contact_id\n    lookup: {file: none.csv, key: k, value: v}\n"
    assert problems(text) == [
        "line 4, columns.X.lookup: none.csv: no such file; a path is relative to the mapping file"
    ]


def test_a_lookup_without_its_columns_is_told_with_the_nearest(problems):
    (problem, other) = problems(f"columns:\n  X: {LOOKUP}\n", {"crosswalk.csv": "member_nr,foo\n1,2\n"})
    assert problem == "line 2, columns.X.lookup: crosswalk.csv: has no column 'member_no'; did you mean 'member_nr'?"
    assert other.endswith("has no column 'contact_id'; expected one of: member_nr, foo")


def test_a_key_with_two_values_is_told_by_lines_and_without_the_key(problems):
    table = "member_no,contact_id\nsecret-1,a\nsecret-1,b\nsecret-2,a\nsecret-3,a\nsecret-3,c\nsecret-4,x\nsecret-4,x\n"
    (problem,) = problems(f"columns:\n  X: {LOOKUP}\n", {"crosswalk.csv": table})
    assert problem == (
        "line 2, columns.X.lookup: crosswalk.csv: found 2 keys of 'member_no' with different 'contact_id'"
        " (first in lines 2, 3), expected one each"
    )


def test_a_lookup_with_a_ragged_row_is_told_with_that_row(problems):
    (problem,) = problems(f"columns:\n  X: {LOOKUP}\n", {"crosswalk.csv": "member_no,contact_id\n1,a\n2\n"})
    assert problem.startswith("line 2, columns.X.lookup: crosswalk.csv: line 3 cannot be read: found 1 cell")


def test_an_empty_lookup_knows_nothing(refused):
    ((code, _),) = refused(LOOKUP, ["1"], files={"crosswalk.csv": "member_no,contact_id\n"})
    assert code == "lookup-error"


@pytest.mark.parametrize(
    "path", ["crosswalk.csv", "../tables/crosswalk.csv", r"..\tables\crosswalk.csv", "/etc/passwd"]
)
def test_copies_of_lookups_have_safe_names_of_their_own(path):
    name = lookup_name(path)
    assert name == lookup_name(path)
    assert name.rpartition("-")[2] == path.replace("\\", "/").rpartition("/")[2]
    assert not set(name) & set("/\\:")


def test_names_of_copies_differ_where_the_paths_do():
    assert len({lookup_name(path) for path in ("a/x.csv", "b/x.csv", "x.csv")}) == 3
    assert len(lookup_name("x" * 1000 + ".csv")) < 150
    assert lookup_name("Größe *.csv").endswith("-Gr__e__.csv")


def test_lookups_are_read_from_copies_where_a_folder_is_given(write, tmp_path):
    path = write(f"columns: {{X: {LOOKUP}}}\n")
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / lookup_name("crosswalk.csv")).write_text(CROSSWALK)
    mapping = read_mapping(path, lookups=copies)
    assert mapping.lookups == {"crosswalk.csv": copies / lookup_name("crosswalk.csv")}
    (table,) = mapping.tables.values()
    assert sorted(table["key"]) == ["000017", "000018", "19", "20"]


def test_a_mapping_names_its_lookups_as_written(read, tmp_path):
    mapping = read(f"columns: {{X: {LOOKUP}}}\n", {"crosswalk.csv": CROSSWALK})
    assert mapping.lookups == {"crosswalk.csv": tmp_path / "crosswalk.csv"}


def test_a_lookup_may_be_written_in_any_dialect(values):
    rows = "".join(f"{number};con-{number};Größe\r\n" for number in range(1, 40))
    table = f"member_no;contact_id;Bemerkung\r\n{rows}Jäger;con-j;x\r\n".encode("cp1252")
    assert values(LOOKUP, ["7", "Jäger"], files={"crosswalk.csv": table}) == ["con-7", "con-j"]
