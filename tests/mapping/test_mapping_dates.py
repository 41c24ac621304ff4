"""Dates as people write them become RFC 3339 in UTC; what cannot be told is rejected with its reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk.mapping.cells import Cells
from regbulk.mapping.dates import DateReader
from regbulk.schema import Kind, canonical

BERLIN = "time_zone: Europe/Berlin"


def said(*formats: str, zone: str | None = "Europe/Berlin", years_from: int | None = None) -> str:
    parts = [f"dates: [{', '.join(repr(form) for form in formats)}]"]
    parts += [f"time_zone: {zone}"] if zone else []
    parts += [f"years_from: {years_from}"] if years_from else []
    return f"{{field: date, {', '.join(parts)}}}"


@pytest.mark.parametrize(
    ("form", "cell", "expected"),
    [
        ("%d.%m.%Y", "1.7.2027", "2027-06-30T22:00:00Z"),
        ("%d.%m.%Y", "01.12.2027", "2027-11-30T23:00:00Z"),
        ("%Y-%m-%dT%H:%M:%S", "2027-03-01T10:20:30", "2027-03-01T09:20:30Z"),
        ("%d.%m.%Y %H:%M", "01.07.2027 9:05", "2027-07-01T07:05:00Z"),
        ("%d.%m.%Y %H:%M", "01.07.2027\u00a0\u202f09:05", "2027-07-01T07:05:00Z"),
        ("%d.%m.%Y, %H:%M Uhr", "01.07.2027, 09:05 Uhr", "2027-07-01T07:05:00Z"),
        ("%m/%d/%Y %I:%M %p", "7/1/2027 12:05 AM", "2027-06-30T22:05:00Z"),
        ("%m/%d/%Y %I:%M %p", "7/1/2027 12:05 p.m.", "2027-07-01T10:05:00Z"),
        ("%d%m%Y", "01072027", "2027-06-30T22:00:00Z"),
        ("%Y%m%d%H%M%S", "20270701090501", "2027-07-01T07:05:01Z"),
        ("%d. %B %Y", "1. Juli 2027", "2027-06-30T22:00:00Z"),
        ("%d-%b-%Y", "1-Mär-2027", "2027-02-28T23:00:00Z"),
        ("%d %b %Y", "1 déc. 2027", "2027-11-30T23:00:00Z"),
        ("%a, %d %b %Y %H:%M:%S %z", "Thu, 01 Jul 2027 09:05:00 +0530", "2027-07-01T03:35:00Z"),
        ("%Y-%m-%d %H:%M:%S.%f", "2027-07-01 09:05:01.250000000", "2027-07-01T07:05:01.25Z"),
        ("%Y-%m-%dT%H:%M:%S%z", "2027-07-01T09:05:01Z", "2027-07-01T09:05:01Z"),
        ("iso", "2027-07-01T09:05:01.500+02:00", "2027-07-01T07:05:01.5Z"),
        ("iso", "2027-07-01T09:05:01.500000000", "2027-07-01T07:05:01.5Z"),
        ("iso", "2027-07-01 09:05:01", "2027-07-01T07:05:01Z"),
        ("iso", "2027-07-01", "2027-06-30T22:00:00Z"),
    ],
)
def test_dates_are_read_by_their_format(values, form, cell, expected):
    assert values(said(form), [cell, None]) == [expected, None]


@pytest.mark.parametrize(
    ("form", "cell"),
    [
        ("%d.%m.%Y", "31.04.2027"),
        ("%d.%m.%Y", "01.13.2027"),
        ("%d.%m.%Y", "1.7.27"),
        ("%d.%m.%Y", "1.7.2027 09:00"),
        ("%d.%m.%Y", "1.7.20270"),
        ("%d.%m.%Y", "1/7/2027"),
        ("%d.%m.%Y", "00.07.2027"),
        ("%d.%m.%Y", "01.07.0000"),
        ("%d.%m.%Y", "\u0660\u0661.07.2027"),
        ("%d%m%Y", "1072027"),
        ("%d.%m.%Y %H:%M", "01.07.2027 9:5"),
        ("%d.%m.%Y %H:%M", "01.07.2027 25:00"),
        ("%d.%m.%Y %H:%M", "01.07.2027 09:60"),
        ("%d.%m.%Y %H:%M:%S", "01.07.2027 09:00:60"),
        ("%m/%d/%Y %I:%M %p", "7/1/2027 13:05 PM"),
        ("%m/%d/%Y %I:%M %p", "7/1/2027 0:05 AM"),
        ("%d. %B %Y", "1. Foo 2027"),
        ("%Y-%m-%d %H:%M:%S.%f", "2027-07-01 09:05:01.1234567"),
        ("iso", "2027-02-29"),
        ("iso", "2027-7-1"),
        ("iso", "2027-07-01T24:00:00"),
        ("iso", "2027-07-01T09:05"),
        ("iso", "2027-07-01T09:05:01.1234567"),
        ("iso", "2027-07-01T09:05:01+25:00"),
        ("%d.%m.%Y", "heute"),
    ],
)
def test_what_is_no_date_of_a_format_is_rejected(refused, form, cell):
    ((code, message),) = refused(said(form), [cell])
    assert code == "format-error"
    assert message.startswith(f"found '{cell}', expected a date that exists, written as ")


def test_c28_a_date_that_two_formats_read_otherwise_is_rejected_with_both(refused):
    both = "2025-04-03T00:00:00+02:00 by %d/%m/%Y or 2025-03-04T00:00:00+01:00 by %m/%d/%Y"
    assert refused(said("%d/%m/%Y", "%m/%d/%Y"), ["03/04/2025"]) == [
        ("format-error", f"found '03/04/2025', which is {both}; keep the one format that fits")
    ]


def test_c28_a_date_that_only_one_format_reads_is_that_date(values):
    cells = ["25/04/2025", "04/25/2025", "04/04/2025"]
    assert values(said("%d/%m/%Y", "%m/%d/%Y", zone="UTC"), cells) == [
        "2025-04-25T00:00:00Z",
        "2025-04-25T00:00:00Z",
        "2025-04-04T00:00:00Z",
    ]


def test_c28_two_digit_years_are_read_where_their_century_is_said(values):
    cells = ["01.01.49", "01.01.50", "01.01.99", "01.01.00"]
    years = [text[:4] for text in values(said("%d.%m.%y", zone="UTC", years_from=1950), cells)]
    assert years == ["2049", "1950", "1999", "2000"]
    assert values(said("%d.%m.%y", zone="UTC", years_from=2000), ["01.01.99"]) == ["2099-01-01T00:00:00Z"]


def test_c28_the_29th_of_february_is_there_in_leap_years_alone(values, refused):
    assert values(said("%d.%m.%Y", zone="UTC"), ["29.02.2024", "29.02.2000"]) == [
        "2024-02-29T00:00:00Z",
        "2000-02-29T00:00:00Z",
    ]
    assert [code for code, _ in refused(said("%d.%m.%Y"), ["29.02.2025", "29.02.1900"])] == ["format-error"] * 2


def test_c28_24_00_is_the_midnight_at_the_end_of_the_day(values, refused):
    assert values(said("%d.%m.%Y %H:%M", zone="UTC"), ["31.12.2027 24:00", "29.02.2024 24:00"]) == [
        "2028-01-01T00:00:00Z",
        "2024-03-01T00:00:00Z",
    ]
    refused(said("%d.%m.%Y %H:%M"), ["31.12.2027 24:01", "31.12.9999 24:00"])


@pytest.mark.parametrize(
    ("form", "cell", "expected"),
    [
        ("excel", "1", "1900-01-01T00:00:00Z"),
        ("excel", "59", "1900-02-28T00:00:00Z"),
        ("excel", "61", "1900-03-01T00:00:00Z"),
        ("excel", "45000", "2023-03-15T00:00:00Z"),
        ("excel", "45000.5", "2023-03-15T12:00:00Z"),
        ("excel", "45000,52083", "2023-03-15T12:30:00Z"),
        ("excel", "45000.520833333336", "2023-03-15T12:30:00Z"),
        ("excel", "45000.520839120", "2023-03-15T12:30:00.5Z"),
        ("excel", "45000.99999999999", "2023-03-16T00:00:00Z"),
        ("excel", "2958465", "9999-12-31T00:00:00Z"),
        ("excel-1904", "43538", "2023-03-15T00:00:00Z"),
        ("excel-1904", "1", "1904-01-02T00:00:00Z"),
        ("excel-1904", "60", "1904-03-01T00:00:00Z"),
    ],
)
def test_c28_day_numbers_of_spreadsheets(values, form, cell, expected):
    assert values(said(form, zone="UTC"), [cell]) == [expected]


@pytest.mark.parametrize("cell", ["60", "60.5", "0", "0.5", "-1", "2958466", "045000", "45000.", "4.5E4", "45 000"])
def test_c28_day_numbers_that_are_no_day_are_rejected(refused, cell):
    ((_, message),) = refused(said("excel"), [cell])
    assert message == f"found '{cell}', expected a date that exists, written as a spreadsheet's day number"


def test_c28_a_day_number_among_other_dates_is_suspected(refused):
    ((_, message),) = refused(said("%d.%m.%Y"), ["45000"])
    assert message.endswith("written as %d.%m.%Y; a spreadsheet's day number? name excel among the dates")


def test_c29_a_time_without_a_zone_is_rejected_unless_one_is_given(refused, values):
    cells = ["01.07.2027 09:00", "01.07.2027"]
    both = ("%d.%m.%Y %H:%M", "%d.%m.%Y", "iso")
    refused(said("iso", zone=None), ["2027-07-01T09:00:00", "2027-07-01"])
    assert refused(said(*both, zone=None), cells) == [
        ("format-error", f"found '{cell}', a time without a zone; name one with time_zone") for cell in cells
    ]
    given_by_default = values(said(*both, zone=None), cells, before="defaults: {time_zone: Europe/Berlin}")
    assert given_by_default == values(said(*both), cells) == ["2027-07-01T07:00:00Z", "2027-06-30T22:00:00Z"]
    assert values(said(*both, zone="UTC"), cells, before="defaults: {time_zone: Europe/Berlin}") == [
        "2027-07-01T09:00:00Z",
        "2027-07-01T00:00:00Z",
    ]


def test_c29_a_time_with_its_own_offset_needs_no_zone(values):
    forms = ("%d.%m.%Y %H:%M %z", "iso")
    assert values(said(*forms, zone=None), ["01.07.2027 09:00 +02:00", "2027-07-01T09:00:00+02:00"]) == [
        "2027-07-01T07:00:00Z",
        "2027-07-01T07:00:00Z",
    ]


def test_c29_a_time_that_clocks_passed_over_is_rejected(refused):
    assert refused(said("%d.%m.%Y %H:%M"), ["28.03.2027 02:30"]) == [
        (
            "format-error",
            "found '28.03.2027 02:30', a time that never was in Europe/Berlin (clocks were set forward); correct it",
        )
    ]


def test_c29_a_time_that_clocks_showed_twice_is_rejected_with_both_instants(refused):
    both = "2027-10-31T02:30:00+02:00 or 2027-10-31T02:30:00+01:00 (clocks were set back in Europe/Berlin)"
    assert refused(said("%d.%m.%Y %H:%M"), ["31.10.2027 02:30"]) == [
        ("format-error", f"found '31.10.2027 02:30', which is {both}; write the offset from UTC")
    ]


def test_c29_times_beside_a_change_of_clocks_are_read(values):
    cells = ["28.03.2027 01:59", "28.03.2027 03:00", "31.10.2027 01:59", "31.10.2027 03:00"]
    assert [text[11:16] for text in values(said("%d.%m.%Y %H:%M"), cells)] == ["00:59", "01:00", "23:59", "02:00"]


def test_c29_an_offset_may_carry_a_time_over_midnight(values):
    cells = ["2027-01-01T00:00:00+14:00", "2026-12-31T23:30:00-11:30"]
    assert values(said("iso", zone=None), cells) == ["2026-12-31T10:00:00Z", "2027-01-01T11:00:00Z"]


def test_c29_a_day_is_its_first_moment_even_where_clocks_passed_over_midnight(values):
    assert values(said("%d.%m.%Y", zone="America/Sao_Paulo"), ["04.11.2018", "18.02.2018"]) == [
        "2018-11-04T03:00:00Z",
        "2018-02-18T03:00:00Z",
    ]
    assert values(said("%d.%m.%Y", zone="America/Havana"), ["05.11.2023"]) == ["2023-11-05T04:00:00Z"]


def test_c29_a_day_that_a_zone_left_out_is_rejected(refused, values):
    refused(said("%d.%m.%Y", zone="Pacific/Apia"), ["30.12.2011"])
    assert values(said("%d.%m.%Y", zone="Pacific/Apia"), ["31.12.2011"]) == ["2011-12-30T10:00:00Z"]


def test_a_date_that_utc_puts_outside_the_years_is_rejected(refused):
    refused(said("%d.%m.%Y"), ["01.01.0001"])
    refused(said("%d.%m.%Y %H:%M"), ["01.01.0001 00:00"])
    refused(said("%d.%m.%Y %H:%M", zone="America/New_York"), ["31.12.9999 23:00"])


def test_default_formats_are_for_dates_alone(convert):
    text = f"defaults: {{dates: ['%d.%m.%Y'], {BERLIN}}}\ncolumns:\n  A: date\n  B: notes\n"
    text += "  C: {custom_field: c__c, as: string_value}\n"
    records = convert(text, {"A": ["1.7.2027"], "B": ["1.7.2027"], "C": ["1.7.2027"]}).records
    assert records.select("date", "notes", "custom_field_values").row(0) == (
        "2027-06-30T22:00:00Z",
        "1.7.2027",
        '[{"custom_field_id":"c__c","string_value":"1.7.2027"}]',
    )


def test_without_formats_dates_pass_as_they_are(values):
    assert values("date", ["1.7.2027", "2027-07-01T09:00:00+02:00"]) == ["1.7.2027", "2027-07-01T09:00:00+02:00"]


ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC", "America/Sao_Paulo"]
FORMATS = ["%d.%m.%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y%m%d%H%M%S", "%d %B %Y %H:%M:%S", "%b %d, %Y %H:%M:%S.%f"]
SPAN = timedelta(days=25_000)
INSTANTS = st.timedeltas(timedelta(0), SPAN).map(lambda since: datetime(1970, 1, 1, tzinfo=UTC) + since)


@settings(deadline=None)
@given(moment=INSTANTS, zone=st.sampled_from(ZONES), form=st.sampled_from(FORMATS))
def test_what_strftime_writes_in_a_zone_reads_back_as_the_same_instant(moment, zone, form):
    moment = moment if "%f" in form else moment.replace(microsecond=0)
    local = moment.astimezone(ZoneInfo(zone))
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    cells = DateReader((form,), zone, None)(Cells(pl.Series([local.strftime(form)])))
    if twice:
        (broken,) = cells.broken
        assert local.isoformat(timespec="seconds") in broken.messages[0]
    else:
        assert not cells.broken
        assert datetime.fromisoformat(cells.text[0]) == moment


@settings(deadline=None)
@given(moment=INSTANTS, minutes=st.integers(-14 * 60, 14 * 60), as_iso=st.booleans())
def test_what_is_written_with_an_offset_is_canonical_and_the_same_instant(moment, minutes, as_iso):
    hours, rest = divmod(abs(minutes), 60)
    local = moment + timedelta(minutes=minutes)
    cell = f"{local:%Y-%m-%dT%H:%M:%S.%f}{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    form = "iso" if as_iso else "%Y-%m-%dT%H:%M:%S.%f%z"
    text = DateReader((form,), None, None)(Cells(pl.Series([cell]))).text
    assert datetime.fromisoformat(text[0]) == moment
    assert text.to_frame("text").select(canonical(pl.col("text"), Kind.DATETIME)).item() == text[0]
