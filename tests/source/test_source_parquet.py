"""Parquet: sets of files, bounded blocks, `_raw`, and files that cannot be read."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regbulk import rejects
from regbulk.errors import SourceError
from regbulk.source import open_source
from regbulk.source.contract import RECORD_NO


def write(path, **columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path)
    return path


def table(source):
    return pl.concat(block.records for block in source.blocks())


@pytest.fixture
def folder(tmp_path):
    """Three parts of one set, with what writers leave beside them."""
    for part, values in (("b", [3, 4]), ("a", [1, 2]), ("c", [5])):
        write(tmp_path / "set" / f"part-{part}.parquet", n=values)
    for name in ("_metadata.parquet", ".hidden.parquet", "_temporary/part.parquet"):
        write(tmp_path / "set" / name, other=[0])
    (tmp_path / "set" / "_SUCCESS").touch()
    return tmp_path / "set"


@pytest.mark.parametrize("pattern", ["", "*.parquet", "part-?.parquet"])
def test_a_set_is_read_in_the_order_of_its_names_and_numbered_through(folder, pattern):
    source = open_source(str(folder / pattern))
    found = table(source)
    assert source.name == "part-a.parquet"
    assert found["n"].to_list() == ["1", "2", "3", "4", "5"]
    assert found[RECORD_NO].to_list() == [1, 2, 3, 4, 5]


def test_a_set_behind_an_address():
    frame = pl.DataFrame({"n": [1, 2]})
    import fsspec

    with fsspec.open("memory://lake/set/p.parquet", "wb") as stream:
        frame.write_parquet(stream)
    assert table(open_source("memory://lake/set"))["n"].to_list() == ["1", "2"]
    assert table(open_source("memory://lake/set/*.parquet"))["n"].to_list() == ["1", "2"]


def test_the_fingerprint_of_a_set_covers_the_names(folder):
    before = open_source(str(folder)).fingerprint()
    (folder / "part-c.parquet").rename(folder / "part-d.parquet")
    assert open_source(str(folder)).fingerprint() != before


def test_columns_may_stand_in_another_order_and_be_of_another_type(tmp_path):
    write(tmp_path / "1.parquet", a=[1], b=["x"])
    write(tmp_path / "2.parquet", b=[True], a=["7"])
    found = table(open_source(str(tmp_path)))
    assert found.select("a", "b").rows() == [("1", "x"), ("7", "true")]


def test_all_differences_in_columns_are_told_at_once_with_their_files(tmp_path):
    write(tmp_path / "1.parquet", a=[1], b=[1], d=[timedelta(1)])
    write(tmp_path / "2.parquet", a=[1], c=[1], d=["x"])
    write(tmp_path / "3.parquet", a=[b"x"], b=[1], d=["x"])
    source = open_source(str(tmp_path))
    assert [problem.partition(";")[0] for problem in source.problems] == [
        "column 'd' is of type Duration, which no field has",
        "2.parquet: lacks column 'b', 1.parquet has it",
        "2.parquet: has column 'c', 1.parquet has not",
        "column 'a' is of type Binary, which no field has",
    ]
    with pytest.raises(SourceError, match="4 problems"):
        list(source.blocks())


def test_types_unknown_to_the_reader_are_problems_too(tmp_path):
    wide = pa.array([None], pa.decimal256(60, 2))
    source = open_source(
        str(write(tmp_path / "x.parquet", a=wide, b=pa.array([{"c": None}], pa.struct([("c", wide.type)]))))
    )
    assert [problem.partition(";")[0] for problem in source.problems] == [
        "column 'a' is of a type that has no text",
        "column 'b' is of a type that has no text",
    ]


def test_names_standing_twice_are_refused(tmp_path):
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    pq.write_table(twice, tmp_path / "x.parquet")
    with pytest.raises(SourceError, match="column 'a' stands 2 times"):
        list(open_source(str(tmp_path / "x.parquet")).blocks())


def test_no_row_groups_and_no_columns(tmp_path):
    path = tmp_path / "x.parquet"
    pq.ParquetWriter(path, pa.schema([("a", pa.string())])).close()
    assert list(open_source(str(path)).blocks()) == []
    pq.write_table(pa.table({}), path)
    with pytest.raises(SourceError, match="no columns were found"):
        list(open_source(str(path)).blocks())


def test_one_large_row_group_comes_in_many_blocks(tmp_path):
    path = write(tmp_path / "x.parquet", a=[f"{number:0100}" for number in range(20_000)])
    blocks = list(open_source(str(path), block_bytes=100_000).blocks())
    assert max(block.read for block in blocks) < 2_000
    assert sum(block.read for block in blocks) == 20_000


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_every_codec_is_read(tmp_path, codec):
    pq.write_table(pa.table({"a": ["x", None]}), tmp_path / "x.parquet", compression=codec)
    assert table(open_source(str(tmp_path / "x.parquet")))["a"].to_list() == ["x", None]


@pytest.mark.parametrize("damage", [b"", b"not parquet at all", None])
def test_files_that_are_no_parquet_are_named_all_of_them(tmp_path, damage):
    good = write(tmp_path / "1.parquet", a=[1]).read_bytes()
    for name in ("2.parquet", "3.parquet"):
        (tmp_path / name).write_bytes(good[:-7] if damage is None else damage)
    with pytest.raises(SourceError) as error:
        open_source(str(tmp_path))
    assert [problem.partition(":")[0] for problem in error.value.problems] == ["2.parquet", "3.parquet"]


class TestExactValuesOfAnExport:
    RAW = (
        (
            '{"n":{"value":12345678901234567890123,"cell":"1"},"o":{"value":{"k":[1.0,"é",null]},"cell":"{}"},'
            '"t":{"value":"2024-02-30","cell":"a"},"b":{"value":null,"cell":"true"},"unknown":{"value":1,"cell":null},'
            '"_line_no":{"value":1,"cell":null}}'
        ),
        None,
        '{"t":{"value":"","cell":"c"},"b":{"value":false,"cell":null}}',
    )

    @pytest.fixture
    def path(self, tmp_path):
        return write(
            tmp_path / "x.parquet",
            n=[1, 2, 3],
            o=["{}", "[]", None],
            t=["a", "b", "c"],
            b=[True, True, None],
            _raw=self.RAW,
        )

    def test_they_win_over_the_typed_columns_and_are_no_column_themselves(self, path):
        source = open_source(str(path))
        assert source.columns == ("n", "o", "t", "b")
        assert table(source).select(source.columns).rows() == [
            ("12345678901234567890123", '{"k":[1.0,"é",null]}', "2024-02-30", None),
            ("2", "[]", "b", "true"),
            ("3", None, None, "false"),
        ]

    def test_an_edited_cell_wins_over_them(self, tmp_path):
        raw = '{"t":{"value":"exact","cell":"a"},"n":{"value":1.5,"cell":null}}'
        bad = '{"t":{"value":"\\ud800","cell":null}}'
        path = write(tmp_path / "x.parquet", t=["a", "A", None, "b"], n=[None, None, 2, 3], _raw=[raw, raw, raw, bad])
        source = open_source(str(path))
        assert table(source).select("t", "n").rows() == [("exact", "1.5"), ("A", "1.5"), (None, "2"), ("b", "3")]

    def test_a_set_may_have_them_in_some_files(self, path):
        write(path.with_name("y.parquet"), n=[4], o=["x"], t=["d"], b=[True])
        assert table(open_source(str(path.parent))).height == 4

    def test_texts_that_cannot_be_read_are_faults_of_their_record(self, tmp_path):
        raw = [
            "{",
            "[]",
            '{"t":{"value":"\\ud800","cell":"c"}}',
            '{"t":{"value":"ok","cell":"d"}}',
            '{"t":1}',
            '{"t":{"value":1}}',
        ]
        path = write(tmp_path / "x.parquet", t=list("abcdef"), _raw=raw)
        source = open_source(str(path))
        (block,) = source.blocks()
        assert block.faults.select("record_no", "field", "code").rows() == [
            (1, "_raw", "json-error"),
            (2, "_raw", "json-error"),
            (3, "_raw", "encoding-error"),
            (5, "_raw", "json-error"),
            (6, "_raw", "json-error"),
        ]
        assert block.records.select(RECORD_NO, "t").rows() == [(4, "ok")]
        assert block.read == 6
        assert source.write_rejects(block.faults, tmp_path / "rejects.csv") == 5

    def test_a_column_of_that_name_must_be_text(self, tmp_path):
        (problem,) = open_source(str(write(tmp_path / "x.parquet", a=[1], _raw=[1]))).problems
        assert problem.startswith("column '_raw' is regbulk's own and holds JSON text")


def test_typed_values_come_back_from_rejects_as_the_same_text(tmp_path):
    path = write(tmp_path / "x.parquet", n=[1.5, 2.0], o=[{"a": 'x"'}, None], s=["a\r\nb", " "])
    source = open_source(str(path))
    broken = pl.DataFrame(
        [(number, None, None, "condition-error", "m", None) for number in (1, 2)], schema=rejects.SCHEMA, orient="row"
    )
    source.write_rejects(broken, tmp_path / "rejects.csv")
    returned = open_source(str(tmp_path / "rejects.csv"))
    assert table(returned).select(RECORD_NO, *source.columns).equals(table(source).select(RECORD_NO, *source.columns))


def test_rejects_carry_the_load_that_refused_them(tmp_path, refuse):
    source = open_source(str(write(tmp_path / "x.parquet", a=["x", "y"])))
    source.write_rejects(refuse([2]), tmp_path / "rejects.csv", load_id="20270301T093000Z-a1b2c3")
    returned = open_source(str(tmp_path / "rejects.csv"))
    assert returned.returned_from == "20270301T093000Z-a1b2c3"
    assert table(returned).select(RECORD_NO, "a").rows() == [(2, "y")]
    assert source.returned_from is None
    assert source.decisions == ()
