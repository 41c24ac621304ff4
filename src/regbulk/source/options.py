"""How a source is to be read, where its reader is told instead of finding out."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, Self

Trailing = Literal["skip", "reject"]


@dataclass(frozen=True)
class SourceOptions:
    """What is known about a source beforehand; None: it is found out, or as usual.

    Attributes:
        encoding: the name of a Python codec.
        delimiter: one ASCII character between two cells.
        quote: one ASCII character that encloses cells; empty: cells are never enclosed.
        escape: one ASCII character that takes the meaning from the next; empty: a quote inside a cell is written twice.
        sheet: the name of a workbook's sheet.
        blank_rows: what becomes of rows without any value; usually they are skipped.
        footer: what becomes of lines at the end that sum the file up ("Total: 2,000"); usually they are rejected.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    sheet: str | None = None
    blank_rows: Trailing | None = None
    footer: Trailing | None = None

    def over(self, other: Self) -> Self:
        """These options, and the other ones where these say nothing."""
        pairs = ((field.name, getattr(self, field.name), getattr(other, field.name)) for field in fields(self))
        return type(self)(**{name: usual if said is None else said for name, said, usual in pairs})
