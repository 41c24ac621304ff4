"""Since when an API cannot be reached, or refuses every call for its limit; says so once, and once when it is over."""

from __future__ import annotations

import logging
from typing import Final

from regbulk.errors import ApiError, NotSent

log = logging.getLogger(__name__)

LONG: Final = 10.0
"""Seconds of nothing but 429 after which it is told: short ones are the daily life of a limit."""


class Trouble:
    """One for an API and tenant; all times are seconds of one clock that never goes back.

    Attributes:
        known: whether the API has ever answered here, so that its address is right.
        since: when it began: the first failure after the last answer that was no 429; None = there is none.
        unreachable: whether the last request could not be sent.
    """

    def __init__(self, address: str) -> None:
        """Start without trouble; `address` is what messages name."""
        self.known = False
        self.since: float | None = None
        self.unreachable = False
        self._address = address
        self._told = False

    def unsent(self, failure: NotSent, *, now: float, patience: float) -> None:
        """A request could not be sent; it is repeated for so many seconds in all."""
        self._begin(now)
        self.unreachable = True
        if not self._told:
            self._told = True
            long = f" by itself for up to {patience:g} s (REGBULK_OUTAGE_SECONDS)" if self.known else ""
            log.warning("cannot reach %s: %s; trying again%s", self._address, failure.reason, long)

    def refused(self, *, now: float, patience: float) -> None:
        """The API answered 429."""
        self.known = True
        self._reached(now)
        began = self._begin(now)
        if not self._told and now - began >= LONG:
            self._told = True
            until = "trying again by itself for up to %g s (REGBULK_OUTAGE_SECONDS)"
            text = f"%s has accepted no call for %.0f s, as the tenant's limit is exceeded (429); {until}"
            log.warning(text, self._address, now - began, patience)

    def answered(self, now: float) -> None:
        """Any other answer came."""
        self.known = True
        self._reached(now)
        if self._told and self.since is not None:
            log.warning("%s accepts calls again after %.0f s", self._address, now - self.since)
        self.since, self._told = None, False

    def _begin(self, now: float) -> float:
        if self.since is None:
            self.since = now
        return self.since

    def _reached(self, now: float) -> None:
        if self.unreachable and self._told and self.since is not None:
            log.warning("%s reached again after %.0f s", self._address, now - self.since)
            self._told = False
        self.unreachable = False


def outage(last: ApiError, *, seconds: float, limit: float) -> str:
    """What to say when trouble is given up after so many seconds, of at most `limit`."""
    what = "could not be reached" if isinstance(last, NotSent) else "refused every call for the tenant's limit"
    allowed = f"REGBULK_OUTAGE_SECONDS ({limit:g}) allows no further try"
    return f"{what} for {seconds:.0f} s, and {allowed}; last: {last.reason}; go on with the load later"
