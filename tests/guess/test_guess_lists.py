"""Cells that hold several values, or JSON."""

from __future__ import annotations

import pytest

WAYS = ["WS-01, WS-02", "WS-02, WS-03", "WS-01, WS-03", "WS-01", "WS-01, WS-02, WS-03"]


@pytest.mark.parametrize("separator", [";", "|", ", ", "\n"])
def test_several_values_in_a_cell_are_told_by_the_sign_between_them(guessed, separator):
    draft = guessed({"Workshops": [way.replace(", ", separator) for way in WAYS], "Ort": list("abcde")})
    assert draft.says("Workshops") is None
    sign = {"\n": '"\\n"', ", ": '","'}.get(separator, f'"{separator}"')
    assert f"#   split: {{separator: {sign}, member: session_id}}" in draft.lines("Workshops")
    assert '#     "WS-01": ?   # 4' in draft.lines("Workshops")


def test_a_choice_with_its_ids_filled_in_makes_an_array(guessed):
    draft = guessed({"Workshops": WAYS, "Ort": list("abcde")})
    lines = [line.removeprefix("  # ") for line in draft.text.splitlines() if line.startswith("  # ")]
    start = lines.index("Workshops:")
    said = "\n".join(lines[start : start + 7]).replace("?", "ses-1")
    converted = draft.converted("columns:\n" + "\n".join(f"  {line}" for line in said.splitlines()))
    assert converted.records["sessions"].to_list()[0] == '[{"session_id":"ses-1"},{"session_id":"ses-1"}]'


def test_many_different_words_are_counted_and_not_shown(guessed):
    cells = [f"Vortrag {number};Vortrag {number + 1}" for number in range(60)]
    draft = guessed({"Workshops": cells, "Ort": ["a"] * 60})
    assert "61 different words in all" in draft.text
    assert "Vortrag" not in draft.text


def test_json_goes_to_a_field_that_holds_it(guessed):
    draft = guessed({"sessions": ['[{"session_id": "ses-1"}]', ""], "Ort": ["a", "b"]})
    assert draft.says("sessions") == "sessions"


def test_commas_in_remarks_make_no_list(guessed):
    draft = guessed({"Wunsch": ["ruhig, bitte", "hell", "ruhig, bitte", "hell"]})
    assert "list_value" not in draft.text


def test_values_chosen_from_a_list_suggest_a_custom_field_that_holds_several(guessed):
    draft = guessed({"Interessen": ["Golf;Tennis", "Golf", "Tennis", "Golf;Tennis"]})
    assert any("as: list_value, split: {separator:" in line for line in draft.lines("Interessen"))
