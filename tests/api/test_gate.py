from __future__ import annotations

import asyncio
import gc
import itertools
import threading
import weakref
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from regbulk.api.clock import SYSTEM_CLOCK
from regbulk.api.gate import LONGEST_OWN_PAUSE, LONGEST_PAUSE, Gate
from regbulk.api.gates import gate_for
from regbulk.api.retry_after import retry_after
from regbulk.errors import NotSent

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
        ({"retry-after": ""}, None),
        ({"retry-after": "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "86400", "ratelimit": "remaining=0"}, None),
        ({"retry-after": http_date(30)}, 30.0),
        ({"retry-after": http_date(-30)}, None),
        ({"retry-after": http_date(30).replace("GMT", "-0000")}, 30.0),
        ({"retry-after": http_date(3630), "date": http_date(3600)}, 30.0),
    ],
    ids=str,
)
def test_retry_after_is_seconds_or_a_date_by_the_servers_own_clock(headers, seconds) -> None:
    assert retry_after(headers, now=NOON.timestamp()) == seconds


@pytest.fixture
def gate(patient) -> Gate:
    return Gate("http://api", patient.clock, most=8)


@pytest.fixture
def tell(gate, answered, patient):
    """Lets the gate hear an answer to a request that left just now, or so many seconds ago."""

    def hear(status: int, *, ago: float = 0.0, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        gate.heard(answered(status, **named), sent=patient.now - ago, patience=600)

    return hear


def test_a_429_halves_the_width_once_for_all_that_were_in_flight_and_pauses(gate, tell) -> None:
    for ago in range(5):
        tell(429, ago=ago, retry_after="10")
    assert (gate.width, gate.pause()) == (4, 10.0)


def test_a_429_of_a_request_that_left_after_the_last_step_is_another_step(gate, tell, patient) -> None:
    tell(429, retry_after="10")
    patient.now += 11
    tell(429, retry_after="10")
    tell(429, ago=5, retry_after="10")
    assert gate.width == 2


def test_a_run_of_successes_widens_by_one_and_never_beyond_the_setting(answered, patient) -> None:
    gate = Gate("http://api", patient.clock, most=4)
    gate.heard(answered(429, **{"retry-after": "1"}), sent=patient.now, patience=600)
    widths = []
    for _ in range(12):
        gate.heard(answered(200), sent=patient.now, patience=600)
        widths.append(gate.width)
    assert widths == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]


@pytest.mark.parametrize("asked", [{}, {"retry_after": "0"}, {"retry_after": "-1"}, {"retry_after": "soon"}], ids=str)
def test_a_429_that_asks_for_nothing_backs_off(gate, tell, asked, caplog) -> None:
    caplog.set_level("INFO", logger="regbulk")
    tell(429, **asked)
    assert 0 < gate.pause() <= 1
    assert "429, which does not say how long to wait" in caplog.text
    assert "as the API asks" not in caplog.text


def test_pauses_of_ones_own_grow_to_a_few_seconds_and_begin_anew_after_an_answer(gate, tell, patient) -> None:
    pauses = []
    for _ in range(12):
        tell(429)
        pauses.append(gate.pause())
        patient.now += gate.pause() + 0.001
    assert pauses[0] <= 0.5
    assert LONGEST_OWN_PAUSE / 2 <= pauses[-1] <= LONGEST_OWN_PAUSE
    tell(200)
    tell(429)
    assert gate.pause() <= 0.5


def test_a_huge_wait_is_cut_and_told_once(gate, tell, patient, caplog) -> None:
    for _ in range(3):
        tell(429, retry_after="86400")
        assert gate.pause() == LONGEST_PAUSE
        patient.now += LONGEST_PAUSE + 1
    assert caplog.text.count("the API asks to wait 86400 s; waiting 120 s") == 1


def test_a_503_pauses_only_if_it_says_for_how_long(gate, tell) -> None:
    tell(503)
    assert gate.pause() == 0
    tell(503, retry_after="3")
    assert (gate.pause(), gate.width) == (3.0, 8)


def test_every_change_of_speed_is_traced_with_its_reason_and_the_trace_is_bounded(gate, tell, patient) -> None:
    tell(200)
    patient.now += 10
    tell(429, retry_after="7")
    (change,) = gate.trace.after(0)
    assert (change.at, change.width, change.rate) == (patient.now, 4, gate.rate)
    assert change.reason == "nothing for 7.0 s after 429, as the API asks"
    for _ in range(1500):
        patient.now += 130
        tell(429, retry_after="7")
    assert (gate.trace.count, len(gate.trace.after(0)), len(gate.trace.after(1500))) == (1501, 1000, 1)


def test_refused_operations_of_a_batch_narrow_the_gate(gate, patient) -> None:
    gate.limited(3, sent=patient.now)
    assert gate.width == 4
    assert gate.pause() > 0
    assert "429 for 3 operations of a batch" in gate.trace.after(0)[0].reason


def test_nobody_passes_during_a_pause_and_the_narrowed_width_holds_afterwards(answered, patient) -> None:
    gate = Gate("http://api", patient.clock, most=4)
    start, passed = patient.now, list[float]()
    inside = most = 0

    async def one() -> None:
        nonlocal inside, most
        async with gate.turn(patient.sleep):
            inside += 1
            most = max(most, inside)
            passed.append(patient.now)
            await asyncio.sleep(0.001)
            inside -= 1

    async def go() -> None:
        nonlocal most
        async with gate.turn(patient.sleep) as sent:
            gate.heard(answered(429, **{"retry-after": "10"}), sent=sent, patience=600)
        await asyncio.gather(*(one() for _ in range(4)))
        most = 0
        await asyncio.gather(*(one() for _ in range(20)))

    asyncio.run(go())
    assert min(passed) - start >= 10
    assert most == gate.width == 2


def test_one_request_at_a_time_tries_an_api_that_cannot_be_reached_until_it_answers(answered, patient) -> None:
    gate = Gate("http://api", patient.clock, most=8)
    inside, most, tried = 0, list[int](), list[float]()

    async def one() -> None:
        nonlocal inside
        async with gate.turn(patient.sleep) as sent:
            inside += 1
            most.append(inside)
            tried.append(sent)
            await asyncio.sleep(0.001)
            inside -= 1
            if len(tried) < 10:
                failure = NotSent("connection refused", method="GET", url="http://api/x")
                gate.unsent(failure, sent=sent, patience=600)
            else:
                gate.heard(answered(200), sent=sent, patience=600)

    async def go() -> None:
        gate.unsent(NotSent("connection refused", method="GET", url="http://api/x"), sent=patient.now, patience=600)
        await asyncio.gather(*(one() for _ in range(30)))

    asyncio.run(go())
    assert set(most[:10]) == {1}
    assert max(most[10:]) == 8
    assert all(later - earlier >= 0.25 for earlier, later in itertools.pairwise(tried[:10]))


def test_a_place_is_given_back_when_its_holder_fails_or_is_cancelled(patient) -> None:
    gate = Gate("http://api", patient.clock, most=1)

    async def go() -> None:
        async def hold() -> None:
            async with gate.turn(patient.sleep):
                await asyncio.sleep(60)

        holder = asyncio.create_task(hold())
        waiter = asyncio.create_task(hold())
        await asyncio.sleep(0.01)
        waiter.cancel()
        holder.cancel()
        await asyncio.gather(holder, waiter, return_exceptions=True)
        with pytest.raises(ZeroDivisionError):
            async with gate.turn(patient.sleep):
                raise ZeroDivisionError
        async with asyncio.timeout(10), gate.turn(patient.sleep):
            passed.append("after them")

    passed: list[str] = []
    asyncio.run(go())
    assert passed == ["after them"]


def test_turns_are_taken_in_the_order_of_asking(patient) -> None:
    gate = Gate("http://api", patient.clock, most=2)
    order = []

    async def one(number: int) -> None:
        async with gate.turn(patient.sleep):
            order.append(number)
            await asyncio.sleep(0.001)

    async def go() -> None:
        await asyncio.gather(*(one(number) for number in range(50)))

    asyncio.run(go())
    assert order == list(range(50))


def test_threads_with_event_loops_of_their_own_share_one_gate() -> None:
    lock, inside, most = threading.Lock(), 0, 0
    gates = [gate_for("http://api", "shared", SYSTEM_CLOCK, most=width, rate=None) for width in (2, 3)]

    async def one() -> None:
        nonlocal inside, most
        async with gates[0].turn(asyncio.sleep):
            with lock:
                inside += 1
                most = max(most, inside)
            await asyncio.sleep(0.001)
            with lock:
                inside -= 1

    async def many() -> None:
        await asyncio.gather(*(one() for _ in range(100)))

    threads = [threading.Thread(target=lambda: asyncio.run(many())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert gates[0] is gates[1]
    assert most == gates[0].width == 3


def test_a_gate_is_one_for_an_address_and_tenant_and_goes_with_its_last_user(patient) -> None:
    clock = patient.clock
    first = gate_for("http://api", "a", clock, most=2, rate=50.0)
    assert gate_for("http://api", "b", clock, most=2, rate=None) is not first
    assert gate_for("http://api", "a", clock, most=9, rate=20.0) is first
    assert (first.width, first.rate) == (9, 20.0)
    gone = weakref.ref(first)
    del first
    gc.collect()
    assert gone() is None
