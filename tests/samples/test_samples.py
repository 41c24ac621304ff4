from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from regbulk.rejects import CODES

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "sample_data"
NUMBERS = {"order_number", "order_total", "order_amount_paid", "order_balance_due", "group_order"}


def rows(name):
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def value(column, text):
    if text in {"", "true", "false"}:
        return {"": None, "true": True, "false": False}[text]
    if text.startswith(("[", "{")):
        return json.loads(text)
    if column.endswith("date"):
        return datetime.fromisoformat(text)
    return float(text) if column in NUMBERS else text


def without_nulls(found):
    if isinstance(found, dict):
        return {name: without_nulls(member) for name, member in found.items() if member is not None}
    return [without_nulls(member) for member in found] if isinstance(found, list) else found


@pytest.fixture(scope="module")
def made_again(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    subprocess.run([sys.executable, HERE / "make_samples.py", folder], check=True)
    return folder


@pytest.mark.parametrize("name", sorted(path.name for path in SAMPLES.glob("registrations*.csv")))
def test_the_script_makes_the_same_csv_again(made_again, name):
    assert (made_again / name).read_bytes() == (SAMPLES / name).read_bytes()


def test_the_script_makes_the_same_parquet_again_and_nothing_else(made_again):
    name = "registrations.parquet"
    assert pq.read_table(made_again / name).equals(pq.read_table(SAMPLES / name))
    made, kept = ({path.name for path in folder.glob("registrations*")} for folder in (made_again, SAMPLES))
    assert made == kept


def test_the_samples_stay_small():
    assert sum(path.stat().st_size for path in SAMPLES.glob("registrations*")) < 2_000_000


def test_keys_are_unique_over_four_events():
    registrations = rows("registrations.csv")
    assert len(registrations) == len({row["sys_external_id"] for row in registrations}) == 1200
    assert len({(row["event_id"], row["contact_id"]) for row in registrations}) == 1200
    assert len({row["event_id"] for row in registrations}) == 4


def test_every_column_but_the_parent_is_used():
    registrations = rows("registrations.csv")
    filled = Counter(column for row in registrations for column, text in row.items() if text)
    assert {column for column in registrations[0] if filled[column] < 20} == {"parent_registration_id"}


def test_conditions_hold_in_every_registration():
    for row in rows("registrations.csv"):
        assert bool(row["cancellation_date"]) == (row["status"] == "cancelled")
        assert bool(row["membership_information"]) == (row["add_membership_package"] == "true")
        assert row["name"] or (row["first_name"] and row["last_name"])
        assert row["email_address"].endswith(("@example.org", "@example.com", "@example.net"))


def test_every_status_and_every_way_to_write_an_instant_occurs():
    registrations = rows("registrations.csv")
    assert len({row["status"] for row in registrations}) == 4
    assert len({row["order_status"] for row in registrations if row["order_status"]}) == 11
    dates = [row["date"] for row in registrations]
    assert any("+" in date for date in dates)
    assert any(date.endswith("-05:00") for date in dates)
    assert any("." in date for date in dates)


def test_parquet_holds_the_same_values_as_csv():
    typed = pq.read_table(SAMPLES / "registrations.parquet").to_pylist()
    for row, record in zip(rows("registrations.csv"), typed, strict=True):
        found = without_nulls(record)
        found |= {f"badge.{leaf}": text for leaf, text in found.pop("badge", {}).items()}
        found |= {"guests": json.loads(found["guests"])} if "guests" in found else {}
        assert found == {column: value(column, text) for column, text in row.items() if text}


def test_the_update_changes_300_registrations_in_at_most_three_fields_each():
    changed, rewritten = [], 0
    for before, after in zip(rows("registrations.csv"), rows("registrations-update.csv"), strict=True):
        written = {column for column in before if before[column] != after[column]}
        fields = {column for column in written if value(column, before[column]) != value(column, after[column])}
        changed += [fields] if fields else []
        rewritten += bool(written) and not fields
    assert (len(changed), rewritten) == (300, 60)
    assert max(map(len, changed)) <= 3
    assert {"status", "notes", "sessions", "badge.location", "checkin_date", "order_amount_paid"} <= set().union(
        *changed
    )


def test_the_update_clears_notes_and_never_takes_a_custom_field_value_away():
    cleared = 0
    for before, after in zip(rows("registrations.csv"), rows("registrations-update.csv"), strict=True):
        cleared += after["notes"] == r"\N" and bool(before["notes"])
        assert custom_field_ids(before) <= custom_field_ids(after)
        assert all(after[column] for column in before if before[column])
    assert cleared == 25


def custom_field_ids(row):
    return {element["custom_field_id"] for element in value("", row["custom_field_values"]) or []}


def test_every_code_is_expected_at_least_twice_in_at_least_sixty_bad_records():
    expected = rows("registrations-dirty.expected.csv")
    codes = Counter(error["code"] for error in expected)
    elsewhere = {"blank-row", "footer-row", "damaged-value", "lookup-error", "reference-error"}  # see the legacy sample
    assert set(codes) == set(CODES) - elsewhere
    assert min(codes.values()) >= 2
    assert len({error["record_no"] for error in expected}) >= 60
    order = [(int(error["record_no"]), error["field"], error["code"]) for error in expected]
    assert order == sorted(order)


def test_line_numbers_run_away_from_record_numbers():
    lines = (SAMPLES / "registrations-dirty.csv").read_bytes().split(b"\n")
    expected = rows("registrations-dirty.expected.csv")
    assert b"" in lines[:-1]
    assert len({int(error["line_no"]) - int(error["record_no"]) for error in expected}) > 5
    for error in expected:
        assert b".%d@" % (2000 + int(error["record_no"])) in lines[int(error["line_no"]) - 1]
