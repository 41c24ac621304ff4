from __future__ import annotations

import asyncio

import pytest

from regbulk.api.retry import Patience, Retry, backoff, log_retry, patiently
from regbulk.errors import AccessDenied, Answered, ApiError, InDoubt, NotFound, NotSent, RateLimited


def failure(kind: type[ApiError], status: int | None = None) -> ApiError:
    return kind("why", method="POST", url="http://api/x", status=status)


def tried(patient, failures: list[ApiError], *, writes: bool, attempts: int = 3, pause: float = 0.0) -> int:
    left = list(failures)

    async def once() -> int:
        if left:
            raise left.pop(0)
        return len(failures)

    patience = Patience(attempts, lambda: pause, patient.sleep, patient.retries.append)
    return asyncio.run(patiently(once, patience, writes=writes))


@pytest.mark.parametrize("writes", [True, False])
@pytest.mark.parametrize("kind", [NotSent, RateLimited])
def test_what_had_no_effect_is_repeated_for_reads_and_writes(patient, kind, writes) -> None:
    assert tried(patient, [failure(kind)] * 2, writes=writes) == 2


def test_a_doubt_is_repeated_for_a_read_and_never_for_a_write(patient) -> None:
    assert tried(patient, [failure(InDoubt)], writes=False) == 1
    with pytest.raises(InDoubt):
        tried(patient, [failure(InDoubt)], writes=True)


@pytest.mark.parametrize("kind", [AccessDenied, Answered, NotFound, ApiError])
def test_a_refusal_is_never_repeated(patient, kind) -> None:
    with pytest.raises(kind):
        tried(patient, [failure(kind)], writes=False)
    assert patient.waits == []


def test_the_last_failure_is_raised_when_the_attempts_are_used_up(patient) -> None:
    with pytest.raises(NotSent):
        tried(patient, [failure(NotSent)] * 3, writes=True, attempts=3)
    assert len(patient.waits) == 2


def test_every_repeated_attempt_is_told_with_its_number_wait_and_cause(patient) -> None:
    cause = failure(NotSent)
    tried(patient, [cause, cause], writes=True, pause=7.0)
    assert patient.retries == [Retry(1, 7.0, cause), Retry(2, 7.0, cause)]
    assert patient.waits == [7.0, 7.0]


def test_backoff_doubles_within_half_and_whole_up_to_thirty_seconds() -> None:
    for attempt, whole in [(1, 0.5), (2, 1.0), (3, 2.0), (20, 30.0)]:
        assert whole / 2 <= backoff(attempt) <= whole


def test_the_log_of_a_retry_does_not_hold_what_the_api_said(caplog) -> None:
    caplog.set_level("INFO")
    log_retry(Retry(1, 0.5, RateLimited("Ann has too many", method="POST", url="http://api/x", status=429)))
    assert caplog.messages == ["attempt 1 of POST http://api/x: 429; again in 0.5 s"]
