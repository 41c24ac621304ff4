from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from regbulk.schema import Schema, compile_rules, import_schema

COMPLETE = {"event_id": "e", "contact_id": "c", "type_id": "t", "package_id": "p", "name": "Ada"}


@pytest.fixture(scope="session")
def block() -> Callable[..., pl.DataFrame]:
    """Records as a source gives them, one column per keyword; `clears` lists the columns each record asks to clear."""

    def make(columns: dict[str, list[str | None]], clears: list[list[str]] | None = None) -> pl.DataFrame:
        rows = len(next(iter(columns.values())))
        own = {"_record_no": range(1, rows + 1), "_line_no": range(2, rows + 2), "_clears": clears or [[]] * rows}
        types = {"_record_no": pl.Int64, "_line_no": pl.Int64, "_clears": pl.List(pl.String)}
        return pl.DataFrame(own | columns, schema=types | dict.fromkeys(columns, pl.String))

    return make


@pytest.fixture(scope="session")
def judge(block) -> Callable[..., list[tuple[str | None, str]]]:
    """(field, code) of every rule one record breaks; absent fields are given what a complete record needs."""

    def found(record: dict[str, str | None], schema: Schema | None = None, clears: list[str] | None = None):
        columns = {name: [text] for name, text in (COMPLETE | record).items()}
        records = block(columns, [clears or []])
        rules = compile_rules(schema or import_schema(), list(columns))
        broken = pl.concat([rules.check_values(records).broken, rules.check_complete(records)])
        return broken.select("field", "code").rows()

    return found


@pytest.fixture
def own(tmp_path: Path) -> Callable[[Any], Path]:
    """A schema file of the user's."""

    def write(schema: Any) -> Path:
        path = tmp_path / "own.schema.json"
        path.write_text(json.dumps(schema))
        return path

    return write
