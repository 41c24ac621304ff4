"""The `_raw` column of an export: exact values that a typed column could not hold, back in their places as text.

`{"field": {"value": exact JSON value, "cell": text of the typed cell beside it, or null}}`. The exact value stands for
its typed cell as long as that cell still has the text it was exported with; a cell with another text was edited, and
the edit counts.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any, Final, NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.source.contract import CLEARS, LINE_NO, RAW, RECORD_NO

_COMPACT: Final = (",", ":")


class Restored(NamedTuple):
    """All records with their exact values; a fault for each whose `_raw` cannot be read (it keeps its typed values)."""

    records: pl.DataFrame
    faults: pl.DataFrame


class _Kept(NamedTuple):
    value: Any
    cell: str | None


def restore(records: pl.DataFrame) -> Restored:
    """Put the values of `_raw` in place of the cells they were exported with; `_raw` itself goes away.

    Edited cells stay as they are, and values of fields that are no column are left out.
    """
    fields = set(records.columns) - {RECORD_NO, LINE_NO, CLEARS, RAW}
    places: dict[str, dict[int, str | None]] = defaultdict(dict)
    faults: dict[int, tuple[str, str]] = {}
    rows = records.with_row_index("_row").filter(pl.col(RAW).is_not_null())
    for row, raw in rows.select("_row", RAW).iter_rows():
        try:
            exact = {
                name: _text(kept.value)
                for name, kept in _kept(raw).items()
                if name not in fields or kept.cell == records[name][row]
            }
        except UnicodeEncodeError:
            faults[row] = ("encoding-error", "found half of a surrogate pair in a text, expected Unicode characters")
        except ValueError:
            faults[row] = ("json-error", "found no JSON object of values with their cells; export the data again")
        else:
            for name in exact.keys() & fields:
                places[name][row] = exact[name]
    columns = [records[name].scatter(list(texts), list(texts.values())) for name, texts in places.items()]
    return Restored(records.with_columns(columns).drop(RAW), _fault_frame(records, faults))


def _kept(raw: str) -> dict[str, _Kept]:
    try:
        return {name: _Kept(**kept) for name, kept in json.loads(raw).items()}
    except (AttributeError, TypeError) as error:
        raise ValueError("no object of objects with these members") from error


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
