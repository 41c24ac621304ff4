"""How many requests are in flight at once: additive increase, multiplicative decrease.

A refusal (429) halves the width, a whole width of answers adds one, as in TCP (Jacobson 1988; Chiu and Jain 1989 show
why this pair, and no other linear one, ends in fair shares among senders that cannot see each other).
"""

from __future__ import annotations


class Width:
    """A number of requests from 1 to `most`; starts at `most`."""

    def __init__(self, most: int) -> None:
        """Start at full width."""
        self.most = self.now = most
        self._accepted = 0

    def refused(self) -> None:
        """Halve it."""
        self._accepted = 0
        self.now = max(1, self.now // 2)

    def accepted(self) -> None:
        """Add one after as many accepted answers as there may be requests in flight."""
        self._accepted += 1
        if self._accepted >= self.now and self.now < self.most:
            self._accepted = 0
            self.now += 1

    def allow(self, most: int) -> None:
        """Let it grow to `most`, at once where it was not narrowed."""
        if most > self.most:
            self.now = most if self.now == self.most else self.now
            self.most = most
