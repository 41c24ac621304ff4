"""What the whole file says about one column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from regbulk.guess.date_shapes import DateShape, date_shapes
from regbulk.guess.number_shapes import NumberShape, number_shapes
from regbulk.guess.texts import COUNT, TEXT, Looks, counted, digit_lengths, errors
from regbulk.guess.vocabulary import vocabulary
from regbulk.mapping.text import trimmed

LIMIT: Final = 200
"""So many distinct texts of a column are kept; of a column with more, none."""
_LONGEST_MARK: Final = 40
SEPARATORS: Final = (";", "|", "\n", ",", "/")
"""Signs that may stand between several values of one cell."""


@dataclass
class Facts:
    """One column, judged on all records seen so far.

    Attributes:
        name: as the header has it.
        records: how many records there are, with and without a value.
        looks: how many cells look how.
        texts: each distinct text (trimmed) with its count; None: there are more than `LIMIT`.
        marks: texts that may mean no value, with their counts.
        errors: texts like a spreadsheet's error values, with their counts.
        digits: of texts of digits alone (length, whether the first is 0) → how many.
        dates: how many texts are written like a date, by shape.
        numbers: how many are written like a number, by shape.
        parts: by separator the distinct texts that it stands between; None: there are more than `LIMIT`.
        separated: by separator how many cells hold it.
    """

    name: str
    records: int = 0
    looks: Looks = field(default_factory=Looks)
    texts: Counter[str] | None = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    digits: Counter[tuple[int, bool]] = field(default_factory=Counter)
    dates: Counter[DateShape] = field(default_factory=Counter)
    numbers: Counter[NumberShape] = field(default_factory=Counter)
    parts: dict[str, Counter[str] | None] = field(default_factory=dict)
    separated: Counter[str] = field(default_factory=Counter)

    @property
    def values(self) -> int:
        """How many cells have text."""
        return self.looks.values

    @property
    def judged(self) -> int:
        """How many cells have text that is no mark for the absence of a value."""
        return self.values - self.marks.total()

    @property
    def words(self) -> Mapping[str, int] | None:
        """The distinct texts but marks and a spreadsheet's errors, most frequent first; None: there are too many."""
        return None if self.texts is None else self._ordered(self.texts)

    def values_between(self, separator: str) -> Mapping[str, int] | None:
        """The distinct texts that a separator stands between, as in `words`."""
        parts = self.parts.get(separator)
        return None if parts is None else self._ordered(parts)

    def _ordered(self, texts: Counter[str]) -> Mapping[str, int]:
        kept = {text: count for text, count in texts.items() if text not in self.marks and text not in self.errors}
        return dict(sorted(kept.items(), key=lambda item: (-item[1], item[0])))

    def see(self, cells: pl.Series) -> None:
        """Count further cells; null is an empty one."""
        self.records += len(cells)
        if cells.null_count() == len(cells):
            return
        texts, looks = counted(cells)
        self.looks = self.looks.plus(looks)
        self.texts = _with(self.texts, texts)
        self.marks.update(_marks(texts))
        self.errors.update(errors(texts))
        self.digits.update(digit_lengths(texts))
        self.dates.update(date_shapes(texts))
        self.numbers.update(number_shapes(texts))
        for separator in SEPARATORS:
            self._see_parts(texts, separator)

    def _see_parts(self, texts: pl.DataFrame, separator: str) -> None:
        holding = texts.filter(pl.col(TEXT).str.contains(separator, literal=True))
        self.separated[separator] += int(holding[COUNT].sum())
        if self.parts.get(separator, ()) is not None:
            parts = texts.with_columns(pl.col(TEXT).str.split(separator)).explode(TEXT)
            stripped = parts.with_columns(trimmed(pl.col(TEXT))).filter(pl.col(TEXT) != "")
            summed = stripped.group_by(TEXT).agg(pl.col(COUNT).sum())
            self.parts[separator] = _with(self.parts.get(separator, Counter()), summed)


def _with(known: Counter[str] | None, texts: pl.DataFrame) -> Counter[str] | None:
    if known is None or texts.height > LIMIT:
        return None
    known.update(dict(texts.iter_rows()))
    return known if len(known) <= LIMIT else None


def _marks(texts: pl.DataFrame) -> dict[str, int]:
    short = texts.filter(pl.col(TEXT).str.len_bytes() <= _LONGEST_MARK)
    return dict(short.filter(pl.col(TEXT).str.to_lowercase().is_in(list(vocabulary().marks))).iter_rows())
