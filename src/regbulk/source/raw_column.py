"""The `_raw` column of an export: exact values that a typed column could not hold, back in their places as text."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any, Final, NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.source.contract import LINE_NO, RAW, RECORD_NO

_COMPACT: Final = (",", ":")


class Restored(NamedTuple):
    """All records with their exact values; a fault for each whose `_raw` cannot be read (it keeps its typed values)."""

    records: pl.DataFrame
    faults: pl.DataFrame


def restore(records: pl.DataFrame) -> Restored:
    """Put the values of `_raw` in place of those of the columns of the same name; `_raw` itself goes away."""
    places: dict[str, dict[int, str | None]] = defaultdict(dict)
    faults: dict[int, tuple[str, str]] = {}
    rows = records.with_row_index("_row").filter(pl.col(RAW).is_not_null())
    for row, raw in rows.select("_row", RAW).iter_rows():
        try:
            values = _texts(raw)
        except UnicodeEncodeError:
            faults[row] = ("encoding-error", "found half of a surrogate pair in a text, expected Unicode characters")
        except ValueError:
            faults[row] = ("json-error", "found no JSON object; export the data again")
        else:
            for name in values.keys() & set(records.columns):
                places[name][row] = values[name]
    exact = [records[name].scatter(list(texts), list(texts.values())) for name, texts in places.items()]
    return Restored(records.with_columns(exact).drop(RAW), _fault_frame(records, faults))


def _texts(raw: str) -> dict[str, str | None]:
    values = json.loads(raw)
    if not isinstance(values, dict):
        raise ValueError("not an object")  # noqa: TRY004 - one kind of bad text among others
    return {name: _text(value) for name, value in values.items()}


def _text(value: Any) -> str | None:  # noqa: ANN401 - any JSON value
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=_COMPACT)
    text.encode()
    return text


def _fault_frame(records: pl.DataFrame, faults: dict[int, tuple[str, str]]) -> pl.DataFrame:
    rows = [
        (records[RECORD_NO][row], records[LINE_NO][row], RAW, code, message, None)
        for row, (code, message) in sorted(faults.items())
    ]
    return pl.DataFrame(rows, schema=rejects.SCHEMA, orient="row")
