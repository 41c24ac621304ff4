"""The one place where a request is tried again, and where it is given up.

* not sent, or refused with 429: nothing took effect. Until the API has answered for the first time `attempts` decide,
  so that a wrong address is told quickly; a 429 is an answer, too. From then on it is repeated for `outage_seconds`,
  counted from the first such failure after the last answer that was no 429, whichever request got it; then it ends as
  an Outage. The gate does the waiting.
* in doubt: a read is repeated up to `attempts` times; a write never, as whether it took effect must be read back first.
* anything else is final.

An outage is given up once for all requests of a client that were waiting then. Requests that begin later find an API
that is not known to answer: again `attempts` decide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

from regbulk.api.clock import Clock
from regbulk.api.gate import Gate
from regbulk.api.retry import Retry, backoff
from regbulk.api.trouble import outage
from regbulk.errors import ApiError, InDoubt, NotSent, Outage, RateLimited

T = TypeVar("T")


class Limits(NamedTuple):
    """How long a client is patient.

    Attributes:
        attempts: how often a request is tried at most, where that decides.
        seconds: how long an outage is waited out.
    """

    attempts: int
    seconds: float


class _GivenUp(NamedTuple):
    """An outage that was given up: when the trouble began, when it was given up, and what was seen last."""

    since: float
    at: float
    last: ApiError


class Patience:
    """How the requests of one client are repeated."""

    def __init__(self, gate: Gate, clock: Clock, *, limits: Limits, on_retry: Callable[[Retry], None]) -> None:
        """Wait at `gate` by `clock`; `on_retry` is told of every attempt that is repeated."""
        self.limits = limits
        self._gate = gate
        self._clock = clock
        self._on_retry = on_retry
        self._given_up: _GivenUp | None = None

    def check(self) -> Callable[[], None]:
        """For a request that begins now: raises Outage once others gave up the trouble that it waits in, too."""
        began = self._clock.elapsed()

        def check() -> None:
            given_up = self._given_up
            if given_up and given_up.since == self._gate.trouble.since and began <= given_up.at:
                raise self._outage(given_up.last, given_up.at - given_up.since)

        return check

    async def patiently(self, once: Callable[[], Awaitable[T]], *, writes: bool) -> T:
        """Try until it succeeds or fails for good; what is raised then is the last failure, or an Outage."""
        attempt = counted = 0
        while True:
            attempt += 1
            try:
                return await once()
            except (NotSent, RateLimited) as failure:
                cause: ApiError = failure
                counted += self._counts(failure)
                wait, own = self._gate.pause(), 0.0
            except InDoubt as doubt:
                if writes:
                    raise
                cause = doubt
                counted += 1
                wait = own = self._gate.pause() or backoff(counted)
            if counted >= self.limits.attempts or self._never_there():
                raise cause
            self._on_retry(Retry(attempt, wait, cause))
            if own:
                await self._clock.sleep(own)

    def _never_there(self) -> bool:
        """Whether an API that never answered was tried often enough, by all requests together."""
        return not self._gate.trouble.known and self._gate.failures >= self.limits.attempts

    def _counts(self, failure: ApiError) -> bool:
        """Whether a failure counts as an attempt; Outage where it was the last one of a long time."""
        trouble, now = self._gate.trouble, self._clock.elapsed()
        if not trouble.known or (self._given_up and self._given_up.since == trouble.since):
            return True
        if trouble.since is not None and now + self._gate.pause() - trouble.since > self.limits.seconds:
            self._given_up = _GivenUp(trouble.since, now, failure)
            raise self._outage(failure, now - trouble.since) from None
        return False

    def _outage(self, last: ApiError, seconds: float) -> Outage:
        said = outage(last, seconds=seconds, limit=self.limits.seconds)
        return Outage(said, method=last.method, url=last.url, status=last.status)
