"""What holds for every kind of source."""

from __future__ import annotations

import csv
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook

from regbulk import rejects
from regbulk.source import Source, open_source
from regbulk.source.contract import CLEARS, LINE_NO, NOTHING_SKIPPED, RECORD_NO
from regbulk.source.options import SourceOptions

COLUMNS = ("first_name", "notes", "badge.first_name")
ROWS: list[tuple[str | None, ...]] = [
    ("Ada", 'says "hi", twice', None),
    (None, None, "alone"),
    ("Zoë 😀", "line one\nline two\n\nline three", "\u202ex"),
    ("007", "12345678901234567890", "1E5"),
    (" padded ", "NULL", "null"),
    ("#comment", "a,b", '"'),
    ("true", "-0", "\ttab"),
]


def write_csv(path: Path, rows: Sequence[Sequence[str | None]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *rows])
    return path


def write_parquet(path: Path, rows: Sequence[Sequence[str | None]]) -> Path:
    pl.DataFrame(rows, schema=dict.fromkeys(COLUMNS, pl.String()), orient="row").write_parquet(path)
    return path


def write_workbook(path: Path, rows: Sequence[Sequence[str | None]]) -> Path:
    book = Workbook()
    for row in [COLUMNS, *rows]:
        book.active.append(row)
    book.save(path)
    return path


KINDS = {"csv": (write_csv, "r.csv"), "parquet": (write_parquet, "r.parquet"), "xlsx": (write_workbook, "r.xlsx")}
FOUND_OUT = SourceOptions()


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Source]:
    write, name = KINDS[request.param]

    def source(
        rows: Sequence[Sequence[str | None]] = ROWS,
        block_bytes: int = 3_000_000,
        options: SourceOptions = FOUND_OUT,
    ) -> Source:
        return open_source(str(write(tmp_path / name, rows)), options, block_bytes=block_bytes)

    return source


def table(source: Source) -> pl.DataFrame:
    return pl.concat(block.records for block in source.blocks())


def test_columns_keep_their_order_and_there_are_no_problems(make):
    source = make()
    assert source.columns == COLUMNS
    assert source.problems == ()


@pytest.mark.parametrize("block_bytes", [8, 64, 3_000_000])
def test_records_keep_order_and_text_and_are_numbered_from_1(make, block_bytes):
    found = table(make(block_bytes=block_bytes))
    assert found.select(COLUMNS).rows() == ROWS
    assert found[RECORD_NO].to_list() == list(range(1, len(ROWS) + 1))


def test_small_blocks_make_many_of_them_and_read_counts_all(make):
    blocks = list(make(ROWS * 5, block_bytes=40).blocks())
    assert len(blocks) > 3
    assert sum(block.read for block in blocks) == 5 * len(ROWS)


def test_every_column_of_a_block_has_the_promised_type(make):
    for block in make().blocks():
        schema = block.records.schema
        assert schema[RECORD_NO] == schema[LINE_NO] == pl.Int64
        assert schema[CLEARS] == pl.List(pl.String)
        assert {schema[name] for name in COLUMNS} == {pl.String()}
        assert block.records[CLEARS].null_count() == 0
        assert dict(block.faults.schema) == rejects.SCHEMA


def test_a_source_can_be_read_again(make):
    source = make()
    assert table(source).equals(table(source))


def test_no_records_is_no_error(make):
    assert sum(block.read for block in make([]).blocks()) == 0


def test_nothing_is_skipped_where_every_row_is_a_record(make):
    assert {block.skipped for block in make(block_bytes=8).blocks()} == {NOTHING_SKIPPED}


@pytest.mark.parametrize("block_bytes", [8, 3_000_000])
def test_read_as_it_was_read_it_gives_the_same(make, block_bytes):
    source = make(block_bytes=block_bytes)
    found = table(source)
    again = make(block_bytes=block_bytes, options=source.as_read)
    assert table(again).equals(found)
    assert again.as_read == source.as_read


def test_fingerprint_follows_the_bytes(make):
    same, again, other = make().fingerprint(), make().fingerprint(), make(ROWS[1:]).fingerprint()
    assert same == again != other
    assert len(same) == 64


@pytest.mark.parametrize("block_bytes", [8, 3_000_000])
def test_rejects_come_back_with_their_numbers_and_their_text(make, refuse, tmp_path, block_bytes):
    source = make(block_bytes=block_bytes)
    out = tmp_path / "rejects.csv"
    assert source.write_rejects(refuse([2, 3, 6]), out) == 3
    returned = open_source(str(out), block_bytes=block_bytes)
    assert returned.columns == COLUMNS
    found = table(returned)
    assert found[RECORD_NO].to_list() == [2, 3, 6]
    assert found.select(COLUMNS).rows() == [ROWS[1], ROWS[2], ROWS[5]]


def test_rejects_say_why_in_words(make, refuse, tmp_path):
    out = tmp_path / "rejects.csv"
    make().write_rejects(refuse([4]), out)
    with out.open(newline="", encoding="utf-8") as stream:
        (row,) = csv.DictReader(stream)
    assert row["_record_no"] == "4"
    assert row["_errors"] == (
        'enum-error status: found "x", expected one of: a, b; condition-error: found 1; expected 2'
    )


def test_rejects_are_readable_by_their_owner_alone(make, refuse, tmp_path):
    out = tmp_path / "rejects.csv"
    out.touch(0o666)
    make().write_rejects(refuse([1]), out)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
