"""How a source is to be read, where its reader is told instead of finding out."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal, Self

Trailing = Literal["skip", "reject"]


@dataclass(frozen=True)
class SourceOptions:
    """What is known about a source beforehand; None: it is found out.

    Attributes:
        encoding: the name of a Python codec.
        delimiter: one ASCII character between two cells.
        quote: one ASCII character that encloses cells; empty: cells are never enclosed.
        escape: one ASCII character that takes the meaning from the next; empty: a quote inside a cell is written twice.
        sheet: the name of a workbook's sheet.
        blank_rows: what becomes of rows without any value.
        footer: what becomes of lines at the end that sum the file up ("Total: 2,000").
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    escape: str | None = None
    sheet: str | None = None
    blank_rows: Trailing = "skip"
    footer: Trailing = "reject"

    def over(self, other: Self) -> Self:
        """These options, and the other ones where these say nothing."""
        default = type(self)()
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return type(self)(
            **{name: getattr(other, name) if value == getattr(default, name) else value for name, value in said.items()}
        )
