"""C28: dates are judged on whole columns; nothing but a day above 12 tells day from month."""

from __future__ import annotations

import pytest

from regbulk.schema import compile_rules, import_schema


@pytest.fixture
def dates(guessed):
    """Drafts for a column of registration dates; other cells make the file one of records."""

    def make(cells):
        return guessed({"Anmeldedatum": cells, "Ort": ["Köln"] * len(cells)})

    return make


def formats(draft, column="Anmeldedatum"):
    return draft.says(column).get("dates") if isinstance(draft.says(column), dict) else None


def test_c28_without_a_decisive_day_the_order_stays_undecided(dates):
    draft = dates(["03/04/2025", "05/06/2025", "12/12/2025"])
    assert formats(draft) is None
    assert '# dates: ["%d/%m/%Y"]   # day first' in draft.lines("Anmeldedatum")
    assert '# dates: ["%m/%d/%Y"]   # month first' in draft.lines("Anmeldedatum")
    assert draft.entry("Anmeldedatum").asks == ("day first or month first: no day above 12 decides it",)


def test_c28_an_undecided_date_is_rejected_and_never_guessed(dates):
    converted = dates(["03/04/2025", "05/06/2025"]).converted(defaults={"time_zone": "UTC"})
    # Without a format the text stays as it is, and the rules of the field refuse it.
    checked = compile_rules(import_schema(), ("date",)).check_values(converted.records)
    assert checked.broken["code"].to_list() == ["format-error", "format-error"]


@pytest.mark.parametrize(
    ("decisive", "expected"),
    [("13/04/2025", "%d/%m/%Y"), ("04/13/2025", "%m/%d/%Y"), ("13-04-2025", "%d-%m-%Y"), ("13.4.2025", "%d.%m.%Y")],
)
def test_c28_one_decisive_day_decides_for_the_whole_column(dates, decisive, expected):
    sign = next(character for character in decisive if not character.isdigit())
    draft = dates([f"03{sign}04{sign}2025"] * 40 + [decisive])
    assert formats(draft) == [expected]
    assert "1 can only be" in "; ".join(draft.entry("Anmeldedatum").grounds)


def test_c28_both_orders_in_one_column_are_a_question_with_figures(dates):
    draft = dates(["13/04/2025"] * 5 + ["04/14/2025"] * 2 + ["03/04/2025"])
    assert formats(draft) is None
    (ask,) = draft.entry("Anmeldedatum").asks
    assert ask == ("the column mixes orders: 5 can only be day first and 2 can only be month first; 1 may be either")
    assert '# dates: ["%d/%m/%Y"]   # day first; 2 would be rejected' in draft.lines("Anmeldedatum")


def test_c28_a_choice_without_its_sign_reads_the_dates(dates):
    draft = dates(["03/04/2025", "05/06/2025"])
    chosen = draft.text.replace('# dates: ["%m/%d/%Y"]', 'dates: ["%m/%d/%Y"]')
    converted = draft.converted(chosen, defaults={"time_zone": "UTC"})
    assert converted.records["date"].to_list() == ["2025-03-04T00:00:00Z", "2025-05-06T00:00:00Z"]


def test_c28_years_of_two_digits_ask_for_the_century(dates):
    draft = dates(["31.12.24", "01.02.25"])
    assert formats(draft) is None
    assert '# dates: ["%d.%m.%y"]' in "\n".join(draft.lines("Anmeldedatum"))
    assert "# years_from: 1970   # 70 is 1970, 69 is 2069" in draft.lines("Anmeldedatum")


def test_c28_day_numbers_ask_for_the_epoch_and_name_the_years(dates):
    draft = dates(["45321", "45400.5", "46000"])
    assert formats(draft) is None
    assert '# dates: ["excel"]   # the years 2024 to 2025' in draft.lines("Anmeldedatum")
    assert '# dates: ["excel-1904"]   # the years 2028 to 2029' in draft.lines("Anmeldedatum")


def test_c28_day_numbers_beside_dates_in_text_warn_of_months_taken_for_days(dates):
    draft = dates(["31.12.2024", "45321"])
    assert "taken months for days" in draft.entry("Anmeldedatum").asks[0]


def test_c28_a_date_that_does_not_exist_decides_nothing_and_is_counted(dates):
    draft = dates(["31.12.2024"] * 30 + ["31.02.2024"])
    assert formats(draft) == ["%d.%m.%Y"]
    grounds = draft.entry("Anmeldedatum").grounds
    assert "30 of 31 values can be read as dates" in grounds
    assert "1 value that no format reads, to be rejected" in grounds


def test_c28_the_29th_of_february_is_a_date_in_leap_years_only(dates):
    grounds = dates(["29.02.2024"] * 20 + ["29.02.2025"]).entry("Anmeldedatum").grounds
    assert "20 of 21 values can be read as dates" in grounds


def test_days_with_and_without_a_time_are_two_formats_of_one_order(dates):
    draft = dates(["13.04.2025 10:15"] * 3 + ["05.06.2025"] * 2)
    assert formats(draft) == ["%d.%m.%Y %H:%M", "%d.%m.%Y"]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2025-03-04", "%Y-%m-%d"),
        ("2025-03-04 10:15:30", "%Y-%m-%d %H:%M:%S"),
        ("2025/03/04", "%Y/%m/%d"),
        ("20250304", "%Y%m%d"),
        ("04-Mar-2025", "%d-%B-%Y"),
        ("4. März 2025 14:30 Uhr", "%d. %B %Y %H:%M Uhr"),
        ("March 4, 2025 2:30 PM", "%B %d, %Y %I:%M %p"),
        ("Di, 25.03.2025", "%a, %d.%m.%Y"),
        ("2025-03-04T10:15+01:00", "%Y-%m-%dT%H:%M%z"),
    ],
)
def test_formats_with_one_reading_are_decided_and_read(dates, cell, expected):
    draft = dates([cell] * 3)
    assert formats(draft) == [expected]
    converted = draft.converted(defaults={"time_zone": "Europe/Berlin"})
    assert converted.faults.is_empty()
    assert converted.records["date"].null_count() == 0


def test_rfc_3339_needs_no_format(dates):
    draft = dates(["2025-03-04T10:15:00Z", "2025-03-04T10:15:00.5+02:00"])
    assert draft.says("Anmeldedatum") == "date"
    assert draft.draft.lacks_zone == ()


def test_times_without_a_zone_ask_for_one(dates):
    draft = dates(["31.12.2024 10:15"])
    assert draft.draft.lacks_zone == ("Anmeldedatum",)
    assert "\n# defaults:\n#   time_zone: ?   # an IANA name, like Europe/Berlin\n" in draft.text
    assert ("defaults", "in which time zone are times that carry none?") in draft.draft.left


def test_words_for_no_value_do_not_stand_against_a_format(dates):
    draft = dates(["31.12.2024"] * 3 + ["-", "k.A.", "00.00.0000"])
    assert draft.says("Anmeldedatum") == {
        "field": "date",
        "dates": ["%d.%m.%Y"],
        "empty": ["-", "00.00.0000", "k.A."],
    }


def test_a_column_called_date_without_dates_is_none(dates):
    draft = dates(["bald", "später", "nie"])
    assert draft.says("Anmeldedatum") is None
    assert draft.entry("Anmeldedatum").asks == ("its name says date, its values do not",)


def test_c28_an_order_is_proved_only_for_dates_with_the_same_sign(dates):
    draft = dates(["03.04.2027", "04/13/2027", "05.06.2027", "06.07.2027"])
    assert formats(draft) is None
    entry = draft.entry("Anmeldedatum")
    assert entry.asks == ('dates with ".", 3 of 4: day first or month first: no day above 12 decides it',)
    assert 'dates with "/": 1 can only be month first (a day above 12)' in entry.grounds
    assert '# dates: ["%d.%m.%Y", "%m/%d/%Y"]   # dates with ".": day first; ' in "\n".join(draft.lines("Anmeldedatum"))


def test_c28_each_sign_may_have_an_order_of_its_own(dates):
    draft = dates(["13.04.2027"] * 3 + ["04/13/2027"] * 2 + ["03.04.2027", "03/04/2027"])
    assert formats(draft) == ["%d.%m.%Y", "%m/%d/%Y"]


@pytest.mark.parametrize("stray", [["04/25/2027"], ["04.25.2027"], ["04.25.2027", "03.04.2027"]])
def test_c28_a_few_strays_among_many_dates_prove_no_order(dates, stray):
    draft = dates(["2027-03-04T10:15:00"] * 300 + stray)
    assert formats(draft) is None
    (ask,) = draft.entry("Anmeldedatum").asks
    assert "1 can only be month first (a day above 12), too few to trust" in ask
    lines = draft.lines("Anmeldedatum")
    assert any(line.startswith('# dates: ["%Y-%m-%dT%H:%M:%S"]   #') for line in lines)
    assert f"{len(stray)} would be rejected" in "\n".join(lines)


def test_c28_strays_that_may_be_either_leave_the_column_open(dates):
    draft = dates(["13.04.2027"] * 300 + ["03/04/2027"])
    assert formats(draft) is None
    assert sum(line.startswith("# dates:") for line in draft.lines("Anmeldedatum")) == 3
