"""The legacy sample: what is in it, read without regbulk, and what regbulk finds wrong in it."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import polars as pl
import pytest

from regbulk.rejects import CODES
from regbulk.source import open_source

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "sample_data"
UNREADABLE = {"ragged-row", "encoding-error"}
REFERENCES = {"parent_registration_id": "Begleitung von", "modified_registration_id": "Ersetzt Anmeldung"}
MADE = ("legacy.csv", "legacy-crosswalk.csv", "legacy.expected.csv", "legacy-xlsx.expected.csv")


def records(folder=SAMPLES):
    """The records by number: the line each starts on and its bytes; split where a CRLF ends a row, by nothing else."""
    found, line = [], 1
    for raw in (folder / "legacy.csv").read_bytes().split(b"\r\n"):
        if raw.strip(b";") and not raw.startswith(b"Summe"):
            found.append((line, raw))
        line += 1 + raw.count(b"\n")
    return dict(enumerate(found))


def expected(name="legacy.expected.csv", folder=SAMPLES):
    with (folder / name).open(encoding="utf-8", newline="") as file:
        return [(int(row[0]), int(row[1]), row[2], row[3]) for row in list(csv.reader(file))[1:]]


def readable(folder=SAMPLES):
    """The cells by column of every record that can be read, by record number."""
    unreadable = {record for record, _, _, code in expected(folder=folder) if code in UNREADABLE}
    lines = {number: raw.decode("cp1252") for number, (_, raw) in records(folder).items() if number not in unreadable}
    header, *rows = csv.reader(lines.values(), delimiter=";", strict=True)
    assert {len(row) for row in rows} == {len(header)} == {33}
    return {number: dict(zip(header, row, strict=True)) for number, row in zip(list(lines)[1:], rows, strict=True)}


def key(text):
    return text.rjust(6, "0") if text else None


def missing_parents(folder=SAMPLES):
    """Expected errors of records whose parent stands in no readable row: only the target can tell if it is there."""
    rows = readable(folder)
    known = {key(row["Teilnehmer-Nr"]) for row in rows.values()}
    references = [error for error in expected(folder=folder) if error[3] == "reference-error"]
    return {error for error in references if key(rows[error[0]][REFERENCES[error[2]]]) not in known}


@pytest.fixture(scope="module")
def made_again(tmp_path_factory):
    folder = tmp_path_factory.mktemp("legacy")
    subprocess.run([sys.executable, HERE / "make_legacy.py", folder], check=True)
    return folder


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    command = [sys.executable, HERE / "make_legacy.py", "--rows", "8000", "--dirt", "0.02", folder]
    subprocess.run(command, check=True)
    return folder


@pytest.mark.parametrize("name", MADE)
def test_the_script_makes_the_same_files_again(made_again, name):
    assert (made_again / name).read_bytes() == (SAMPLES / name).read_bytes()


def test_the_script_makes_the_same_workbook_again(made_again):
    with ZipFile(made_again / "legacy.xlsx") as again, ZipFile(SAMPLES / "legacy.xlsx") as kept:
        assert again.namelist() == kept.namelist()
        assert [part.date_time for part in again.infolist()] == [part.date_time for part in kept.infolist()]
        # How it is packed depends on the version of zlib.
        assert [name for name in kept.namelist() if again.read(name) != kept.read(name)] == []


def test_it_is_written_as_a_german_excel_does():
    content = (SAMPLES / "legacy.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        content.decode()
    assert content.startswith("Teilnehmer-Nr;Mitglied;Anrede;".encode("cp1252"))
    assert {sign for sign in "äöüßÄÖÜé€„“\u2013\u2019\xa0" if sign.encode("cp1252") not in content} == set()
    assert b"\n2 N\xe4chte" in content
    assert re.search(rb"(?<!\n)\r\n\r\n", content)
    assert content.endswith(b"\r\n" + b";" * 32 + b"\r\nSumme: 2.000" + b";" * 32 + b"\r\n" + b";" * 32 + b"\r\n")


def test_cells_are_quoted_only_where_they_must_be():
    rows = readable()
    raw = [raw.decode("cp1252") for number, (_, raw) in records().items() if number in rows]
    quoted = [cell for record in raw for cell in re.findall(r'(?:^|;)("(?:[^"]|"")*")(?=;|$)', record)]
    assert len(quoted) > 300
    assert all(re.search('[;"\n]', cell[1:-1]) for cell in quoted)


def test_it_has_2000_records_of_two_events():
    rows = readable()
    assert max(records()) == 2000
    assert len(rows) == 2000 - len({error[0] for error in expected() if error[3] in UNREADABLE})
    events = Counter(row["Veranstaltung"] for row in rows.values())
    assert [count > 900 for _, count in events.most_common(3)] == [True, True, False]


@pytest.mark.parametrize(("column", "width"), [("Teilnehmer-Nr", 6), ("Mitglied", 7)])
def test_lost_zeros_are_proven_by_the_column(column, width):
    digits = [row[column] for row in readable().values() if row[column].isdecimal()]
    kept = [text for text in digits if text.startswith("0")]
    lost = [text for text in digits if len(text) < width]
    assert len(kept) > 400
    assert len(lost) > 100
    assert {len(text) for text in kept} == {width}


def test_guests_stand_before_and_far_from_their_parents_three_levels_deep():
    rows = readable()
    place = {key(row["Teilnehmer-Nr"]): number for number, row in rows.items()}
    named = {number: key(row["Begleitung von"]) for number, row in rows.items() if row["Begleitung von"]}
    known = {number: place[parent] for number, parent in named.items() if parent in place}
    assert sum(number < parent for number, parent in known.items()) > 50
    assert max(abs(number - parent) for number, parent in known.items()) > 1000
    bad = {error[0] for error in expected()}
    levels = Counter(1 + (parent in known) for number, parent in known.items() if number not in bad)
    assert levels[1] > 200
    assert levels[2] > 30
    assert sum(bool(row["Ersetzt Anmeldung"]) for row in rows.values()) > 50


def test_every_sound_reference_leads_to_a_record_of_the_same_event():
    rows = readable()
    bad = {error[0] for error in expected()}
    event = {key(row["Teilnehmer-Nr"]): row["Veranstaltung"] for number, row in rows.items() if number not in bad}
    for number, row in rows.items():
        for column in REFERENCES.values():
            if row[column] and number not in bad:
                assert event[key(row[column])] == row["Veranstaltung"]


def test_members_are_in_the_crosswalk_once_with_all_their_zeros():
    text = (SAMPLES / "legacy-crosswalk.csv").read_bytes().decode()
    assert text.startswith("\ufeffmember_no,contact_id\r\n")
    pairs = [line.split(",") for line in text.splitlines()[1:]]
    assert {len(number) for number, _ in pairs} == {7}
    assert len({number for number, _ in pairs}) == len({contact for _, contact in pairs}) == len(pairs)
    known = {number for number, _ in pairs}
    unknown = {number for number, row in readable().items() if row["Mitglied"].rjust(7, "0") not in known}
    assert unknown == {error[0] for error in expected() if error[2] == "contact_id"}


@pytest.mark.parametrize("name", ["legacy.expected.csv", "legacy-xlsx.expected.csv"])
def test_expected_errors_are_in_order_and_of_known_codes(name):
    errors = expected(name)
    assert [(error[0], *error[2:]) for error in errors] == sorted((error[0], *error[2:]) for error in errors)
    assert len(errors) == len(set(errors))
    assert {error[3] for error in errors} <= set(CODES)


def test_expected_errors_name_the_lines_on_which_records_start():
    assert {error[:2] for error in expected()} <= {(number, line) for number, (line, _) in records().items()}


def test_every_kind_of_dirt_is_there_at_least_twice():
    codes = Counter(error[3] for error in expected())
    assert set(codes) == set(CODES) - {"pattern-error", "range-error", "json-error", "blank-row", "footer-row"}
    assert min(codes.values()) >= 2
    text = (SAMPLES / "legacy.csv").read_text(encoding="cp1252", errors="replace")
    signs = (
        "4,0271E+12",
        "#NV",
        "#BEZUG!",
        "31.02.2027",
        "04/25/2027",
        "28.03.2027 02:30",
        "12.34,5",
        "EURO",
        "\0",
        "\xad",
    )
    assert [sign for sign in signs if sign not in text] == []


def shown(cell):
    """What a German Excel shows in a cell."""
    value, form = cell.value, cell.number_format
    if value is None or isinstance(value, str):
        return {"#N/A": "#NV", "#REF!": "#BEZUG!", "#VALUE!": "#WERT!"}.get(value, value) or ""
    if isinstance(value, bool):
        return "WAHR" if value else "FALSCH"
    if isinstance(value, date):
        return value.strftime("%d.%m.%Y %H:%M" if isinstance(value, datetime) and "HH" in form else "%d.%m.%Y")
    if "€" in form:
        return f"{value:,.2f}".translate(str.maketrans(",.", ".,")) + ("\xa0€" if form.startswith("_-") else " €")
    return f"{value:0{len(form)}}" if set(form) == {"0"} else str(value).replace(".", ",")


def test_the_workbook_holds_the_same_rows_as_cells_with_their_kinds():
    book = openpyxl.load_workbook(SAMPLES / "legacy.xlsx")
    states = {sheet.title: sheet.sheet_state for sheet in book}
    assert states == {"Parameter": "hidden", "Anmeldungen": "visible", "Tabelle3": "visible"}
    lines = [row for row in book["Anmeldungen"].iter_rows() if any(cell.value is not None for cell in row)]
    header, *rows, footer = lines
    names = [cell.value for cell in header[:31]]
    assert (len(rows), footer[0].value) == (2000, "Summe: 2.000")
    bad = {error[0] for error in expected()} | {error[0] for error in expected("legacy-xlsx.expected.csv")}
    for number, row in readable().items():
        cells = dict(zip(names, map(shown, rows[number - 1]), strict=False))
        assert number in bad or cells == {name: row[name] for name in names}
    kinds = Counter(type(cell.value) for row in rows for cell in row)
    assert min(kinds[kind] for kind in (str, int, float, bool, datetime)) > 500
    starts = {number: row[0].row for number, row in enumerate(rows, start=1)}
    assert {error[:2] for error in expected("legacy-xlsx.expected.csv")} <= set(starts.items())


def test_what_only_a_text_file_can_spoil_is_sound_in_the_workbook():
    in_csv, in_sheet = ({(*error[:1], *error[2:]) for error in expected(name)} for name in (MADE[2], MADE[3]))
    assert in_sheet < in_csv
    gone = {(field, code) for _, field, code in in_csv - in_sheet}
    assert gone == {
        *(("", code) for code in UNREADABLE),
        ("order_id", "damaged-value"),
        ("parent_registration_id", "reference-error"),
    }


def test_a_large_file_has_one_ragged_row_and_the_share_of_dirt_that_was_asked_for(large):
    assert max(records(large)) == 8000
    errors = expected(folder=large)
    assert sum(error[3] == "ragged-row" for error in errors) == 1
    assert len({error[0] for error in errors}) == 1 + 160
    assert set(readable(large)) >= {error[0] for error in errors if error[3] not in UNREADABLE}


def test_how_it_is_written_can_be_found_out():
    source = open_source(str(SAMPLES / "legacy.csv"))
    assert [decision.partition(":")[0] for decision in source.decisions[:2]] == [
        "encoding cp1252",
        "delimiter semicolon",
    ]


def validated(workspace, source, mapping):
    command = [sys.executable, "-m", "regbulk", "validate", source, "--mapping", mapping, "--workspace", workspace]
    done = subprocess.run([*command, "--json"], check=False, capture_output=True, text=True)
    assert done.returncode in {0, 3}, done.stderr
    return json.loads(done.stdout)


def found(validation):
    rejects = pl.read_parquet(validation["rejects_parquet"])
    return set(rejects.select("record_no", "line_no", pl.col("field").fill_null(""), "code").rows())


@pytest.fixture(scope="module")
def validation(tmp_path_factory):
    return validated(tmp_path_factory.mktemp("work"), SAMPLES / "legacy.csv", SAMPLES / "legacy-mapping.yaml")


def test_the_sample_breaks_exactly_the_expected_rules(validation):
    errors = set(expected()) - missing_parents()
    assert found(validation) == errors
    assert validation["read"] == 2000
    assert validation["rejects"] == len({error[0] for error in errors})


def test_the_workbook_breaks_exactly_the_expected_rules(tmp_path):
    mapping = SAMPLES / "legacy-xlsx-mapping.yaml"
    validation = validated(tmp_path, SAMPLES / "legacy.xlsx", mapping)
    missing = {error[0] for error in missing_parents()}
    errors = {error for error in expected("legacy-xlsx.expected.csv") if error[0] not in missing}
    assert found(validation) == errors
    assert validation["read"] == 2000


def test_corrected_rejects_are_sound_under_their_old_record_numbers(validation, tmp_path):
    corrected = tmp_path / "corrected.csv"
    script = HERE / "correct_legacy.py"
    subprocess.run([sys.executable, script, validation["rejects_csv"], corrected], check=True)
    again = validated(tmp_path, corrected, SAMPLES / "legacy-mapping.yaml")
    assert (again["read"], again["rejects"]) == (validation["rejects"], 0)


def test_a_large_file_breaks_exactly_the_expected_rules(large, tmp_path):
    validation = validated(tmp_path, large / "legacy.csv", large / "legacy-mapping.yaml")
    assert found(validation) == set(expected(folder=large)) - missing_parents(large)
    assert validation["read"] == 8000
