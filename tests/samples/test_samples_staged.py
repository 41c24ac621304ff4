from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from regbulk.mapping import compile_mapping
from regbulk.schema import import_schema
from regbulk.source import open_source
from regbulk.stage import StageRules, stage

HERE = Path(__file__).parent
SAMPLES = HERE.parents[1] / "sample_data"
KEY = ("sys_external_id",)


def staged(path, folder):
    folder.mkdir(exist_ok=True)
    accepted = []
    source = open_source(str(path))
    converter = compile_mapping(None, source.columns, import_schema(), source_name=source.name)
    rules = StageRules(converter, import_schema(), KEY, complete="every record", ids_allowed=False)
    result = stage(source, rules, folder, keep=accepted.append, progress=lambda _: None)
    return result, pl.concat(accepted)


def found(result):
    errors = result.rejects.select("record_no", "line_no", pl.col("field").fill_null(""), "code")
    return errors.with_columns(pl.all().cast(pl.String)).rows()


@pytest.mark.parametrize("name", ["registrations.csv", "registrations.parquet", "registrations-update.csv"])
def test_clean_samples_meet_every_rule(tmp_path, name):
    result, _ = staged(SAMPLES / name, tmp_path)
    assert found(result) == []
    assert (result.read, result.accepted) == (1200, 1200)


def test_the_dirty_sample_breaks_exactly_the_expected_rules(tmp_path):
    with (SAMPLES / "registrations-dirty.expected.csv").open(encoding="utf-8", newline="") as file:
        _, *expected = csv.reader(file)
    result, _ = staged(SAMPLES / "registrations-dirty.csv", tmp_path)
    assert sorted(found(result)) == sorted(map(tuple, expected))
    assert result.read == 133


def test_corrected_rejects_are_accepted_under_their_old_record_numbers(tmp_path):
    dirty = SAMPLES / "registrations-dirty.csv"
    result, _ = staged(dirty, tmp_path / "first")
    open_source(str(dirty)).write_rejects(result.rejects, tmp_path / "rejects.csv")
    corrected = tmp_path / "corrected.csv"
    subprocess.run([sys.executable, HERE / "correct_rejects.py", tmp_path / "rejects.csv", corrected], check=True)
    again, accepted = staged(corrected, tmp_path / "second")
    assert found(again) == []
    assert accepted["_record_no"].to_list() == list(range(2, 134, 2))


def with_badge(records):
    """The records without the leaves of the badge, and the badges as objects, as Parquet holds them."""
    leaves = [column for column in records.columns if column.startswith("badge.")]
    rows = records.select(pl.col(leaf).alias(leaf.removeprefix("badge.")) for leaf in leaves).to_dicts()
    badges = [{leaf: text for leaf, text in row.items() if text is not None} or None for row in rows]
    return records.drop(leaves).to_dicts(), badges


def test_parquet_is_staged_into_the_same_texts_as_csv(tmp_path):
    _, texts = staged(SAMPLES / "registrations.csv", tmp_path / "csv")
    _, typed = staged(SAMPLES / "registrations.parquet", tmp_path / "parquet")
    records, badges = with_badge(texts.drop("_line_no"))
    assert typed.drop("_line_no", "badge").to_dicts() == records
    assert [json.loads(badge) if badge else None for badge in typed["badge"]] == badges
