from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from regbulk.api.gate import Gate
from regbulk.api.patience import Limits, Patience
from regbulk.api.retry import Retry
from regbulk.errors import AccessDenied, Answered, ApiError, InDoubt, NotFound, NotSent, Outage, RateLimited


def failure(kind: type[ApiError], status: int | None = None) -> ApiError:
    return kind("why", method="POST", url="http://api/x", status=status)


@dataclass
class Desk:
    """Tries what fails so often, with time that passes by sleeping."""

    patient: object
    attempts: int = 3
    seconds: float = 600.0
    known: bool = True
    calls: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = self.patient.clock
        self.gate = Gate("http://api", clock, most=4)
        self.gate.trouble.known = self.known
        limits = Limits(self.attempts, self.seconds)
        self.patience = Patience(self.gate, clock, limits=limits, on_retry=self.patient.retries.append)

    async def ask(self, failures: list[ApiError], *, writes: bool = True) -> str:
        left, check = list(failures), self.patience.check()

        async def once() -> str:
            async with self.gate.turn(self.patient.sleep, check) as sent:
                self.calls.append(sent)
                await asyncio.sleep(0)
                if left:
                    self._hear(left[0], sent)
                    raise left.pop(0)
                return "answered"

        return await self.patience.patiently(once, writes=writes)

    def _hear(self, cause: ApiError, sent: float) -> None:
        if isinstance(cause, NotSent):
            self.gate.unsent(cause, sent=sent, patience=self.seconds)
        if isinstance(cause, RateLimited):
            self.gate.limited(1, sent=sent)
            self.gate.trouble.refused(now=self.patient.now, patience=self.seconds)

    def run(self, failures: list[ApiError], *, writes: bool = True) -> str:
        return asyncio.run(self.ask(failures, writes=writes))


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize("kind", [NotSent, RateLimited])
def test_what_had_no_effect_is_repeated_for_reads_and_writes_beyond_the_attempts(patient, kind, writes) -> None:
    assert Desk(patient).run([failure(kind)] * 20, writes=writes) == "answered"


@pytest.mark.parametrize("kind", [NotSent, RateLimited])
def test_what_had_no_effect_for_longer_than_is_waited_is_an_outage_with_what_was_seen_last(patient, kind) -> None:
    start = patient.now
    with pytest.raises(Outage, match=r"REGBULK_OUTAGE_SECONDS \(30\) allows no further try; last: why") as caught:
        Desk(patient, seconds=30).run([failure(kind, 429)] * 1000)
    assert caught.value.status == 429
    assert 20 < patient.now - start <= 30


def test_an_api_that_never_answered_is_given_up_after_the_attempts(patient) -> None:
    desk = Desk(patient, known=False)
    with pytest.raises(NotSent):
        desk.run([failure(NotSent)] * 100)
    assert len(desk.calls) == 3


def test_an_outage_ends_all_that_wait_in_it_at_once_and_those_that_begin_later_after_their_attempts(patient) -> None:
    desk = Desk(patient, seconds=30)

    async def go() -> list[object]:
        gone = [failure(NotSent)] * 1000
        ends = await asyncio.gather(*(desk.ask(gone) for _ in range(20)), return_exceptions=True)
        calls, began = len(desk.calls), patient.now
        patient.now += 100
        with pytest.raises(NotSent):
            await desk.ask(gone)
        assert len(desk.calls) - calls == 3
        assert patient.now - began < 120
        return ends

    assert {type(end) for end in asyncio.run(go())} == {Outage}


def test_the_time_of_an_outage_counts_from_its_first_failure_and_not_from_the_last_answer(patient) -> None:
    desk = Desk(patient, seconds=30)
    assert desk.run([]) == "answered"
    patient.now += 3600
    assert desk.run([failure(NotSent)] * 3) == "answered"


def test_a_doubt_is_repeated_within_the_attempts_for_a_read_and_never_for_a_write(patient) -> None:
    assert Desk(patient).run([failure(InDoubt)] * 2, writes=False) == "answered"
    with pytest.raises(InDoubt):
        Desk(patient).run([failure(InDoubt)] * 3, writes=False)
    desk = Desk(patient)
    with pytest.raises(InDoubt):
        desk.run([failure(InDoubt)])
    assert len(desk.calls) == 1


@pytest.mark.parametrize("kind", [AccessDenied, Answered, NotFound, ApiError])
def test_a_refusal_is_never_repeated(patient, kind) -> None:
    with pytest.raises(kind):
        Desk(patient).run([failure(kind)], writes=False)
    assert patient.waits == []


def test_every_repeated_attempt_is_told_with_its_number_wait_and_cause(patient) -> None:
    cause = failure(InDoubt)
    Desk(patient).run([cause, cause], writes=False)
    assert [(retry.attempt, retry.cause) for retry in patient.retries] == [(1, cause), (2, cause)]
    assert [retry.wait for retry in patient.retries] == patient.waits
    assert isinstance(patient.retries[0], Retry)


def test_waiting_is_told_once_for_all_who_wait_and_once_when_it_goes_on(patient, caplog, answered) -> None:
    desk = Desk(patient)
    told = NotSent("connection refused", method="GET", url="http://api/x")

    async def go() -> None:
        await asyncio.gather(*(desk.ask([told] * 4) for _ in range(8)))
        desk.gate.heard(answered(200), sent=patient.now, patience=600)

    asyncio.run(go())
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings[0] == (
        "cannot reach http://api: connection refused; trying again by itself for up to 600 s (REGBULK_OUTAGE_SECONDS)"
    )
    assert warnings[1].startswith("http://api reached again after ")
    assert len(warnings) == 2


def test_a_limit_that_refuses_every_call_for_long_is_told_once_and_once_when_it_ends(patient, caplog, answered) -> None:
    desk = Desk(patient)

    async def go() -> None:
        await desk.ask([failure(RateLimited, 429)] * 20)
        desk.gate.heard(answered(200), sent=patient.now, patience=600)

    asyncio.run(go())
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warnings[0].startswith("http://api has accepted no call for 1")
    assert "s, as the tenant's limit is exceeded (429); trying again by itself for up to 600 s" in warnings[0]
    assert warnings[1].startswith("http://api accepts calls again after ")
    assert len(warnings) == 2
