"""Typed Parquet values as the text a CSV cell would hold."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal

import polars as pl
import pyarrow as pa
import pytest

from regbulk.source import cells

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 678900, tzinfo=UTC)
SECOND = MOMENT.replace(microsecond=0)
NAMED = pa.struct([("a", pa.string()), ("n", pa.float64()), ("t", pa.timestamp("us", "UTC"))])


def texts(values, kind):
    frame = pl.DataFrame(pa.table({"x": pa.array(values, kind)}))
    return frame.select(cells.text("x", frame.schema["x"]))["x"].to_list()


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        (["a", "", None, " b "], pa.string(), ["a", None, None, " b "]),
        (["a", "", None], pa.dictionary(pa.int8(), pa.string()), ["a", None, None]),
        ([-1, 0, None], pa.int8(), ["-1", "0", None]),
        ([2**64 - 1], pa.uint64(), ["18446744073709551615"]),
        ([1.0, -0.0, 0.1, 1e-7, None], pa.float64(), ["1", "0", "0.1", "1e-7", None]),
        ([2.0**53, 123456789.25], pa.float64(), ["9007199254740992", "123456789.25"]),
        ([0.1, 1e10], pa.float32(), ["0.1", "10000000000"]),
        ([float("nan"), float("inf")], pa.float64(), ["NaN", "inf"]),
        ([Decimal("12.3400"), Decimal(100), Decimal("-0.5")], pa.decimal128(18, 4), ["12.34", "100", "-0.5"]),
        ([Decimal(100)], pa.decimal128(5, 0), ["100"]),
        ([True, False, None], pa.bool_(), ["true", "false", None]),
        ([None, None], pa.null(), [None, None]),
        ([SECOND, MOMENT], pa.timestamp("us", "UTC"), ["2024-01-02T03:04:05Z", "2024-01-02T03:04:05.678900Z"]),
        ([MOMENT], pa.timestamp("ms", "Europe/Berlin"), ["2024-01-02T03:04:05.678Z"]),
        ([1, 10**9], pa.timestamp("ns", "UTC"), ["1970-01-01T00:00:00.000000001Z", "1970-01-01T00:00:01Z"]),
        ([MOMENT.replace(tzinfo=None)], pa.timestamp("us"), ["2024-01-02T03:04:05.678900"]),
        ([date(2024, 1, 2), None], pa.date32(), ["2024-01-02", None]),
        ([time(9, 30), time(9, 30, 0, 500_000)], pa.time64("us"), ["09:30:00", "09:30:00.500"]),
    ],
    ids=lambda value: str(value) if isinstance(value, pa.DataType) else "",
)
def test_scalars(values, kind, expected):
    assert texts(values, kind) == expected


@pytest.mark.parametrize(
    ("values", "kind", "expected"),
    [
        ([{"a": 'é"\n\\', "n": 1.5}, None, {}], NAMED, ['{"a":"é\\"\\n\\\\","n":1.5}', None, "{}"]),
        ([{"a": "", "t": SECOND}], NAMED, ['{"a":"","t":"2024-01-02T03:04:05Z"}']),
        ([[1, None], [], None], pa.list_(pa.int64()), ["[1,null]", "[]", None]),
        ([["a,b", 'c"']], pa.large_list(pa.string()), ['["a,b","c\\""]']),
        ([[True, False]], pa.list_(pa.bool_(), 2), ["[true,false]"]),
        ([[{"a": "x"}, None, {}], []], pa.list_(NAMED), ['[{"a":"x"},null,{}]', "[]"]),
        ([{"l": [{"a": "x"}]}], pa.struct([("l", pa.list_(NAMED))]), ['{"l":[{"a":"x"}]}']),
        ([{"s": None}, {"s": {"a": None}}], pa.struct([("s", NAMED)]), ["{}", '{"s":{}}']),
        ([[[1], None, []]], pa.list_(pa.list_(pa.int8())), ["[[1],null,[]]"]),
        ([[("k", 1), ('"', None)], [], None], pa.map_(pa.string(), pa.int64()), ['{"k":1,"\\"":null}', "{}", None]),
        ([{'"q"': "x"}], pa.struct([('"q"', pa.string())]), ['{"\\"q\\"":"x"}']),
    ],
)
def test_nested_values_are_json(values, kind, expected):
    found = texts(values, kind)
    assert found == expected
    assert all(json.loads(text) is not None for text in found if text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[{"a": 1.0}]', '[{"a": 1.0}]'),
        (" []", " []"),
        ('{"a":1}', '"{\\"a\\":1}"'),
        ('[1],"b":[2]', '"[1],\\"b\\":[2]"'),
        ("[1", '"[1"'),
        ("", '""'),
    ],
)
def test_a_table_as_json_text_in_a_struct_is_an_array_and_other_text_there_is_not(text, expected):
    kind = pa.list_(pa.struct([("table_value", pa.string()), ("string_value", pa.string())]))
    found = texts([[{"table_value": text, "string_value": "[1]"}, {}]], kind)
    assert found == [f'[{{"table_value":{expected},"string_value":"[1]"}},{{}}]']
    assert json.loads(found[0])


def test_a_nested_nan_is_not_turned_into_null():
    assert texts([[float("nan")]], pa.list_(pa.float64())) == ["[NaN]"]


@pytest.mark.parametrize(
    ("kind", "problem"),
    [
        (pl.Duration("ms"), "column 'x' is of type Duration, which no field has; write it as text"),
        (pl.Binary(), "column 'x' is of type Binary"),
        (pl.Struct({"m": pl.List(pl.Binary())}), "column 'x.m[]' is of type Binary"),
    ],
)
def test_types_that_have_no_text_say_so_and_what_to_do(kind, problem):
    (found,) = cells.type_problems("x", kind)
    assert found.startswith(problem)


def test_all_members_of_a_struct_are_looked_at():
    assert len(cells.type_problems("x", pl.Struct({"a": pl.Duration(), "b": pl.String(), "c": pl.Binary()}))) == 2
