"""Tables beside a mapping that say what texts mean: CSV of any dialect, or Parquet."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from regbulk.errors import SourceError
from regbulk.mapping.mapping import Lookup
from regbulk.mapping.problems import hint
from regbulk.mapping.text import trimmed, without
from regbulk.schema import nearest
from regbulk.source import Source, open_source
from regbulk.source.contract import LINE_NO

_LONGEST: Final = 100
_HASH: Final = 12


def lookup_name(as_written: str) -> str:
    """The name of a copy of a lookup file, the same for the same path and safe in any folder.

    Args:
        as_written: the path as the mapping writes it.
    """
    base = re.split(r"[/\\]", as_written)[-1]
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", base)[-_LONGEST:]
    return f"{hashlib.sha256(as_written.encode()).hexdigest()[:_HASH]}-{safe}"


def lookup_path(as_written: str, mapping: Path, *, copies: Path | None) -> Path:
    """Where a lookup file lies: beside its mapping, or as a copy in a folder."""
    return copies / lookup_name(as_written) if copies else mapping.parent / as_written


def read_table(lookup: Lookup, path: Path) -> pl.DataFrame:
    """What a lookup says: columns `key` and `value` (text, without spaces at their ends), every key once.

    Accents of keys are composed (NFC).

    Rows without a key say nothing and are left out, and rows without a value where another has one; value is null for
    a key that has none.

    Raises:
        SourceError: the file cannot be read, lacks one of the two columns, or gives one key several values.
    """
    if not path.is_file():
        raise SourceError(lookup.file, ["no such file; a path is relative to the mapping file"])
    source = open_source(str(path))
    if problems := [*source.problems, *_missing(lookup, source)]:
        raise SourceError(lookup.file, problems)
    rows = pl.concat([_no_rows(), *_blocks(lookup, source)]).drop_nulls("key").unique(["key", "value"])
    rows = rows.filter(pl.col("value").is_not_null() | pl.col("key").is_unique())
    if problem := _twofold(lookup, rows):
        raise SourceError(lookup.file, [problem])
    return rows.select("key", "value")


def _no_rows() -> pl.DataFrame:
    return pl.DataFrame(schema={"key": pl.String, "value": pl.String, "line": pl.Int64})


def _missing(lookup: Lookup, source: Source) -> list[str]:
    there = f"expected one of: {', '.join(source.columns)}"
    return [
        f"has no column {name!r}{hint(nearest(name, source.columns), there)}"
        for name in (lookup.key, lookup.value)
        if name not in source.columns
    ]


def _blocks(lookup: Lookup, source: Source) -> Iterator[pl.DataFrame]:
    for block in source.blocks():
        if block.faults.height:
            line, message = block.faults.select("line_no", "message").row(0)
            raise SourceError(lookup.file, [f"line {line} cannot be read: {message}"])
        key, value = (without(trimmed(pl.col(name)), ()) for name in (lookup.key, lookup.value))
        yield block.records.select(key=key.str.normalize("NFC"), value=value, line=pl.col(LINE_NO))


def _twofold(lookup: Lookup, rows: pl.DataFrame) -> str | None:
    """Keys with several values, counted; the first by its lines, because a key may name a person."""
    twice = rows.filter(pl.col("key").is_duplicated())
    if twice.is_empty():
        return None
    count = twice["key"].n_unique()
    lines = twice.filter(pl.col("key") == pl.col("key").sort_by("line").first())["line"].drop_nulls().sort()
    where = f" (first in lines {', '.join(map(str, lines))})" if len(lines) else ""
    which = "1 key" if count == 1 else f"{count} keys"
    return f"found {which} of {lookup.key!r} with different {lookup.value!r}{where}, expected one each"
