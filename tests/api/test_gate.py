from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from regbulk.api.gate import LONGEST_PAUSE, Gate, retry_after

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def http_date(seconds: float) -> str:
    return format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": http_date(30)}, 30.0),
        ({"retry-after": http_date(-30)}, None),
        ({"retry-after": http_date(30).replace("GMT", "-0000")}, 30.0),
        ({"retry-after": http_date(3630), "date": http_date(3600)}, 30.0),
    ],
    ids=str,
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_own_clock(headers, seconds) -> None:
    assert retry_after(headers, now=NOON.timestamp()) == seconds


def test_a_429_halves_the_width_once_for_all_that_were_in_flight_and_pauses(answered, patient) -> None:
    gate = Gate(8, patient.clock)
    for _ in range(5):
        gate.heard(answered(429, **{"retry-after": "10"}))
    assert (gate.width, gate.pause()) == (4, 10.0)


def test_a_run_of_successes_widens_by_one_and_never_beyond_the_setting(answered, patient) -> None:
    gate = Gate(4, patient.clock)
    gate.heard(answered(429, **{"retry-after": "1"}))
    widths = []
    for _ in range(12):
        gate.heard(answered(200))
        widths.append(gate.width)
    assert widths == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]


@pytest.mark.parametrize("asked", [{}, {"retry-after": "0"}, {"retry-after": "-1"}], ids=str)
def test_a_429_that_asks_for_nothing_backs_off(answered, patient, asked, caplog) -> None:
    caplog.set_level("INFO", logger="regbulk")
    gate = Gate(8, patient.clock)
    gate.heard(answered(429, **asked))
    assert 0 < gate.pause() <= 1
    assert "after a 429 that does not say how long to wait" in caplog.text
    assert "as the API asks" not in caplog.text


def test_a_huge_wait_is_cut_and_told(answered, patient, caplog) -> None:
    gate = Gate(8, patient.clock)
    gate.heard(answered(429, **{"retry-after": "86400"}))
    assert gate.pause() == LONGEST_PAUSE
    assert "the API asks to wait 86400 s; waiting 120 s" in caplog.text


def test_a_503_pauses_only_if_it_says_for_how_long(answered, patient) -> None:
    gate = Gate(8, patient.clock)
    gate.heard(answered(503))
    assert gate.pause() == 0
    gate.heard(answered(503, **{"retry-after": "3"}))
    assert (gate.pause(), gate.width) == (3.0, 8)


def test_nobody_passes_during_a_pause_and_the_narrowed_width_holds_afterwards(answered, patient) -> None:
    gate = Gate(4, patient.clock)
    start, passed = patient.now, list[float]()
    inside = most = 0

    async def one() -> None:
        nonlocal inside, most
        async with gate.turn():
            inside += 1
            most = max(most, inside)
            passed.append(patient.now)
            await asyncio.sleep(0)
            inside -= 1

    async def go() -> None:
        nonlocal most
        async with gate.turn():
            gate.heard(answered(429, **{"retry-after": "10"}))
        await asyncio.gather(*(one() for _ in range(4)))
        most = 0
        await asyncio.gather(*(one() for _ in range(20)))

    asyncio.run(go())
    assert min(passed) - start >= 10
    assert most == gate.width == 2


def test_a_place_is_given_back_when_its_holder_fails_or_is_cancelled(patient) -> None:
    gate = Gate(1, patient.clock)

    async def go() -> None:
        async def hold() -> None:
            async with gate.turn():
                await asyncio.sleep(60)

        holder = asyncio.create_task(hold())
        waiter = asyncio.create_task(hold())
        await asyncio.sleep(0)
        waiter.cancel()
        holder.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)
        with pytest.raises(ZeroDivisionError):
            async with gate.turn():
                raise ZeroDivisionError
        async with asyncio.timeout(10), gate.turn():
            passed.append("after them")

    passed: list[str] = []
    asyncio.run(go())
    assert passed == ["after them"]
