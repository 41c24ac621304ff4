from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

from regbulk.api.pace import QUIET, SLOWEST, Pace


@dataclass
class Bucket:
    """A limit as a token bucket: so many requests at once, and so many a second."""

    rate: float
    burst: float
    left: float = 0.0
    at: float = 0.0

    def accepts(self, now: float) -> bool:
        self.left, self.at = min(self.burst, self.left + (now - self.at) * self.rate), now
        accepted = self.left >= 1
        self.left -= accepted
        return accepted


def driven(pace: Pace, bucket: Bucket, *, until: float, pause: float) -> tuple[list[float], list[float]]:
    """One request at a time by an API that answers in 2 ms; the times of what was accepted and refused."""
    accepted, refused, now, rest = [], [], 0.0, 0.0
    while now < until:
        now = max(now, rest, now + pace.wait(now))
        pace.sent(now)
        if bucket.accepts(now):
            pace.accepted(now)
            accepted.append(now)
        else:
            pace.refused(now)
            refused.append(now)
            rest = now + pause
        now += 0.002
    return accepted, refused


@pytest.mark.parametrize("pause", [0.4, 1.0])
@pytest.mark.parametrize(("rate", "burst", "share"), [(5, 10, 0.8), (40, 10, 0.8), (150, 20, 0.75), (10, 1, 0.6)])
def test_the_pace_finds_the_rate_of_a_bucket_and_is_seldom_refused(rate, burst, share, pause) -> None:
    accepted, refused = driven(Pace(None), Bucket(rate, burst, burst), until=300, pause=pause)
    late = [at for at in accepted if at > 100]
    assert len(late) / 200 > share * rate
    assert len(refused) < 0.035 * len(accepted)


def test_two_senders_that_do_not_see_each_other_end_with_like_shares() -> None:
    bucket, paces, counts = Bucket(40, 10, 10), [Pace(None), Pace(None)], [0, 0]
    nexts = [0.0, 5.0]
    while min(nexts) < 300:
        who = nexts.index(min(nexts))
        pace, now = paces[who], nexts[who]
        if wait := pace.wait(now):
            nexts[who] = now + wait
            continue
        pace.sent(now)
        accepted = bucket.accepts(now)
        (pace.accepted if accepted else pace.refused)(now)
        counts[who] += accepted and now > 100
        nexts[who] = now + (0.002 if accepted else 0.4)
    assert 0.5 < counts[0] / counts[1] < 2


def test_the_cap_holds_whatever_is_learned_and_evenly(patient) -> None:
    accepted, _ = driven(Pace(20), Bucket(1000, 1000, 1000), until=10, pause=1)
    assert len(accepted) <= 10 * 20 + 1
    assert min(later - earlier for earlier, later in itertools.pairwise(accepted)) > 0.02


def test_a_long_time_without_a_refusal_drops_the_pace_but_not_the_cap() -> None:
    pace = Pace(500)
    for tick in range(100):
        pace.accepted(tick / 10)
    pace.refused(10)
    assert pace.rate == pytest.approx(7, abs=0.5)
    pace.accepted(10 + QUIET - 1)
    assert pace.learned is not None
    pace.accepted(10 + QUIET)
    assert (pace.learned, pace.rate) == (None, 500)


def test_refusals_alone_never_make_it_slower_than_one_a_second_and_teach_nothing_at_the_start() -> None:
    pace = Pace(None)
    pace.refused(0)
    assert pace.rate is None
    pace.accepted(1)
    for second in range(2, 50):
        pace.refused(second)
    assert pace.rate == SLOWEST
