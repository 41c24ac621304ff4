"""Kills: at which instants the importing process of a rehearsal is ended by SIGKILL."""

from __future__ import annotations

from random import Random
from typing import Final

_LONGEST: Final = 3.0
"""Seconds after which a process that wrote nothing yet may be killed too: it is settling, or waiting."""


class Kills:
    """Shares of the records, drawn from a seed; when so many are there, the process is killed."""

    def __init__(self, count: int, seed: int) -> None:
        """Draw `count` instants; the same ones for the same seed."""
        chance = Random(f"kills {seed}")  # noqa: S311 - repeatable on purpose, keeps no secret
        self._shares = sorted(chance.random() for _ in range(count))

    def strikes(self, held: int, total: int | None, *, written: int, seconds: float) -> bool:
        """Whether a process is to be killed now; each instant comes once.

        Args:
            held: records that are there.
            total: records that will be there; None while that is not known.
            written: how many of them came with this process; one that wrote nothing is left alone for a while, so that
                each kill meets another place.
            seconds: how long the process has run.
        """
        if not self._shares or total is None or held < int(self._shares[0] * total):
            return False
        if not written and seconds < _LONGEST:
            return False
        del self._shares[0]
        return True
