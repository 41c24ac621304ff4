"""Crosswalks: which column holds the numbers they know."""

from __future__ import annotations

import polars as pl
import pytest

from regbulk.errors import SourceError


@pytest.fixture
def crosswalk(tmp_path):
    def write(rows, *, name="crosswalk.csv", header=("member_no", "contact_id")):
        path = tmp_path / name
        if name.endswith(".parquet"):
            pl.DataFrame(rows, schema=list(header), orient="row").write_parquet(path)
        else:
            lines = [",".join(header), *(",".join(row) for row in rows)]
            path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    return write


NUMBERS = [f"{number:06}" for number in range(4700, 4740)]
ROWS = [(number, f"con-{number}") for number in NUMBERS]


@pytest.mark.parametrize("name", ["crosswalk.csv", "crosswalk.parquet"])
def test_a_column_of_numbers_that_a_crosswalk_knows_is_looked_up(guessed, crosswalk, name):
    draft = guessed({"Mitglied": NUMBERS}, lookups=[crosswalk(ROWS, name=name)])
    assert draft.says("Mitglied") == {
        "field": "contact_id",
        "lookup": {"file": name, "key": "member_no", "value": "contact_id"},
    }
    assert draft.entry("Mitglied").grounds == (f"40 of 40 values in column 'member_no' of {name}",)
    assert draft.converted().records["contact_id"].to_list() == [f"con-{number}" for number in NUMBERS]


def test_c26_numbers_found_only_with_zeros_in_front_prove_that_they_lost_them(guessed, crosswalk):
    cells = [number.lstrip("0") for number in NUMBERS]
    draft = guessed({"Mitglied": cells}, lookups=[crosswalk(ROWS)])
    assert draft.says("Mitglied")["pad"] == 6
    assert draft.converted().records["contact_id"].to_list() == [f"con-{number}" for number in NUMBERS]


def test_numbers_that_are_not_found_are_counted(guessed, crosswalk):
    draft = guessed({"Mitglied": [*NUMBERS, "9", "-"]}, lookups=[crosswalk(ROWS)])
    assert draft.entry("Mitglied").grounds[0] == (
        "40 of 41 values in column 'member_no' of crosswalk.csv; 1 value not, to be rejected"
    )
    assert draft.converted().faults["code"].to_list() == ["lookup-error"]


def test_a_column_of_which_few_are_found_is_not_looked_up(guessed, crosswalk):
    draft = guessed({"Mitglied": NUMBERS}, lookups=[crosswalk(ROWS[:20])])
    assert draft.says("Mitglied") is None


def test_a_column_of_any_name_is_looked_up_where_many_values_agree(guessed, crosswalk):
    draft = guessed({"MNR_ALT": NUMBERS}, lookups=[crosswalk(ROWS)])
    assert draft.entry("MNR_ALT").target == "contact_id"


def test_few_small_numbers_are_found_by_chance(guessed, crosswalk):
    rows = [(str(number), f"con-{number}") for number in range(100)]
    draft = guessed({"Anzahl": ["1", "2", "3", "2"]}, lookups=[crosswalk(rows)])
    assert draft.says("Anzahl") is None


def test_values_that_are_ids_already_go_straight_to_their_field(guessed, crosswalk):
    draft = guessed({"Kontakt": [contact for _, contact in ROWS]}, lookups=[crosswalk(ROWS)])
    assert draft.says("Kontakt") == "contact_id"


def test_an_address_that_a_crosswalk_knows_stays_an_address(guessed, crosswalk):
    rows = [(f"p{number}@example.org", f"con-{number}") for number in range(30)]
    table = crosswalk(rows, header=("mail", "contact_id"))
    draft = guessed({"E-Mail": [mail for mail, _ in rows]}, lookups=[table])
    assert draft.says("E-Mail") == "email_address"


def test_a_key_that_stands_twice_is_no_key(guessed, crosswalk):
    draft = guessed({"Mitglied": NUMBERS}, lookups=[crosswalk([*ROWS, (NUMBERS[0], "con-other")])])
    assert draft.says("Mitglied") is None


def test_a_crosswalk_that_cannot_be_read_is_an_error(guessed, crosswalk):
    with pytest.raises(SourceError, match="crosswalk"):
        guessed({"Mitglied": NUMBERS}, lookups=[crosswalk([("1", "con-1", "surplus"), *ROWS])])
