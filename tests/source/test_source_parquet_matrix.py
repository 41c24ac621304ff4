"""The Parquet cases of the fault matrix, each by its code."""

from __future__ import annotations

import base64
import pickle
import random
import re
import struct
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pytest

from regbulk.errors import SourceError
from regbulk.schema import compile_rules, import_schema
from regbulk.source import open_source
from regbulk.source.contract import RECORD_NO

NOT_TESTED: dict[str, str] = {}
"""Cases without a test, and why."""

_PEAK = """
import gc, sys
from regbulk.source import open_source
def peak(): return next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
def read(location):
    return sum(block.read for block in open_source(location).blocks())
read(sys.argv[1])
before = peak()
print(read(sys.argv[2]), peak() - before)
"""
"""Reads a small file, then another one: its records, and by how many MB the peak of memory grew."""


def write(path, *, name="x.parquet", options=None, **columns):
    path.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path / name, **(options or {}))
    return path / name


def blocks(path):
    return list(open_source(str(path)).blocks())


def column(path, name="a"):
    return [text for block in blocks(path) for text in block.records[name]]


def faults(path):
    return [row for block in blocks(path) for row in block.faults.select("record_no", "field", "code").rows()]


def memory(tmp_path, path):
    """How many records a fresh process finds, and what they add to its peak of memory, in MB."""
    small = write(tmp_path / "small", a=["x", "y"], n=[1, 2])
    done = subprocess.run(
        [sys.executable, "-c", _PEAK, str(small), str(path)], capture_output=True, text=True, check=True, timeout=60
    )
    records, grown = map(int, done.stdout.split())
    return records, grown


def test_p01_zero_rows_are_a_source_without_records(tmp_path):
    path = write(tmp_path, a=pa.array([], pa.string()), n=pa.array([], pa.int64()))
    assert open_source(str(path)).columns == ("a", "n")
    assert sum(block.read for block in blocks(path)) == 0


def test_p02_zero_row_groups_are_a_source_without_records(tmp_path):
    pq.ParquetWriter(tmp_path / "x.parquet", pa.schema([("a", pa.string())])).close()
    assert open_source(str(tmp_path / "x.parquet")).columns == ("a",)
    assert blocks(tmp_path / "x.parquet") == []


def test_p03_zero_columns_are_an_error(tmp_path):
    path = write(tmp_path)
    with pytest.raises(SourceError, match="no columns were found"):
        blocks(path)


def test_p04_one_large_row_group_is_read_in_bounded_memory(tmp_path):
    rows = 400_000
    texts = (f"{row:0200d}" for row in range(rows))
    options = {"row_group_size": rows, "compression": "none", "use_dictionary": False}
    path = write(tmp_path, a=pa.array(texts), options=options)
    assert path.stat().st_size > 80_000_000
    records, grown = memory(tmp_path, path)
    assert records == rows
    assert grown < 80


def test_p05_many_tiny_row_groups_come_in_few_blocks(tmp_path):
    groups = 3_000
    with pq.ParquetWriter(tmp_path / "x.parquet", pa.schema([("a", pa.string()), ("n", pa.int64())])) as writer:
        for row in range(groups):
            writer.write_table(pa.table({"a": [f"v{row}"], "n": [row]}))
    assert len(blocks(tmp_path / "x.parquet")) == 1
    assert column(tmp_path / "x.parquet") == [f"v{row}" for row in range(groups)]
    records, grown = memory(tmp_path, tmp_path / "x.parquet")
    assert records == groups
    assert grown < 60


@pytest.mark.parametrize(
    ("kind", "values", "encoding"),
    [
        (pa.string(), ["x", "xy", None, "x"], None),
        (pa.string(), ["x", "xy", None, "x"], "PLAIN"),
        (pa.string(), ["x", "xy", None, "x"], "DELTA_BYTE_ARRAY"),
        (pa.string(), ["x", "xy", None, "x"], "DELTA_LENGTH_BYTE_ARRAY"),
        (pa.int64(), [1, 2, None, -5], "DELTA_BINARY_PACKED"),
        (pa.int64(), [1, 2, None, -5], "BYTE_STREAM_SPLIT"),
        (pa.float64(), [0.5, None, -2.25, 1e10], "BYTE_STREAM_SPLIT"),
        (pa.bool_(), [True, None, False, False], "RLE"),
    ],
)
@pytest.mark.parametrize("page", ["1.0", "2.0"])
def test_p06_every_encoding_gives_the_same_values(tmp_path, kind, values, encoding, page):
    plain = column(write(tmp_path / "plain", a=pa.array(values, kind)))
    options = {"data_page_version": page, "use_dictionary": encoding is None}
    if encoding:
        options["column_encoding"] = {"a": encoding}
    path = write(tmp_path, a=pa.array(values, kind), options=options)
    with pq.ParquetFile(path) as file:
        assert (encoding or "RLE_DICTIONARY") in file.metadata.row_group(0).column(0).encodings
    assert column(path) == plain


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4", "brotli"])
def test_p07_every_codec_is_read(tmp_path, codec):
    path = write(tmp_path, a=["x" * 100, None], options={"compression": codec})
    assert column(path) == ["x" * 100, None]


def test_p07_the_old_lz4_of_hadoop_is_read(tmp_path):
    path = write(tmp_path, a=["x" * 100, None], options={"compression": "lz4", "write_statistics": False})
    body, footer = parted(path)
    old = footer.replace(b"\x15\x0e", b"\x15\x0a")  # codec 7, raw LZ4 blocks, becomes 5, which was never well defined
    path.write_bytes(body + old + path.read_bytes()[-8:])
    with pq.ParquetFile(path) as file:
        assert file.metadata.row_group(0).column(0).compression != "LZ4"
    assert column(path) == ["x" * 100, None]


class TestP08PageBombs:
    """Small files with giant values."""

    def test_p08_a_value_far_larger_than_its_file_is_refused_unread(self, tmp_path):
        path = write(
            tmp_path,
            a=["x" * 70_000_000],
            options={"compression": "zstd", "use_dictionary": False, "write_statistics": False},
        )
        assert path.stat().st_size < 10_000
        message = r"row group 1 unpacks to 70,000,0\d\d bytes, in a file of [\d,]+; if that is right, write the file"
        with pytest.raises(SourceError, match=message):
            open_source(str(path))

    def test_p08_a_text_stored_once_and_meant_often_is_read_in_bounded_memory(self, tmp_path):
        rows = 2_000
        text = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 900_000]))
        path = write(tmp_path, a=text, options={"compression": "zstd", "store_schema": False})
        assert path.stat().st_size < 10_000
        records, grown = memory(tmp_path, path)
        assert records == rows
        assert grown < 200

    @pytest.mark.parametrize("kind", ["list", "struct", "map"])
    def test_p08_also_inside_nested_values(self, tmp_path, kind):
        text = pa.DictionaryArray.from_arrays(pa.array([0] * 200, pa.int32()), pa.array(["x" * 900_000]))
        offsets = pa.array(range(0, 201, 2), pa.int32())
        nested = {
            "list": lambda: pa.ListArray.from_arrays(offsets, text),
            "struct": lambda: pa.StructArray.from_arrays([text], ["m"]),
            "map": lambda: pa.MapArray.from_arrays(offsets, pa.array(f"{key}" for key in range(200)), text),
        }[kind]()
        path = write(tmp_path, a=nested, options={"compression": "zstd", "store_schema": False})
        assert max(block.read for block in open_source(str(path)).blocks()) <= 17

    def test_p08_a_value_beyond_what_a_cell_may_hold_is_a_reject(self, tmp_path):
        path = write(tmp_path, a=["x", "y" * 1_000_001, "z"])
        assert faults(path) == [(2, None, "length-error")]
        assert column(path) == ["x", "z"]


def test_p09_ids_stored_as_numbers_are_accepted_and_told(tmp_path):
    path = write(
        tmp_path,
        id=[7, None],
        contact_id=pa.array([7, None], pa.int32()),
        idle=[1, 2],
        n=[1, 2],
        event_id=["007", None],
    )
    assert column(path, "id") == ["7", None]
    assert open_source(str(path)).decisions == (
        "column 'id': ids are stored as numbers (Int64); leading zeros, if there were any, are lost",
        "column 'contact_id': ids are stored as numbers (Int32); leading zeros, if there were any, are lost",
    )


@pytest.mark.parametrize(
    ("kind", "exact", "inexact"),
    [
        (pa.float64(), [2.0**53, 7.0, None], [2.0**53 + 2, -(2.0**60), 7.5, float("nan"), float("inf")]),
        (pa.float32(), [2.0**24, 7.0, None], [2.0**24 + 2, 7.5, float("nan")]),
    ],
)
def test_p10_ids_stored_as_floating_point_are_rejects_where_they_are_not_exact(tmp_path, kind, exact, inexact):
    path = write(tmp_path, contact_id=pa.array([*exact, *inexact], kind), n=[0.5] * (len(exact) + len(inexact)))
    assert column(path, "contact_id") == [None if value is None else str(int(value)) for value in exact]
    first = len(exact) + 1
    assert faults(path) == [(first + place, None, "damaged-value") for place in range(len(inexact))]
    (block,) = blocks(path)
    assert block.read == first - 1 + len(inexact)
    assert block.faults["message"][0].startswith("found no exact whole number in 'contact_id'; ids stored as floating")


def test_p11_a_decimal_keeps_all_its_digits(tmp_path):
    values = [Decimal("12.3456789012345678"), Decimal("0.1000000000000000"), None]
    path = write(tmp_path, a=pa.array(values, pa.decimal128(38, 16)))
    assert column(path) == ["12.3456789012345678", "0.1", None]
    wide = write(tmp_path, name="wide.parquet", a=pa.array([Decimal(1)], pa.decimal256(60, 2)))
    assert open_source(str(wide)).problems == ("column 'a' is of a type that has no text; write it as text",)


class TestP12Timestamps:
    MOMENT = datetime(2027, 3, 1, 9, 30, 0, 123456, tzinfo=UTC)

    @pytest.mark.parametrize(("unit", "fraction"), [("s", ""), ("ms", ".123"), ("us", ".123456"), ("ns", ".123456")])
    def test_p12_with_a_zone_they_are_instants(self, tmp_path, unit, fraction):
        kind = pa.timestamp(unit, "Europe/Berlin")
        path = write(tmp_path, a=pa.array([self.MOMENT], pa.timestamp("us", "UTC")).cast(kind, safe=False))
        assert column(path) == [f"2027-03-01T09:30:00{fraction}Z"]

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_p12_without_one_they_are_local_times_and_told(self, tmp_path, unit):
        naive = self.MOMENT.replace(tzinfo=None, microsecond=0)
        path = write(tmp_path, a=pa.array([naive], pa.timestamp("us")).cast(pa.timestamp(unit)))
        assert column(path) == ["2027-03-01T09:30:00"]
        assert open_source(str(path)).decisions == (
            "column 'a' holds times without a zone; a mapping says in which zone they are, or they are refused",
        )

    def test_p12_int96_keeps_years_that_nanoseconds_cannot_count(self, tmp_path):
        values = [datetime(year, 1, 1, 12) for year in (1500, 2027, 9999)]  # noqa: DTZ001 - INT96 has no zones
        path = write(tmp_path, a=values, options={"use_deprecated_int96_timestamps": True})
        assert column(path) == [f"{year}-01-01T12:00:00" for year in (1500, 2027, 9999)]

    def test_p12_a_local_time_is_refused_by_the_rules_record_by_record(self, tmp_path):
        path = write(tmp_path, date=[self.MOMENT.replace(tzinfo=None)], first_name=["Ada"])
        (block,) = blocks(path)
        found = compile_rules(import_schema(None), ["date", "first_name"]).check_values(block.records)
        assert found.broken.select("record_no", "field", "code").rows() == [(1, "date", "format-error")]


def test_p13_dates_that_no_calendar_has_are_text_that_no_rule_accepts(tmp_path):
    days = [-719529, 2932897, 2**31 - 1, -(2**31), None, -171500]
    moments = [2**63 - 1, -(2**63) + 1, 253402300800_000_000, -62167219200_000_001, None, 0]
    path = write(tmp_path, date=pa.array(days, pa.date32()), a=pa.array(moments, pa.timestamp("us", "UTC")))
    assert column(path, "date") == ["-0001-12-31", "+10000-01-01", "2147483647", "-2147483648", None, "1500-06-14"]
    assert column(path)[:2] == ["9223372036854775807", "-9223372036854775807"]
    assert column(path)[2:] == ["+10000-01-01T00:00:00Z", "-0001-12-31T23:59:59.999999Z", None, "1970-01-01T00:00:00Z"]
    (block,) = blocks(path)
    records = block.records.with_columns(date=pl.col("a"))
    found = compile_rules(import_schema(None), ["date"]).check_values(records)
    assert found.broken["record_no"].to_list() == [1, 2, 3, 4]


def test_p14_nested_values_are_json_and_an_empty_list_is_not_null(tmp_path):
    member = pa.struct([("m", pa.string()), ("l", pa.list_(pa.int64()))])
    path = write(
        tmp_path,
        a=pa.array([[1], [], None], pa.list_(pa.int64())),
        b=pa.array([{"m": "x", "l": []}, {"m": None, "l": None}, None], member),
        c=pa.array([[{"m": "x", "l": [1]}], [], None], pa.list_(member)),
        d=pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64())),
    )
    assert column(path, "a") == ["[1]", "[]", None]
    assert column(path, "b") == ['{"m":"x","l":[]}', "{}", None]
    assert column(path, "c") == ['[{"m":"x","l":[1]}]', "[]", None]
    assert column(path, "d") == ['{"k":1}', "{}", None]


def test_p15_a_column_of_the_null_type_is_empty(tmp_path):
    assert column(write(tmp_path, a=pa.nulls(3), b=[1, 2, 3])) == [None] * 3


def test_p16_nulls_inside_required_lists_are_rejects(tmp_path):
    sessions = pa.array([[{"session_id": "s"}], [None], [{"session_id": None}]])
    path = write(tmp_path, sessions=sessions, first_name=["Ada", "Grace", "Edsger"])
    assert column(path, "sessions") == ['[{"session_id":"s"}]', "[null]", "[{}]"]
    (block,) = blocks(path)
    found = compile_rules(import_schema(None), ["sessions", "first_name"]).check_values(block.records)
    assert 2 in found.broken["record_no"].to_list()
    assert 1 not in found.broken["record_no"].to_list()


def test_p17_names_that_cannot_be_told_apart_are_all_named(tmp_path):
    arrays = [pa.array([number]) for number in range(4)]
    pq.write_table(pa.Table.from_arrays(arrays, names=["a", "a", "Status", "status"]), tmp_path / "x.parquet")
    with pytest.raises(SourceError) as error:
        blocks(tmp_path / "x.parquet")
    assert error.value.problems == (
        "column 'a' stands 2 times (columns 1, 2); keep one",
        "columns 'Status' and 'status' differ only in case or spaces (columns 3, 4); keep one",
    )


def test_p18_values_of_a_categorical_that_no_record_has_are_not_seen(tmp_path):
    values = pa.DictionaryArray.from_arrays(pa.array([2, None, 2], pa.int8()), pa.array(["unused", "other", "x"]))
    assert column(write(tmp_path, a=values)) == ["x", None, "x"]


def parted(path):
    """What stands before the footer, and the footer."""
    data = path.read_bytes()
    (length,) = struct.unpack("<I", data[-8:-4])
    return data[: -8 - length], data[-8 - length : -8]


class TestP19Damage:
    @pytest.fixture
    def path(self, tmp_path):
        return write(
            tmp_path, a=["x", "y"] * 50, n=list(range(100)), l=[[1, None], []] * 50, options={"row_group_size": 50}
        )

    @pytest.mark.parametrize(
        "damage",
        [
            lambda data: data[:0],
            lambda data: data[:4],
            lambda data: data[:-1],
            lambda data: data[:-20],
            lambda data: data[: len(data) // 2],
            lambda data: b"XXXX" + data[4:-4] + b"XXXX",
            lambda data: data[:-8] + struct.pack("<I", 2**31) + b"PAR1",
            lambda data: data[:-8] + struct.pack("<I", 3) + b"PAR1",
            lambda data: data[:-40] + b"\xff" * 32 + data[-8:],
            lambda data: data[:4] + b"\0" * 40 + data[44:],
        ],
    )
    def test_p19_a_damaged_file_is_an_error_with_its_name(self, path, damage):
        path.write_bytes(damage(path.read_bytes()))
        with pytest.raises(SourceError, match=r"x\.parquet"):
            blocks(path)

    def test_p19_whatever_bytes_of_the_footer_are_wrong_it_is_an_error_or_read(self, path):
        body, footer = parted(path)
        end = path.read_bytes()[-8:]
        for seed in range(250):
            rng = random.Random(seed)
            changed = bytearray(footer)
            for _ in range(rng.choice((1, 1, 2, 5))):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            path.write_bytes(body + changed + end)
            try:
                blocks(path)
            except SourceError:
                continue

    def test_p19_bytes_that_are_no_text_are_rejects(self, tmp_path):
        bad = pa.array([b"ok", b"M\xfcller", None, b"x" * 30 + b"\xff"], pa.binary()).view(pa.string())
        nested = pa.StructArray.from_arrays(
            [pa.array([b"m", b"m", b"\xff", b"m"], pa.binary()).view(pa.string())], ["m"]
        )
        path = write(tmp_path, a=bad, b=nested, options={"write_statistics": False})
        assert column(path) == ["ok"]
        (block,) = blocks(path)
        assert block.faults.select("record_no", "code", "message").rows() == [
            (number, "encoding-error", f"found bytes that are no UTF-8 text in '{name}'; write it again as UTF-8")
            for number, name in ((2, "a"), (3, "b"), (4, "a"))
        ]
        assert open_source(str(path)).write_rejects(block.faults, tmp_path / "rejects.csv") == 3
        assert "M\ufffdller" in (tmp_path / "rejects.csv").read_text(encoding="utf-8")


def test_p20_statistics_that_lie_hide_no_record(tmp_path):
    path = write(tmp_path, a=["bbbb", "cccc", "yyyy"], options={"use_dictionary": False, "compression": "none"})
    body, footer = parted(path)
    assert footer.count(b"yyyy")
    path.write_bytes(body + footer.replace(b"yyyy", b"bbbb").replace(b"bbbb", b"zzzz") + path.read_bytes()[-8:])
    with pq.ParquetFile(path) as file:
        told = file.metadata.row_group(0).column(0).statistics
        assert (told.min, told.max) == ("zzzz", "zzzz")
    assert column(path) == ["bbbb", "cccc", "yyyy"]


def test_p21_parts_with_other_columns_are_named_and_other_types_are_read(tmp_path):
    write(tmp_path, name="1.parquet", a=[1], b=["x"])
    write(tmp_path, name="2.parquet", b=[True], a=["07"])
    assert column(tmp_path) == ["1", "07"]
    write(tmp_path, name="3.parquet", a=[1], c=[2])
    assert open_source(str(tmp_path)).problems == (
        "3.parquet: lacks column 'b', 1.parquet has it",
        "3.parquet: has column 'c', 1.parquet has not",
    )


class _Keys(pe.KmsClient):
    """Keeps keys as they are."""

    def __init__(self, _settings):
        super().__init__()

    def wrap_key(self, key, _master):
        return base64.b64encode(key)

    def unwrap_key(self, key, _master):
        return base64.b64decode(key)


@pytest.mark.parametrize("name", ["x.parquet", "x"])
@pytest.mark.parametrize("plaintext_footer", [False, True])
def test_p22_an_encrypted_file_is_an_error_that_says_so(tmp_path, name, plaintext_footer):
    table = pa.table({"a": ["x"], "n": [1]})
    how = pe.EncryptionConfiguration(footer_key="f", column_keys={"c": ["a"]}, plaintext_footer=plaintext_footer)
    keys = pe.CryptoFactory(_Keys).file_encryption_properties(pe.KmsConnectionConfig(), how)
    with pq.ParquetWriter(tmp_path / name, table.schema, encryption_properties=keys) as writer:
        writer.write_table(table)
    with pytest.raises(SourceError, match=r"the file is encrypted \(Parquet modular encryption\)"):
        blocks(tmp_path / name)


class _Trap:
    """Leaves a trace when it is unpickled."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_p23_no_code_in_an_extension_type_is_run(tmp_path):
    trace = tmp_path / "was-here"
    told = {
        b"ARROW:extension:name": b"arrow.py_extension_type",
        b"ARROW:extension:metadata": pickle.dumps(_Trap(trace)),
    }
    schema = pa.schema([pa.field("a", pa.string(), metadata=told)])
    pq.write_table(pa.table([pa.array(["x"])], schema=schema), tmp_path / "x.parquet")
    assert column(tmp_path / "x.parquet") == ["x"]
    assert not trace.exists()
    assert tuple(map(int, version("pyarrow").split(".")[:3])) > (14, 0, 0)


def test_p23_extension_types_are_what_they_are_stored_as_or_a_problem(tmp_path):
    path = write(tmp_path, a=pa.array(['{"m":1}'], pa.json_()), options={"store_schema": False})
    assert column(path) == ['{"m":1}']
    ids = write(tmp_path, name="ids.parquet", a=pa.array([b"0" * 16], pa.uuid()))
    assert open_source(str(ids)).problems == ("column 'a' is of a type that has no text; write it as text",)


class TestP24HiddenParts:
    @pytest.fixture
    def folder(self, tmp_path):
        for name in ("a.parquet", ".hidden.parquet", "_temporary/0/part.parquet", "2026/part.parquet"):
            write(
                (tmp_path / "set" / name).parent, name=name.rpartition("/")[2], a=["x" if name == "a.parquet" else "y"]
            )
        (tmp_path / "set" / "_SUCCESS").touch()
        return tmp_path / "set"

    def test_p24_they_are_left_out_of_a_folder_and_told(self, folder):
        assert column(folder) == ["x"]
        assert open_source(str(folder)).decisions == (
            "left out, as their names begin with _ or .: '.hidden.parquet', '_temporary/'",
            "left out, as only folders named column=value are read: '2026/'",
        )

    def test_p24_they_are_left_out_of_a_pattern_and_told(self, folder):
        assert column(folder / "**" / "*.parquet") == ["y", "x"]
        (remark,) = open_source(str(folder / "**" / "*.parquet")).decisions
        assert "'_temporary/0/part.parquet'" in remark


class TestP25HivePartitions:
    def test_p25_what_the_folders_say_is_a_column(self, tmp_path):
        for folder, number in (("event_id=a b/year=2026", 1), ("event_id=c%2Fd/year=__HIVE_DEFAULT_PARTITION__", 2)):
            write(tmp_path / folder, n=[number])
        source = open_source(str(tmp_path))
        assert source.columns == ("n", "event_id", "year")
        found = pl.concat(block.records for block in source.blocks())
        assert found.select(source.columns).rows() == [("1", "a b", "2026"), ("2", "c/d", None)]
        assert source.decisions == ("read from the names of the folders: column 'event_id', 'year'",)
        assert column(tmp_path / "event_id=*" / "*" / "*.parquet", "year") == ["2026", None]

    def test_p25_a_record_that_says_otherwise_is_a_reject(self, tmp_path):
        write(tmp_path / "event_id=a" / "month=03", event_id=["a", "b", None], month=[3, 3, 3], n=[1, 2, 3])
        write(tmp_path / "event_id=b" / "month=04", event_id=["b"], month=[3], n=[4])
        assert faults(tmp_path) == [(number, None, "condition-error") for number in (2, 3, 4)]
        assert column(tmp_path, "n") == ["1"]
        assert blocks(tmp_path)[0].faults["message"][0] == (
            "found another value in column 'event_id' than in the name of its folder, expected 'a'; correct one"
        )

    def test_p25_parts_without_the_folder_lack_the_column(self, tmp_path):
        write(tmp_path / "year=2026", n=[1])
        write(tmp_path, name="z.parquet", n=[2])
        assert open_source(str(tmp_path)).problems == ("z.parquet: lacks column 'year', year=2026/x.parquet has it",)

    def test_p25_a_file_moved_to_another_folder_is_another_source(self, tmp_path):
        for year in (2025, 2026):
            write(tmp_path / f"year={year}", n=[year])
        before = open_source(str(tmp_path)).fingerprint()
        (tmp_path / "year=2026").rename(tmp_path / "year=2027")
        assert open_source(str(tmp_path)).fingerprint() != before

    def test_p25_folders_above_the_address_say_nothing(self, tmp_path):
        path = write(tmp_path / "year=2026", n=[1])
        assert open_source(str(path)).columns == ("n",)
        assert open_source(str(path.parent)).columns == ("n",)


def test_records_are_numbered_through_all_parts(tmp_path):
    for year in (2026, 2027):
        write(tmp_path / f"year={year}", day=[date(year, 1, 1)])
    assert [number for block in blocks(tmp_path) for number in block.records[RECORD_NO]] == [1, 2]


def test_every_case_has_a_test_or_a_reason():
    tested = {f"P{number}" for number in re.findall(r"def test_p0?(\d+)_", Path(__file__).read_text(encoding="utf-8"))}
    assert not tested & NOT_TESTED.keys()
    assert tested | NOT_TESTED.keys() == {f"P{number}" for number in range(1, 26)}
