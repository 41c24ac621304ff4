from __future__ import annotations

from regbulk.api.retry import Retry, backoff, log_retry
from regbulk.errors import RateLimited


def test_backoff_doubles_within_half_and_whole_up_to_thirty_seconds() -> None:
    for attempt, whole in [(1, 0.5), (2, 1.0), (3, 2.0), (20, 30.0), (100_000, 30.0)]:
        assert whole / 2 <= backoff(attempt) <= whole


def test_the_log_of_a_retry_does_not_hold_what_the_api_said(caplog) -> None:
    caplog.set_level("INFO")
    log_retry(Retry(1, 0.5, RateLimited("Ann has too many", method="POST", url="http://api/x", status=429)))
    assert caplog.messages == ["attempt 1 of POST http://api/x: 429; again in 0.5 s"]
