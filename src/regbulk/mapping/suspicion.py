"""What spreadsheets do to ids, judged on whole columns: one value alone proves nothing.

- Rounded: a spreadsheet keeps 15 digits of a number. If every number of 16 digits or more in a column ends in zeros
  from the 16th digit on, and there are more of them than chance explains, they were rounded.
- Lost zeros: if some numbers of a column begin with 0, all of those have one length, and no number is longer, then the
  column's numbers have this length, and shorter ones lost their zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import polars as pl

from regbulk.mapping.targets import is_id
from regbulk.rejects import Code
from regbulk.schema import registration_schema

_DIGITS: Final = "^[0-9]+$"
_KEPT: Final = 15
"""How many digits of a number a spreadsheet keeps."""
_ROUNDED: Final = rf"^[1-9][0-9]{{{_KEPT - 1}}}0+$"
_BEYOND_CHANCE: Final = 3
"""Zeros in the digits that a spreadsheet does not keep, over all values: three by chance are one in a thousand."""


class Verdict(NamedTuple):
    """A judgement on a column of ids.

    Attributes:
        field: the column.
        code: the rule its damaged values break.
        message: what happened and what to do; holds no value.
        broken: true for the values, null or false for the others; over the column of this name as text.
    """

    field: str
    code: Code
    message: str
    broken: pl.Expr


class DamageWatch:
    """Sees every block of a source and judges its ids at the end."""

    def __init__(self, columns: Sequence[str]) -> None:
        """Watch those of some columns that hold ids."""
        schema = registration_schema()
        self._seen = {name: _Seen() for name in columns if is_id(name, schema)}

    def see(self, records: pl.DataFrame) -> None:
        """Take note of a block: the watched columns as text."""
        for name, seen in self._seen.items():
            seen.note(records[name])

    def verdicts(self) -> tuple[Verdict, ...]:
        """What must be said of the columns now that all of them was seen."""
        return tuple(verdict for name, seen in self._seen.items() for verdict in _verdicts(name, seen))


@dataclass
class _Seen:
    """What is known of the numbers among a column's values; a length of 0 means none was seen."""

    longest: int = 0
    shortest: int = 1 << 30
    zero_led: tuple[int, int] = (1 << 30, 0)
    is_exact: bool = False
    lost_digits: int = 0

    def note(self, texts: pl.Series) -> None:
        are_digits = texts.str.contains(_DIGITS)
        if not are_digits.any():
            return
        digits = texts if are_digits.all() and not texts.has_nulls() else texts.filter(are_digits)
        lengths = digits.str.len_bytes()
        self.shortest = min(self.shortest, _whole(lengths.min()))
        self.longest = max(self.longest, _whole(lengths.max()))
        zero_led = lengths.filter(digits.str.starts_with("0") & (lengths > 1))
        if len(zero_led):
            low, high = self.zero_led
            self.zero_led = min(low, _whole(zero_led.min())), max(high, _whole(zero_led.max()))
        if self.longest > _KEPT:
            self._note_long(digits.filter(lengths > _KEPT))

    def _note_long(self, digits: pl.Series) -> None:
        rounded = digits.str.contains(_ROUNDED)
        self.is_exact = self.is_exact or not rounded.all()
        self.lost_digits += int((digits.str.len_bytes().cast(pl.Int64) - _KEPT).sum())


def _whole(value: object) -> int:
    assert isinstance(value, int)
    return value


def _verdicts(name: str, seen: _Seen) -> list[Verdict]:
    text, found = pl.col(name), []
    if not seen.is_exact and seen.lost_digits >= _BEYOND_CHANCE:
        message = (
            f"found a number with zeros for all digits after the {_KEPT}th, like every long one of this column: "
            "a spreadsheet rounded it; take it from where it came, with the column formatted as text"
        )
        found.append(Verdict(name, "damaged-value", message, text.str.contains(_ROUNDED)))
    length, high = seen.zero_led
    if length == high == seen.longest and seen.shortest < length:
        message = (
            f"found fewer than {length} digits, others of this column have {length} and begin with 0: a spreadsheet"
            f" took the zeros off; format the column as text, or set pad: {length} for it in the mapping"
        )
        short = text.str.contains(_DIGITS) & (text.str.len_bytes() < length)
        found.append(Verdict(name, "damaged-value", message, short))
    return found
