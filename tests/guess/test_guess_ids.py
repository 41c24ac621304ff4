"""C26: ids that a spreadsheet took for numbers, and the column that tells records apart."""

from __future__ import annotations


def test_c26_zeros_that_some_kept_prove_the_length_that_the_others_had(guessed):
    draft = guessed({"Teilnehmer-Nr": ["000017", "004711", "123456", "18", "4712"]})
    assert draft.says("Teilnehmer-Nr") == {"field": "sys_external_id", "pad": 6}
    assert (
        "2 begin with 0 and all of those have 6 digits; 2 shorter ones lost their zeros"
        in draft.entry("Teilnehmer-Nr").grounds
    )
    assert draft.converted().records["sys_external_id"].to_list() == ["000017", "004711", "123456", "000018", "004712"]


def test_c26_zeros_of_two_lengths_prove_nothing(guessed):
    assert guessed({"Teilnehmer-Nr": ["0017", "000018", "19"]}).says("Teilnehmer-Nr") == "sys_external_id"


def test_c26_a_number_longer_than_those_with_zeros_proves_nothing(guessed):
    assert guessed({"Teilnehmer-Nr": ["0017", "12345", "19"]}).says("Teilnehmer-Nr") == "sys_external_id"


def test_c26_numbers_of_nearly_one_length_without_zeros_are_a_choice(guessed):
    cells = [str(number) for number in range(100_000, 100_040)] + ["5432"]
    draft = guessed({"Teilnehmer-Nr": cells})
    assert draft.says("Teilnehmer-Nr") == {"field": "sys_external_id"}
    assert "# pad: 6   # if all had 6 digits once: 1 are shorter, and none begins with 0" in draft.lines(
        "Teilnehmer-Nr"
    )


def test_c26_scientific_notation_is_named_and_not_repaired(guessed):
    draft = guessed({"Teilnehmer-Nr": ["1,23E+15", *(str(number) for number in range(1000, 1040))]})
    assert "1 cell like 1.23E+15, to be rejected" in draft.text
    assert draft.converted().faults["code"].to_list() == ["damaged-value"]


def test_c26_long_numbers_that_all_end_in_zeros_were_rounded(guessed):
    cells = [f"{number}00000" for number in range(402_710_012_345_678, 402_710_012_345_690)]
    assert "12 numbers of 16 digits or more, all with zeros after the 15th" in guessed({"Teilnehmer-Nr": cells}).text


def test_c26_long_numbers_with_all_their_digits_are_left_alone(guessed):
    draft = guessed({"Teilnehmer-Nr": ["40271001234567891234", "40271001234567891235"]})
    assert draft.says("Teilnehmer-Nr") == "sys_external_id"
    assert draft.converted().records["sys_external_id"].to_list()[0] == "40271001234567891234"


def test_a_number_that_most_records_share_tells_none_apart(guessed):
    draft = guessed({"Teilnehmer-Nr": ["1", "1", "2", "2"], "Ort": ["a", "b", "c", "d"]})
    assert draft.says("Teilnehmer-Nr") is None
    assert draft.entry("Teilnehmer-Nr").asks == (
        "2 different values in 4 records: not every record has a number of its own",
    )


def test_a_general_name_becomes_the_number_only_if_no_value_occurs_twice(guessed):
    assert guessed({"Nr": ["1", "2", "3"]}).says("Nr") == "sys_external_id"
    assert guessed({"Nr": ["1", "2", "2"]}).says("Nr") is None


def test_invisible_characters_in_ids_are_counted(guessed):
    draft = guessed({"Teilnehmer-Nr": ["00\u200b17", *(str(number) for number in range(1000, 1040))]})
    assert "1 cell with an invisible character inside, to be rejected" in draft.text


def test_c27_spaces_at_the_ends_are_told_and_taken_off(guessed):
    draft = guessed({"Ort": ["Köln\u00a0", "Bonn"]})
    assert "1 cell with spaces or invisible characters at an end, taken off" in draft.text
    assert draft.converted().records["city"].to_list() == ["Köln", "Bonn"]


def test_a_name_that_does_not_decide_is_not_called_a_word_for_the_field(guessed):
    (ground,) = guessed({"Nr": ["1", "2"], "Ort": ["Bonn", "Köln"]}).entry("Nr").grounds
    assert ground == (
        "the name alone does not decide it, but every record has a value of its own; 2 different in 2 values"
    )
