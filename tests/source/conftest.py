from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from regbulk import rejects
from regbulk.source import Source, open_source
from regbulk.source.options import SourceOptions

OpenBytes = Callable[..., Source]


@pytest.fixture
def open_bytes(tmp_path: Path) -> OpenBytes:
    """Writes bytes to a file and opens it as a source, read as told."""

    def write_and_open(
        data: bytes, *, name: str = "registrations.csv", block_bytes: int = 3_000_000, **told: str
    ) -> Source:
        path = tmp_path / name
        path.write_bytes(data)
        return open_source(str(path), SourceOptions(**told), block_bytes=block_bytes)

    return write_and_open


@pytest.fixture
def refuse() -> Callable[[Sequence[int]], pl.DataFrame]:
    """Rejects for some record numbers, two broken rules each."""

    def rejected(numbers: Sequence[int]) -> pl.DataFrame:
        rows = [
            row
            for number in numbers
            for row in (
                (number, None, "status", "enum-error", 'found "x", expected one of: a, b', "x"),
                (number, None, None, "condition-error", "found 1; expected 2", None),
            )
        ]
        return pl.DataFrame(rows, schema=rejects.SCHEMA, orient="row")

    return rejected
