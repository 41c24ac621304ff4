"""The draft as a file: YAML of the right shape for any header, the same every time, quiet about people."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from regbulk.errors import MappingError
from regbulk.guess import Request, guess_mapping, written
from regbulk.guess.yaml_text import LONGEST_KEY, UNKNOWN, text
from regbulk.mapping import read_mapping
from regbulk.source import open_source
from regbulk.source.header import name_problems
from regbulk.source.options import SourceOptions

SCHEMA = orjson.loads((Path(__file__).parents[2] / "schemas" / "mapping.schema.json").read_bytes())

AWKWARD = st.text(alphabet="a: #'\"\n\t-?&*!|>%@`{}[],\\\u00a0\u2028\ufeff😀é\u0085~", min_size=1, max_size=12)
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=12)
KNOWN = st.sampled_from(
    ["Status", "Anmeldedatum", "Betrag", "E-Mail", "Gast", "Teilnehmer-Nr", "Begleitung von", "id", "date"]
)
RESERVED = st.sampled_from(
    ["yes", "No", "null", "~", "1", "1.5", "2025-01-01", "<<", "=", "- a", "a: b", "a #b", "? a"]
)
LONG = st.just("x" * 1500)
NAME = st.one_of(AWKWARD, ANY, KNOWN, RESERVED, LONG)
CELL = st.sampled_from(
    [
        "",
        "-",
        "1",
        "007",
        "1.234",
        "12,5 €",
        "03/04/2025",
        "13.04.2025 10:00",
        "ja",
        "nein",
        "aktiv",
        "B",
        "a;b",
        "#N/A",
    ]
)


@st.composite
def tables(draw):
    """A header of names that can be told apart, and a few rows."""
    names = draw(st.lists(NAME, min_size=1, max_size=6, unique_by=lambda name: name.strip().casefold()))
    names = [name for name in names if not name_problems([name])]
    height = draw(st.integers(0, 4))
    return {name: draw(st.lists(CELL, min_size=height, max_size=height)) for name in names or ["a"]}


def drafted(columns, folder):
    path = Path(folder) / "source.parquet"
    pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).write_parquet(path)
    draft = guess_mapping(open_source(str(path)), Request(beside=Path(folder)))
    return draft, written(draft)


@settings(max_examples=60, deadline=None)
@given(columns=tables())
def test_a_draft_is_a_mapping_for_any_header(columns):
    with TemporaryDirectory() as folder:
        draft, text_of_it = drafted(columns, folder)
        said = yaml.safe_load(text_of_it)
        Draft202012Validator(SCHEMA).validate(said | {"columns": said["columns"] or {}})
        assert list(said["columns"] or {}) == [
            entry.column for entry in draft.entries if entry.is_decided or entry.is_held
        ]
        path = Path(folder) / "mapping.yaml"
        path.write_text(text_of_it, encoding="utf-8")
        if any(entry.is_held for entry in draft.entries):
            with pytest.raises(MappingError, match="goes nowhere"):
                read_mapping(path)
        elif said["columns"] is None:
            with pytest.raises(MappingError, match="columns: found nothing"):
                read_mapping(path)
        else:
            assert [column.name for column in read_mapping(path).columns] == list(said["columns"])


@settings(max_examples=50, deadline=None)
@given(columns=tables())
def test_every_choice_without_a_gap_is_an_entry_of_a_mapping(columns):
    with TemporaryDirectory() as folder:
        draft, text_of_it = drafted(columns, folder)
    starts = tuple(f"  # {text(entry.column)}: " for entry in draft.entries if len(entry.column) < LONGEST_KEY)
    choices = [line for line in text_of_it.splitlines() if line.startswith(starts) and f": {UNKNOWN}" not in line]
    for choice in choices:
        Draft202012Validator(SCHEMA).validate({"columns": yaml.safe_load(choice.replace("# ", "", 1))})


@settings(max_examples=200, deadline=None)
@given(name=st.one_of(AWKWARD, ANY, RESERVED))
def test_any_text_is_the_same_text_for_yaml(name):
    assert yaml.safe_load(f"{text(name)}: 1\n") == {name: 1}
    assert yaml.safe_load(f"[{text(name)}]\n") == [name]


@settings(max_examples=10, deadline=None)
@given(columns=tables())
def test_the_same_source_gives_the_same_draft(columns):
    with TemporaryDirectory() as folder:
        assert drafted(columns, folder)[1] == drafted(columns, folder)[1]


def test_a_gap_that_nobody_filled_is_no_yaml():
    for line in (f"a: {UNKNOWN}", f"a: {{b: {UNKNOWN}, c: d}}", f"a:\n  b: {UNKNOWN}   # c"):
        with pytest.raises(yaml.YAMLError):
            yaml.safe_load(line)


def test_nothing_of_people_stands_in_a_draft(guessed):
    people = {
        "Nr": ["4711", "4712", "4713"],
        "Vorname": ["Gülsah", "Korbinian", "Žofia"],
        "Nachname": ["Weißgerber", "Nägeli", "Null"],
        "E-Mail": ["g.w@example.org", "k.n@example.org", "z.n@example.org"],
        "Mitglied": ["900001", "900002", "900003"],
        "Telefon": ["0171 234", "0171 235", "0171 236"],
        "Firma": ["Adler Apotheke", "Käserei", "Käserei"],
        "Bemerkung": ["Rollstuhl", "vegan", "Rollstuhl"],
        "Begleitung von": ["Herr Öttl", "", ""],
    }
    guess = guessed(people)
    told = guess.text + str(guess.draft.left)
    cells = {cell for column in people.values() for cell in column if cell and cell != "Null"}
    assert [cell for cell in cells if cell in told] == []


def test_how_the_source_was_to_be_read_stands_in_the_mapping(tmp_path):
    path = tmp_path / "source.csv"
    path.write_bytes("Ort|Land\nKöln|Österreich\n".encode("cp1252"))
    options = SourceOptions(encoding="cp1252", delimiter="|")
    draft = guess_mapping(open_source(str(path), options), Request(options))
    assert yaml.safe_load(written(draft))["source"] == {"encoding": "cp1252", "delimiter": "|"}


def test_what_was_found_out_about_the_source_stands_at_the_head(guessed):
    guess = guessed({"Ort": ["Köln", "Bonn"]})
    assert guess.text.startswith("# Draft of a mapping for source.csv, made by `regbulk guess` from 2 records.\n")
    joined = " ".join(line.lstrip("# ") for line in guess.text.split("columns:")[0].splitlines())
    assert all(" ".join(decision.split()) in joined for decision in guess.source.decisions)


def test_columns_for_one_field_can_be_joined(guessed):
    guess = guessed({"Bemerkung 1": ["a", "b"], "Bemerkung 2": ["c", "d"]})
    assert '#   notes: {columns: ["Bemerkung 1", "Bemerkung 2"], separator: "\\n"}' in guess.text


def test_what_every_new_registration_needs_is_asked_for_at_the_end(guessed):
    guess = guessed({"Ort": ["Köln"]})
    tail = guess.text.split("# constants:\n")[1].splitlines()
    assert tail == [f"#   {name}: ?" for name in ("event_id", "contact_id", "type_id", "package_id", "name")]


def test_first_and_last_names_make_the_name_that_is_needed(guessed):
    assert "#   name: ?" not in guessed({"Vorname": ["Eva"], "Nachname": ["Öhler"]}).text


def test_a_source_without_records_leaves_everything_open(guessed):
    guess = guessed({"Vorname": [], "Betrag": []})
    assert guess.draft.decided == ()
    assert "\ncolumns:   # nothing is decided yet\n" in guess.text


def test_the_first_decision_of_an_empty_draft_is_made_by_taking_its_sign_away(guessed):
    guess = guessed({"Zimmer": ["1", "2"], "Foo": ["a", "b"]})
    assert guess.draft.decided == ()
    decided = guess.text.replace("# Zimmer: ignore", "Zimmer: ignore").replace("# Foo: ignore", "Foo: ignore")
    assert guess.converted(decided).records.height == 2
