from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl
import pytest

from regbulk.errors import MappingError
from regbulk.mapping import Converted, compile_mapping, read_mapping
from regbulk.schema import import_schema

Columns = Mapping[str, Sequence[str | None]]


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a mapping file, and further files by their names."""

    def written(text: str | bytes, files: Mapping[str, str | bytes] | None = None) -> Path:
        path = tmp_path / "mapping.yaml"
        for name, content in {"mapping.yaml": text, **(files or {})}.items():
            data = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(data)
        return path

    return written


@pytest.fixture
def read(write):
    """Reads the text of a mapping."""

    def mapping(text, files=None):
        return read_mapping(write(text, files))

    return mapping


@pytest.fixture
def problems(read) -> Callable[..., list[str]]:
    """The problems of a mapping that is refused, each as `line N, key: text`."""

    def found(text, files=None):
        with pytest.raises(MappingError) as error:
            read(text, files)
        head, *lines = str(error.value).split("\n  - ")
        count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
        assert head == f"mapping.yaml: {count}, nothing was read:"
        return lines

    return found


@pytest.fixture(scope="session")
def block() -> Callable[..., pl.DataFrame]:
    """Records as a source gives them; `clears` lists the columns each record asks to clear."""

    def made(columns: Columns, clears: Sequence[Sequence[str]] | None = None) -> pl.DataFrame:
        rows = len(next(iter(columns.values())))
        own = {
            "_record_no": range(1, rows + 1),
            "_line_no": range(2, rows + 2),
            "_clears": clears or [[]] * rows,
        }
        types = {"_record_no": pl.Int64, "_line_no": pl.Int64, "_clears": pl.List(pl.String)}
        return pl.DataFrame(own | dict(columns), schema=types | dict.fromkeys(columns, pl.String))

    return made


@pytest.fixture
def convert(read, block) -> Callable[..., Converted]:
    """Converts columns of text by the text of a mapping."""

    def converted(text: str | None, columns: Columns, clears=None, files=None) -> Converted:
        mapping = None if text is None else read(text, files)
        converter = compile_mapping(mapping, list(columns), import_schema(), source_name="legacy.csv")
        return converter.convert(block(columns, clears))

    return converted


@pytest.fixture
def values(convert) -> Callable[..., list[str | None]]:
    """What becomes of the cells of one column `X`, by what a mapping says of it; none of them may break a rule."""

    def found(said: str, cells: Sequence[str | None], *, before: str = "", files=None) -> list[str | None]:
        converted = convert(f"{before}\ncolumns:\n  X: {said}\n", {"X": cells}, files=files)
        assert converted.faults.rows() == []
        (field,) = converted.records.columns[3:]
        return converted.records[field].to_list()

    return found


@pytest.fixture
def refused(convert) -> Callable[..., list[tuple[str, str]]]:
    """(code, message) of the only rule that each cell of a column `X` breaks; every cell must break one."""

    def found(said: str, cells: Sequence[str], *, before: str = "", files=None) -> list[tuple[str, str]]:
        converted = convert(f"{before}\ncolumns:\n  X: {said}\n", {"X": cells}, files=files)
        assert converted.faults["record_no"].to_list() == list(range(1, len(cells) + 1))
        assert converted.faults["value"].to_list() == list(cells)
        (field,) = converted.records.columns[3:]
        assert converted.records[field].null_count() == len(cells)
        messages = [message.removeprefix("column 'X': ") for message in converted.faults["message"]]
        return list(zip(converted.faults["code"], messages, strict=True))

    return found
