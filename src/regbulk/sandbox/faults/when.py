"""Which of the requests in scope a fault strikes."""

from __future__ import annotations

import re
from random import Random
from typing import Final, NamedTuple

_WRITTEN: Final = re.compile(r"once|always|(once-at|every)=([1-9]\d*)|(p)=(\d*\.?\d+)")
EXPECTED: Final = "once, once-at=N, every=N (N from 1), p=SHARE (0 to 1) or always"


class When(NamedTuple):
    """`once`, `once-at` N, `every` N, `p` SHARE or `always`; N counts the requests in scope from 1."""

    word: str
    number: float = 0.0

    def chooses(self, met: int, *, struck: int, chance: Random) -> bool:
        """Whether the request number `met` is struck, `struck` ones before it having been."""
        match self.word:
            case "once":
                return struck == 0
            case "once-at":
                return met == self.number
            case "every":
                return met % self.number == 0
            case "p":
                return chance.random() < self.number
            case _:
                return True


def when_of(text: str) -> When:
    """A WHEN as it is written; raises ValueError with what is expected."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"{EXPECTED} is expected")
    counted, number, share, most = found.groups()
    if share and float(most) > 1:
        raise ValueError(f"{EXPECTED} is expected")
    return When(counted or share or text, float(number or most or 0))
