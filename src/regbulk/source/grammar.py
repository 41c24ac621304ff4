"""What a record of a CSV dialect looks like, as patterns over its bytes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

_LINE_END: Final = rb"(\r\n|\n|\r(?!\Z))"
"""A CR at the very end is none yet: its line feed may be the next byte to come."""


class Grammar(NamedTuple):
    """Patterns over bytes in which escaped characters are masked.

    Attributes:
        record: one well-formed record with its line end, which is group 1.
        unfinished: a record that may go on behind the end of the bytes.
        line: one line with its line end, which is group 1.
        before: all cells at the beginning of a record that are well-formed and have a delimiter behind them.
        quoted: one cell in quotes.
        cells: the cells of a well-formed record, as they are written.
        enclosed: a record without line end whose quotes all enclose a cell, or are written twice inside one.
        blank: a record of nothing but delimiters, spaces and empty quotes.
    """

    record: re.Pattern[bytes]
    unfinished: re.Pattern[bytes]
    line: re.Pattern[bytes]
    before: re.Pattern[bytes]
    quoted: re.Pattern[bytes]
    cells: re.Pattern[bytes]
    enclosed: re.Pattern[bytes]
    blank: re.Pattern[bytes]


@lru_cache
def grammar(delimiter: bytes, quote: bytes) -> Grammar:
    """The patterns for cells between delimiters, some of them in quotes (none, if there is no quote)."""
    between, mark = re.escape(delimiter), re.escape(quote)
    plain = rb"[^" + between + rb"\r\n]*+"
    bare = rb"[^" + between + mark + rb"\r\n]*+"
    space = rb"[" + re.escape(b" \t".replace(delimiter, b"")) + rb"]*+"
    opened = mark + rb"(?:[^" + mark + rb"]++|" + mark * 2 + rb")*+" if quote else rb"(?!)"
    quoted = opened + mark
    cell = rb"(?:" + quoted + rb"|" + (rb"(?!" + mark + rb")" if quote else b"") + plain + rb")"
    empty = rb"(?:" + mark + space + mark + rb"|" + space + rb")" if quote else space
    before = rb"(?:" + cell + between + rb")*+"
    return Grammar(
        record=re.compile(_several(cell, between) + _LINE_END),
        # Its last cell is open, or nothing but a line end is missing behind it.
        unfinished=re.compile(before + rb"(?:" + cell + rb"|" + opened + rb")\r?\Z"),
        line=re.compile(rb"[^\r\n]*+" + _LINE_END),
        before=re.compile(before),
        quoted=re.compile(quoted),
        cells=re.compile(rb"(?:\A|" + between + rb")(" + cell + rb")"),
        enclosed=re.compile(_several(rb"(?:" + quoted + rb"|" + bare + rb")", between)),
        blank=re.compile(_several(empty, between)),
    )


def _several(cell: bytes, delimiter: bytes) -> bytes:
    return cell + rb"(?:" + delimiter + cell + rb")*+"
