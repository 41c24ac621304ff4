"""What is taken off a text, what means nothing, what asks to clear, and what stays exactly as it is."""

from __future__ import annotations

import pytest


def test_c14_spaces_and_characters_nobody_sees_are_taken_off_both_ends(values):
    cells = ["\u00a0 x y \u202f", "\ufeffx", "\u200bx\u200b", "\u202ex\u202c", "x\u00ad", "\tx\r\n", "\u3000x"]
    assert values("notes", cells) == ["x y", *["x"] * 6]


def test_c14_what_shapes_a_character_stays_with_it(values):
    assert values("notes", ["❤️", "👩‍🚀 ", "Zoë", "Zoe\u0308"]) == ["❤️", "👩‍🚀", "Zoë", "Zoe\u0308"]


def test_nothing_is_taken_off_where_the_mapping_says_so(values):
    assert values("{field: notes, trim: false}", [" x "]) == [" x "]
    assert values("{field: notes, trim: true}", [" x "], before="defaults: {trim: false}") == ["x"]


def test_a_cell_of_nothing_but_spaces_is_empty(values):
    assert values("notes", [" ", "\u00a0", "", None]) == [None] * 4


def test_c31_words_mean_empty_only_where_the_mapping_says_so_and_only_as_the_whole_cell(values):
    cells = ["-", "NULL", "k.A.", " - ", "null", "N/A", "nan", "-5", "Herr NULL", "Null"]
    default = "defaults: {empty: ['-', 'NULL', 'k.A.']}"
    assert values("notes", cells, before=default) == [None] * 4 + ["null", "N/A", "nan", "-5", "Herr NULL", "Null"]
    assert values("notes", cells) == ["-", "NULL", "k.A.", "-", "null", "N/A", "nan", "-5", "Herr NULL", "Null"]


def test_c31_a_person_named_null_keeps_the_name(values):
    assert values("last_name", ["Null", "None", "Nan"]) == ["Null", "None", "Nan"]


def test_a_columns_own_words_win_over_the_defaults(values):
    assert values("{field: notes, empty: [x]}", ["-", "x"], before="defaults: {empty: ['-']}") == ["-", None]
    assert values("{field: notes, empty: []}", ["-"], before="defaults: {empty: ['-']}") == ["-"]


def test_words_of_values_are_not_empty(values):
    said = "{field: status, values: {'-': cancelled}}"
    assert values(said, ["-", "NULL"], before="defaults: {empty: ['-', 'NULL']}") == ["cancelled", None]


def test_requests_to_clear_name_the_field(convert):
    text = "defaults: {clear: [(löschen)]}\ncolumns: {A: notes, B: badge.first_name, C: {field: city, clear: [weg]}}\n"
    columns = {
        "A": ["(löschen)", " (löschen) ", None, "x"],
        "B": [None, "(löschen)", "y", "y"],
        "C": ["weg", "(löschen)", None, "z"],
    }
    converted = convert(text, columns, clears=[[], [], ["A", "B"], []])
    assert converted.faults.is_empty()
    assert [sorted(clears) for clears in converted.records["_clears"]] == [
        ["city", "notes"],
        ["badge.first_name", "notes"],
        ["badge.first_name", "notes"],
        [],
    ]
    assert converted.records["notes"].to_list() == [None, None, None, "x"]
    assert converted.records["city"].to_list() == [None, "(löschen)", None, "z"]


def test_a_request_to_clear_may_have_spaces_round_it_where_they_are_taken_off(convert):
    text = (
        "defaults: {clear: [weg]}\ncolumns:\n  A: notes\n  B: {field: city, trim: false}\n  C: {custom_field: c__c,"
        " as: string_value}\njoins: {last_name: {columns: [D, E], separator: ' '}}\n"
    )
    cells = ["\\N ", " \\N", "\u00a0\\N", "\\n", "x\\N", "weg"]
    converted = convert(text, {"A": cells, "B": cells, "C": [*cells[:1], *["x"] * 5], "D": cells, "E": [None] * 6})
    cleared = [["last_name", "notes"]] * 3
    assert [sorted(clears) for clears in converted.records["_clears"]] == [
        *cleared,
        [],
        [],
        ["city", "last_name", "notes"],
    ]
    assert converted.records["notes"].to_list() == [None, None, None, "\\n", "x\\N", None]
    assert converted.records["last_name"].to_list() == [None, None, None, "\\n", "x\\N", None]
    assert converted.records["city"].to_list() == [*cells[:5], None]
    assert converted.faults.select("record_no", "field", "code").rows() == [(1, "custom_field_values", "missing-value")]


def test_without_a_mapping_spaces_round_a_request_to_clear_make_it_text(convert):
    converted = convert(None, {"notes": ["\\N "]})
    assert converted.records.select("_clears", "notes").row(0) == ([], "\\N ")


def test_requests_to_clear_what_nobody_reads_are_left_out(convert):
    converted = convert("columns: {A: ignore, B: notes}\n", {"A": [None], "B": ["x"]}, clears=[["A"]])
    assert converted.records["_clears"].to_list() == [[]]


def test_c26_digits_are_filled_up_and_everything_else_stays(values):
    cells = ["17", "000017", "1234567", "A17", "1 7", "+17", "-17", "1.5"]
    assert values("{field: sys_external_id, pad: 6}", cells) == ["000017", "000017", *cells[2:]]


def test_c26_leading_zeros_plus_signs_and_long_ids_stay_as_they_are(values):
    cells = ["007", "+49 170 1234567", "1234567890123456789", "12345678901234567890", "1E5", "0x1F"]
    assert values("contact_id", cells) == cells


def test_c35_ids_keep_their_spaces_their_case_and_their_look_alike_letters(values):
    cells = ["CON 1", "con 1", "con-1", "\u0441\u043en-1"]
    assert values("contact_id", cells) == cells


@pytest.mark.parametrize("cell", ["=SUM(A1:A9)", "+1-2", "@x", "-1+cmd|' /C calc'!A0", '=HYPERLINK("x")'])
def test_c42_formulas_are_text_like_any_other(values, convert, cell):
    assert values("notes", [cell]) == [cell]
    assert convert(None, {"notes": [cell]}).records["notes"].to_list() == [cell]


def test_c43_a_secret_in_free_text_is_in_no_message_about_its_record(convert):
    secret = "4111 1111 1111 1111"
    text = (
        "columns: {Notiz: notes, Status: {field: status, values: {A: active}}, Nr: {field: order_total, strip: [€]}}\n"
    )
    columns = {"Notiz": [secret, f"{secret}\u200b"], "Status": ["x", "A"], "Nr": ["1", "x"]}
    converted = convert(text, columns)
    assert converted.records["notes"].to_list() == [secret, secret]
    assert converted.faults["record_no"].to_list() == [1, 2]
    assert secret not in str(converted.faults.rows())
