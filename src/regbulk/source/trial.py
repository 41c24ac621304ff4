"""The first records of a file, read as if it were written in some dialect: evidence for it or against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from regbulk.source.dialect import Dialect

_RECORDS: Final = 300
"""Records tried with each candidate."""
_MOST: Final = 0.5
_NEARLY_ALL: Final = 0.9


class Trial(NamedTuple):
    """What came of it.

    Attributes:
        header: the cells of the first record, nameless ones at its end included; none if it does not fit the dialect.
        cells: the cells of the well-formed records behind the header, rows of nothing left out.
        empty: how many records of several cells have no value.
        malformed: how many lines do not fit the dialect.
        loose: how many records have quotes that enclose nothing.
    """

    header: Sequence[str]
    cells: Sequence[Sequence[str]]
    empty: int
    malformed: int
    loose: int

    @property
    def names(self) -> int:
        """How many names there are, nameless columns at the end left out."""
        return max((place for place, name in enumerate(self.header, 1) if name.strip()), default=0)

    @property
    def width(self) -> int:
        """The number of cells that most records have; that of the names where there are none."""
        return Counter(map(len, self.cells)).most_common(1)[0][0] if self.cells else self.names

    @property
    def share(self) -> float:
        """The share of records that have the usual number of cells, malformed lines counting against it."""
        return sum(len(cells) == self.width for cells in self.cells) / max(1, len(self.cells) + self.malformed)

    @property
    def is_table(self) -> bool:
        """Whether most records have the cells that the header has, or end with more delimiters than it."""
        return self.names > 1 and self.width >= self.names and (not self.cells or self.share >= _MOST)

    @property
    def wrong(self) -> int:
        """How many records do not look right: malformed, ragged, or with quotes that enclose nothing."""
        widths = {self.names, self.names + self.unnamed}
        return self.malformed + self.loose + sum(len(cells) not in widths for cells in self.cells)

    @property
    def is_one_column(self) -> bool:
        """Whether no record has more than one cell."""
        return self.names <= 1 and not self.empty and all(len(cells) == 1 for cells in self.cells)

    @property
    def is_clean(self) -> bool:
        """Whether every quote encloses a cell."""
        return not self.malformed and not self.loose

    @property
    def unnamed(self) -> int:
        """How many cells without a name and without a value records have behind the last name, nearly all of them."""
        more = self.width - self.names
        same = [cells for cells in self.cells if len(cells) == self.width and not any(cells[self.names :])]
        agreed = more >= 0 and len(same) >= _NEARLY_ALL * len(self.cells)
        return more if self.cells and agreed else len(self.header) - self.names


@dataclass(frozen=True)
class Sample:
    """The first whole lines of a file in UTF-8, and whether they are all it has."""

    text: bytes
    whole: bool

    def tried(self, dialect: Dialect) -> Trial:
        """The first records, read in a dialect."""
        seen, grammar = dialect.masked(self.text), dialect.grammar
        rows, empty, malformed, loose, position, fits = list[list[str]](), 0, 0, 0, 0, True
        while position < len(seen) and len(rows) + malformed < _RECORDS:
            found = grammar.record.match(seen, position)
            if found is None:
                # A quote that is not closed may be closed behind the sample.
                if not self.whole and grammar.unfinished.match(seen, position):
                    break
                found = grammar.line.match(seen, position)
                if found is None:
                    break
                malformed += 1
                fits = fits and bool(rows)
            elif grammar.blank.fullmatch(record := self.text[position : found.start(1)]):
                empty += dialect.delimiter in record
            else:
                rows.append(dialect.cells(record))
                loose += not grammar.enclosed.fullmatch(seen, position, found.start(1))
            position = found.end()
        header = rows[0] if rows and fits else []
        return Trial(header, rows[1:] if fits else rows, empty, malformed, loose)
