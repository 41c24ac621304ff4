"""Finding out which character encloses the cells of a CSV file, and whether one escapes, from its first records."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from regbulk.errors import SourceError
from regbulk.source.dialect import Dialect
from regbulk.source.options import SourceOptions
from regbulk.source.rejects_csv import is_returned, read_own
from regbulk.source.trial import Sample

_MOST: Final = 0.5
_ESCAPES: Final = (
    r"--escape '\' takes them for signs that the next character is meant literally, --escape '' keeps them"
)


def find_quoting(sample: Sample, dialect: Dialect, options: SourceOptions, name: str) -> tuple[Dialect, list[str]]:
    """The dialect with quote and escape as far as they are not told, and the ground of each.

    Raises:
        SourceError: they cannot be told.
    """
    if returned := _of_rejects(sample, dialect, options):
        return returned, ["quotes: the cells that regbulk wrote itself say so"] if returned != dialect else []
    decisions: list[str] = []
    if options.quote is None:
        dialect = _quoted(sample, dialect, decisions, name)
    if options.escape is None and dialect.quote:
        dialect = _escaped(sample, dialect, decisions, name)
    return dialect, decisions


def _of_rejects(sample: Sample, dialect: Dialect, options: SourceOptions) -> Dialect | None:
    """The dialect of a `rejects.csv`, whose records may be as ill-quoted as they like; None for another file."""
    quotes = [dialect.quote, b"'"] if options.quote is None else [dialect.quote]
    escapes = [dialect.escape, b"\\"] if options.escape is None and dialect.quote else [dialect.escape]
    likely = [replace(dialect, quote=quote, escape=escape) for quote in quotes for escape in escapes]
    returned = [each for each in likely if dialect.delimiter not in (each.quote, each.escape)]
    returned = [each for each in returned if is_returned(sample.tried(each).header)]
    lines = sample.text.splitlines()
    found = {each: sum(read_own(line, each) is not None for line in lines) for each in returned}
    return max(found, key=lambda each: found[each]) if any(found.values()) else None


def _quoted(sample: Sample, dialect: Dialect, decisions: list[str], name: str) -> Dialect:
    """Apostrophes, where they enclose most cells, and names among them or what would not fit otherwise."""
    other = replace(dialect, quote=b"'")
    if dialect.delimiter == b"'" or b"'" not in sample.text:
        return dialect
    likely = [other] if dialect.escape else [other, replace(other, escape=b"\\")]
    enclosing, single = min(
        ((sample.tried(each), _enclosed(sample.text, each)) for each in likely), key=lambda found: found[0].wrong
    )
    plainly, double = sample.tried(dialect), _enclosed(sample.text, dialect)
    filled = sum(bool(cell) for cells in (enclosing.header, *enclosing.cells) for cell in cells)
    fits = plainly.wrong > enclosing.wrong or any(name.startswith("'") for name in plainly.header)
    if single > double and single >= _MOST * filled and fits:
        decisions.append(f"quote ': apostrophes enclose most cells at its beginning ({single:,})")
        return other
    if single and not double and enclosing.wrong <= plainly.wrong:
        found = f"found apostrophes round cells ({single:,}) and double quotes round none"
        raise SourceError(name, [f"{found}; say with --quote which of them is no part of a cell"])
    return dialect


def _enclosed(text: bytes, dialect: Dialect) -> int:
    between, quote = re.escape(dialect.delimiter), re.escape(dialect.quote)
    inside = rb"(?:[^" + quote + rb"]|" + quote * 2 + rb")*+"
    cell = rb"(?:\A|[\r\n]|" + between + rb")" + quote + inside + quote + rb"(?=" + between + rb"|[\r\n]|\Z)"
    return len(re.findall(cell, dialect.masked(text)))


def _escaped(sample: Sample, dialect: Dialect, decisions: list[str], name: str) -> Dialect:
    """A backslash before quotes, where records fit better so."""
    other = replace(dialect, escape=b"\\")
    doubled = _has_doubled(other.masked(sample.text), dialect)
    behind = re.findall(rb"\\([\x00-\xff])", sample.text)
    count = behind.count(dialect.quote)
    if not count:
        if not doubled and behind and set(behind) == {b"\\"}:
            found = "found backslashes only in pairs, and no quote that is written twice"
            raise SourceError(name, [f"{found}; say whether a pair is one: {_ESCAPES}"])
        return dialect
    plainly, escaping = sample.tried(dialect).wrong, sample.tried(other).wrong
    if escaping > plainly or (doubled and escaping == plainly):
        return dialect
    # What no one escapes; `\N` is a missing value.
    plain = sum(sign not in {dialect.quote, dialect.delimiter, b"\\", b"\r", b"\n", b"N"} for sign in behind)
    if plain or not plainly or escaping > _MOST * plainly:
        found = f"found backslashes before quotes ({count:,}) and before what needs none ({plain:,})"
        raise SourceError(name, [f"{found}; say whether they are a part of cells: {_ESCAPES}"])
    decisions.append(f"escape \\: it stands before quotes inside cells ({count:,}), and records fit better so")
    return other


def _has_doubled(text: bytes, dialect: Dialect) -> bool:
    """Whether quotes are written twice inside cells."""
    inside, twice = rb"[^\r\n" + re.escape(dialect.delimiter) + rb"]", re.escape(dialect.quote) * 2
    return re.search(inside + twice + rb"|" + twice + inside, text) is not None
