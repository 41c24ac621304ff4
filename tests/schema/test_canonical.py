from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbulk.schema import Kind, canonical


def one(text: str | None, kind: Kind) -> str | None:
    return pl.DataFrame({"text": [text]}, schema={"text": pl.String}).select(canonical(pl.col("text"), kind)).item()


NUMBERS = {
    "120.50": "120.5",
    "100.0": "100",
    "-0": "0",
    "-0.0": "0",
    "0e9": "0",
    "1E5": "100000",
    "1.5e-3": "0.0015",
    "9007199254740991": "9007199254740991",
    "0.10000000000000000000000": "0.1",
    "1000000000000000.5": "1000000000000000.5",
}
NOT_NUMBERS = [
    "+1",
    ".5",
    "1.",
    "007",
    "-",
    " 1.5",
    "1.5 ",
    "1_000",
    "1,5",
    "NaN",
    "inf",
    "Infinity",
    "0x1",
    "\u0661",
    "",
    "1\n",
]
CHANGED_IN_SILENCE = [
    "9007199254740993",
    "9007199254740992",
    "1e22",
    "1e999",
    "-1e16",
    "0.1234567890123456789",
    "1e-400",
]
INSTANTS = {
    "2024-02-29T23:59:59Z": "2024-02-29T23:59:59Z",
    "2024-01-01t00:00:00z": "2024-01-01T00:00:00Z",
    "2024-01-01T00:30:00+02:00": "2023-12-31T22:30:00Z",
    "2024-01-01T00:30:00-05:30": "2024-01-01T06:00:00Z",
    "2024-01-01T00:00:00-00:00": "2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00.120Z": "2024-01-01T00:00:00.12Z",
    "2024-01-01T00:00:00.000Z": "2024-01-01T00:00:00Z",
    "2024-01-01T00:00:00.123456000Z": "2024-01-01T00:00:00.123456Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00Z",
    "0999-06-01T10:00:00+01:00": "0999-06-01T09:00:00Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999999Z",
}
NOT_INSTANTS = [
    "2024-01-01",
    "2024-01-01T00:00:00",
    "2024-01-01 00:00:00Z",
    "2024-01-01T00:00:00+0200",
    "2024-01-01T00:00:00+24:00",
    "2024-01-01T00:00:00+02:60",
    "2024-01-01T24:00:00Z",
    "2024-12-31T23:59:60Z",
    "2024-02-30T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-1-1T00:00:00Z",
    "2024-01-01T00:00Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00.1234567Z",
    "2024-01-01T00:00:00Z\n",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "1700000000",
    "\u0662\u0660\u0662\u0664-01-01T00:00:00Z",
    "",
]


@pytest.mark.parametrize(("text", "expected"), NUMBERS.items())
def test_a_number_is_written_as_its_shortest_text(text: str, expected: str) -> None:
    assert one(text, Kind.NUMBER) == expected


@pytest.mark.parametrize("text", NOT_NUMBERS + CHANGED_IN_SILENCE)
def test_what_is_no_json_number_or_would_be_changed_is_refused(text: str) -> None:
    assert one(text, Kind.NUMBER) is None


@pytest.mark.parametrize(("text", "expected"), INSTANTS.items())
def test_a_date_time_is_written_in_utc(text: str, expected: str) -> None:
    assert one(text, Kind.DATETIME) == expected


@pytest.mark.parametrize("text", NOT_INSTANTS)
def test_what_is_no_instant_of_the_calendar_is_refused(text: str) -> None:
    assert one(text, Kind.DATETIME) is None


@pytest.mark.parametrize("text", ["TRUE", "True", "1", "0", "yes", " true", ""])
def test_only_true_and_false_are_truth_values(text: str) -> None:
    assert one(text, Kind.BOOLEAN) is None
    assert (one("true", Kind.BOOLEAN), one("false", Kind.BOOLEAN)) == ("true", "false")


def test_json_keeps_the_text_as_written_and_null_stays_null() -> None:
    assert one('{ "a": 1.50 }', Kind.OBJECT) == '{ "a": 1.50 }'
    assert one("[1] ", Kind.ARRAY) == "[1] "
    assert one("[1]", Kind.OBJECT) is None
    assert one("[NaN]", Kind.ARRAY) is None
    assert [one(None, kind) for kind in Kind] == [None] * len(Kind)


@given(st.floats(min_value=-(2**53) + 1, max_value=2**53 - 1, allow_nan=False))
def test_every_float_within_range_survives_its_text_and_has_one_text(value: float) -> None:
    text = one(repr(value), Kind.NUMBER)
    assert text is not None
    assert json.loads(text) == value
    assert one(text, Kind.NUMBER) == text
    assert one(f"{value:.16e}", Kind.NUMBER) == text


@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 28)),  # noqa: DTZ001 - the zone is drawn beside it
    st.integers(-23 * 60, 23 * 60),
)
def test_every_instant_comes_out_as_the_same_instant(local: datetime, offset: int) -> None:
    instant = local.replace(tzinfo=timezone(timedelta(minutes=offset)))
    text = one(instant.isoformat(), Kind.DATETIME)
    assert text is not None
    assert text.endswith("Z")
    assert datetime.fromisoformat(text) == instant.astimezone(UTC)
    assert one(text, Kind.DATETIME) == text
