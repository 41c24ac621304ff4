"""One limit for all clients of an API: against a token bucket, and against a server that refuses nearly everything."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time

import pytest

from regbulk.api import Client, Retry
from regbulk.settings import Settings


def registration(number: int) -> bytes:
    wanted = {"event_id": "e1", "contact_id": f"c{number}", "name": "Zoë", "type_id": "t", "package_id": "p"}
    return json.dumps({**wanted, "status": "active"}).encode()


@pytest.mark.parametrize(("rate", "burst", "form"), [(40, 10, "seconds"), (150, 20, "missing")])
def test_a_token_bucket_is_used_well_and_refuses_little(session_starter, tmp_path, rate, burst, form) -> None:
    creates, retries = 4 * rate, list[Retry]()
    sandbox, tenant = session_starter(), f"bucket-{form}"
    sandbox.faults(f"rate-limit={rate}/{burst}/{form}", tenant=tenant)
    settings = Settings(api_url=sandbox.url, tenant=tenant, api_key="k", concurrency=16, workspace=tmp_path)

    async def go() -> list[str]:
        async with (
            Client(settings, on_retry=retries.append) as one,
            Client(settings, on_retry=retries.append) as another,
        ):
            clients = itertools.cycle([one, another])
            made = await asyncio.gather(*(next(clients).create(registration(n)) for n in range(creates)))
            return [each["id"] for each in made]

    began = time.monotonic()
    ids = asyncio.run(go())
    took = time.monotonic() - began
    assert len(set(ids)) == creates == len(sandbox.registrations(tenant))
    assert 0 < len(retries) < 0.15 * creates
    assert creates + len(retries) <= rate * took + burst
    assert took < 3 * creates / rate


def test_no_more_calls_a_second_leave_than_the_setting_allows_over_all_clients(serving, http, tmp_path) -> None:
    arrivals = []

    def answer(_: object) -> bytes:
        arrivals.append(time.monotonic())
        return http(200, {"id": "r1"})

    async def go() -> None:
        async with serving(answer) as server:
            common = {"api_url": server.url, "tenant": "acme", "api_key": "k", "workspace": tmp_path}
            first, second = Settings(**common, rate=100), Settings(**common)
            async with Client(first) as one, Client(second) as another:
                clients = itertools.cycle([one, another])
                await asyncio.gather(*(next(clients).get("r1") for _ in range(60)))

    asyncio.run(go())
    assert arrivals[-1] - arrivals[0] >= 59 / 100 - 0.05
    assert all(later - earlier >= 0.05 for earlier, later in zip(arrivals, arrivals[10:], strict=False))


def test_an_api_that_refuses_99_of_100_calls_loses_nothing_and_is_not_hammered(
    serving, http, connected, patient
) -> None:
    chance, calls = random.Random(1), []

    def answer(received: object) -> bytes:
        calls.append(patient.now)
        if chance.random() < 0.99:
            return http(429, retry_after="1")
        return http(200, {"id": f"r{len(calls)}", **json.loads(received.body)})

    async def go() -> list[str]:
        async with serving(answer) as server, connected(server.url, outage_seconds=3600, concurrency=16) as client:
            made = await asyncio.gather(*(client.create(registration(n)) for n in range(4)))
            return [each["contact_id"] for each in made]

    assert asyncio.run(go()) == [f"c{n}" for n in range(4)]
    assert len(calls) > 100
    assert (len(calls) - 16) / (calls[-1] - calls[0]) <= 1.05


def test_a_client_tells_why_its_speed_changed_and_each_client_is_told(serving, http, connected) -> None:
    script = [http(200, {"id": "r1"}), http(429, retry_after="7"), http(200, {"id": "r1"})]

    async def go() -> None:
        async with (
            serving(*script) as server,
            connected(server.url) as client,
            connected(server.url) as another,
        ):
            await client.get("r1")
            assert client.speed_changes() == []
            await client.get("r1")
            first, *_ = changes = client.speed_changes()
            assert (first.width, first.reason) == (4, "nothing for 7.0 s after 429, as the API asks")
            assert client.speed_changes() == []
            assert another.speed_changes() == changes

    asyncio.run(go())


def test_operations_refused_within_a_batch_slow_the_client_down(serving, http, connected) -> None:
    results = [{"id": "a", "success": True}, {"id": "b", "success": False, "status_code": 429, "message": "limit"}]
    answer = http(200, {"success_count": 1, "error_count": 1, "results": results})

    async def go() -> None:
        async with serving(answer) as server, connected(server.url) as client:
            await client.batch(b"{}", ["a", "b"])
            (change,) = client.speed_changes()
            assert change.width == 4
            assert "429 for 1 operations of a batch" in change.reason

    asyncio.run(go())


def test_headers_that_claim_a_spent_limit_do_not_slow_a_client_that_is_served(
    serving, http, connected, patient
) -> None:
    spent = {"x_ratelimit_remaining": "0", "x_ratelimit_reset": "86400", "ratelimit_reset": "86400"}

    async def go() -> list[object]:
        async with serving(http(200, {"id": "r1"}, **spent)) as server, connected(server.url) as client:
            await asyncio.gather(*(client.get("r1") for _ in range(20)))
            return client.speed_changes()

    assert asyncio.run(go()) == []
    assert patient.waits == []


def test_a_write_is_permitted_right_before_it_leaves_and_after_every_wait(serving, http, connected, patient) -> None:
    asked = []
    script = [http(429, retry_after="7"), http(200, {"id": "r1"})]

    async def go() -> int:
        def permit() -> None:
            asked.append((patient.now - start, len(server.received)))

        async with serving(*script) as server, connected(server.url, permit=permit) as client:
            await client.patch("r1", b"[]")
            await client.get("r1")
            return len(server.received)

    start = patient.now
    assert asyncio.run(go()) == 3
    before, after = (0.0, 0), (pytest.approx(7, abs=0.5), 1)
    assert asked == [before, before, after, after], "before connecting, and on the open connection"


def test_a_permission_withdrawn_while_connecting_keeps_the_write_from_leaving(serving, http, connected) -> None:
    answers = iter([None, KeyError("withdrawn"), None, None])

    def permit() -> None:
        if failure := next(answers):
            raise failure

    async def go() -> tuple[int, int]:
        async with serving(http(200, {"id": "r1"})) as server, connected(server.url, permit=permit) as client:
            with pytest.raises(KeyError, match="withdrawn"):
                await client.patch("r1", b"[]")
            nothing = len(server.received)
            await client.patch("r1", b"[]")
            return nothing, len(server.received)

    assert asyncio.run(go()) == (0, 1)


def test_what_the_permission_raises_reaches_the_caller_and_nothing_is_sent(serving, http, connected) -> None:
    def refuse() -> None:
        raise ZeroDivisionError

    async def go() -> int:
        async with serving(http(200, {"id": "r1"})) as server, connected(server.url, permit=refuse) as client:
            with pytest.raises(ZeroDivisionError):
                await client.create(b"{}")
            assert server.connections == 0
            return len([await client.get("r1")])

    assert asyncio.run(go()) == 1
