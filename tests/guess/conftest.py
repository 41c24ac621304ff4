from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from regbulk.guess import Draft, Request, guess_mapping, written
from regbulk.guess.entry import Entry
from regbulk.mapping import Converted, compile_mapping, read_mapping
from regbulk.schema import import_schema
from regbulk.source import Source, open_source


@dataclass
class Guessed:
    """A draft with its text; the mapping file lies in `folder`."""

    source: Source
    draft: Draft
    text: str
    folder: Path

    def entry(self, column: str) -> Entry:
        return next(entry for entry in self.draft.entries if entry.column == column)

    def says(self, column: str) -> Any:
        """What the mapping file says of a column, as YAML reads it; None where it says nothing."""
        return (yaml.safe_load(self.text)["columns"] or {}).get(column)

    def lines(self, column: str) -> list[str]:
        """The lines of the draft about a column, without the indent."""
        inside = re.split(r"^columns:.*\n", self.text, maxsplit=1, flags=re.MULTILINE)[1].split("\n\n")
        number = [entry.column for entry in self.draft.entries].index(column)
        return [line.strip() for line in inside[number].strip("\n").split("\n")]

    def converted(self, text: str | None = None, **more: Any) -> Converted:
        """The records by this mapping, with everything else ignored that it says nothing of."""
        said = yaml.safe_load(text or self.text) | more
        open_ = [entry.column for entry in self.draft.entries if entry.column not in (said["columns"] or {})]
        said["columns"] = (said["columns"] or {}) | dict.fromkeys(open_, "ignore")
        path = self.folder / "mapping.yaml"
        path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
        converter = compile_mapping(
            read_mapping(path), self.source.columns, import_schema(), source_name=self.source.name
        )
        done = [converter.convert(block.records) for block in self.source.blocks()]
        return Converted(pl.concat([each.records for each in done]), pl.concat([each.faults for each in done]))


@pytest.fixture(scope="session")
def guess_file() -> Callable[..., Guessed]:
    """Drafts a mapping for a file; the mapping is to lie beside it."""
    return guessed_from


@pytest.fixture
def guessed(tmp_path: Path) -> Callable[..., Guessed]:
    """Drafts a mapping for columns given as lists of cells."""

    def make(columns: dict[str, Sequence[str]], *, lookups: Sequence[Path] = ()) -> Guessed:
        path = tmp_path / "source.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([list(columns), *zip(*columns.values(), strict=True)])
        return guessed_from(path, lookups=lookups)

    return make


def guessed_from(path: Path, *, lookups: Sequence[Path] = ()) -> Guessed:
    source = open_source(str(path))
    draft = guess_mapping(source, Request(lookups=tuple(lookups), beside=path.parent))
    return Guessed(source, draft, written(draft), path.parent)
