"""What spreadsheets do to ids, judged on whole columns: one value alone proves nothing.

- Rounded: a spreadsheet keeps 15 digits of a number. If every number of 16 digits or more in a column ends in zeros
  from the 16th digit on, and there are more of them than chance explains, they were rounded.
- Lost zeros: a column's numbers have one length, and shorter ones lost their zeros, if all numbers that begin with 0
  have this length and none is longer, if these are no exceptions (at least three, and one in twenty of the numbers of
  full length; codes without any order have one in ten), and if most numbers have the full length. Where less than that
  is seen, numbers of different length are as likely right as they are, and nothing is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
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
_NO_EXCEPTIONS: Final = 3
"""How many numbers must begin with 0 before they say anything about the others."""
_ONE_IN: Final = 20
"""And one in how many of the same length: half of what chance gives, since half of them may have lost their zeros."""


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

    def __init__(self, columns: Sequence[str], *, sound: Collection[str] = frozenset()) -> None:
        """Watch those of some columns that hold ids.

        Args:
            columns: names of fields.
            sound: those of them whose numbers lost no zeros, whatever length they have.
        """
        schema = registration_schema()
        self._sound = frozenset(sound)
        self._seen = {name: _Seen() for name in columns if is_id(name, schema)}

    def see(self, records: pl.DataFrame) -> None:
        """Take note of a block: the watched columns as text."""
        for name, seen in self._seen.items():
            seen.note(records[name])

    def verdicts(self) -> tuple[Verdict, ...]:
        """What must be said of the columns now that all of them was seen."""
        rounded = (_rounded(name) for name, seen in self._seen.items() if seen.were_rounded)
        lost = {name: seen.full_length for name, seen in self._seen.items() if name not in self._sound}
        return (*rounded, *(_shortened(name, length) for name, length in lost.items() if length))


@dataclass
class _Seen:
    """What is known of the numbers among a column's values.

    Attributes:
        lengths: how many numbers have each length.
        zero_led: how many of two digits or more that begin with 0 do.
        is_exact: whether a long one has digits that a spreadsheet does not keep.
        lost_digits: how many such digits are zero, over all long ones.
    """

    lengths: Counter[int] = field(default_factory=Counter)
    zero_led: Counter[int] = field(default_factory=Counter)
    is_exact: bool = False
    lost_digits: int = 0

    @property
    def were_rounded(self) -> bool:
        """Whether the long numbers were."""
        return not self.is_exact and self.lost_digits >= _BEYOND_CHANCE

    @property
    def full_length(self) -> int | None:
        """The length that all numbers had before some lost their zeros; None: nothing proves that any did."""
        length = max(self.lengths, default=0)
        led, full = self.zero_led[length], self.lengths[length]
        shorter = self.lengths.total() - full
        is_proven = led == self.zero_led.total() and led >= _NO_EXCEPTIONS and led * _ONE_IN >= full
        return length if is_proven and 0 < shorter < full else None

    def note(self, texts: pl.Series) -> None:
        are_digits = texts.str.contains(_DIGITS)
        if not are_digits.any():
            return
        digits = texts if are_digits.all() and not texts.has_nulls() else texts.filter(are_digits)
        lengths = digits.str.len_bytes()
        self.lengths.update(_counts(lengths))
        self.zero_led.update(_counts(lengths.filter(digits.str.starts_with("0") & (lengths > 1))))
        if max(self.lengths) > _KEPT:
            self._note_long(digits.filter(lengths > _KEPT))

    def _note_long(self, digits: pl.Series) -> None:
        rounded = digits.str.contains(_ROUNDED)
        self.is_exact = self.is_exact or not rounded.all()
        self.lost_digits += int((digits.str.len_bytes().cast(pl.Int64) - _KEPT).sum())


def _counts(lengths: pl.Series) -> dict[int, int]:
    return dict(lengths.value_counts().iter_rows())


def _rounded(name: str) -> Verdict:
    message = (
        f"found a number with zeros for all digits after the {_KEPT}th, like every long one of this column: "
        "a spreadsheet rounded it; take it from where it came, with the column formatted as text"
    )
    return Verdict(name, "damaged-value", message, pl.col(name).str.contains(_ROUNDED))


def _shortened(name: str, length: int) -> Verdict:
    message = (
        f"found fewer than {length} digits, others of this column have {length} and begin with 0: a spreadsheet took"
        f" the zeros off; format the column as text, or say in the mapping pad: {length}, or pad: false where they are"
        " right as they are"
    )
    text = pl.col(name)
    return Verdict(name, "damaged-value", message, text.str.contains(_DIGITS) & (text.str.len_bytes() < length))
