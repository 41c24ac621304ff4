"""An API that goes away while it is used: what is waited, what is said, and when it is given up."""

from __future__ import annotations

import asyncio

import pytest

from regbulk.errors import NotSent, Outage


def warnings(caplog) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


def test_a_lost_network_is_waited_out_told_once_and_gone_on_with(serving, http, connected, patient, caplog) -> None:
    async def back(server, *, tries: int) -> None:
        while len(patient.retries) < tries:  # noqa: ASYNC110 - a list of retries is no event
            await asyncio.sleep(0.001)
        await server.come()

    async def go() -> tuple[list[dict[str, str]], int]:
        async with (
            serving(http(200, {"id": "r1"})) as server,
            connected(server.url, attempts=2) as one,
            connected(server.url, attempts=2) as another,
        ):
            await one.get("r1")
            await server.leave()
            asked = [each.create(b"{}") for each in [one, another] * 5]
            made, _ = await asyncio.gather(asyncio.gather(*asked), back(server, tries=40))
            changes = one.speed_changes()
            assert (changes[0].width, changes[-1].width, changes[-1].reason) == (1, 8, "reached again")
            return made, len(server.received)

    made, received = asyncio.run(go())
    assert (len(made), received) == (10, 11)
    told = warnings(caplog)
    assert "connection refused; trying again by itself for up to 600 s (REGBULK_OUTAGE_SECONDS)" in told[0]
    assert " reached again after " in told[1]
    assert len(told) == 2


def test_an_outage_that_lasts_too_long_says_what_was_seen_last(serving, http, connected, patient) -> None:
    async def go() -> list[object]:
        async with serving(http(200, {"id": "r1"})) as server, connected(server.url, outage_seconds=60) as client:
            await client.get("r1")
            await server.leave()
            return await asyncio.gather(*(client.create(b"{}") for _ in range(30)), return_exceptions=True)

    start = patient.now
    ends = asyncio.run(go())
    assert {type(end) for end in ends} == {Outage}
    assert "could not be reached for" in str(ends[0])
    assert "last: connection refused" in str(ends[0])
    assert 45 < patient.now - start <= 60


def test_a_token_that_cannot_be_renewed_waits_without_asking_the_api(serving, issuer, by_oauth, http, patient) -> None:
    async def go() -> list[str]:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            await client.get("r1")
            server.script[:] = [lambda received: http(500 if received.line.startswith("POST /oauth/token") else 401)]
            with pytest.raises(Outage, match="no token: its endpoint gives no usable answer"):
                await client.create(b"{}")
            return [received.line.split()[1] for received in server.received]

    paths = asyncio.run(go())
    assert paths.count("/registrations/acme") == 1
    assert paths.count("/oauth/token") > 100


def test_a_burst_of_401_fetches_one_token_and_repeats_every_request(serving, issuer, by_oauth) -> None:
    async def go() -> int:
        async with serving(issuer, delay=0.01) as server, by_oauth(server.url) as client:
            await client.get("r1")
            issuer.tokens = 7
            await asyncio.gather(*(client.patch("r1", b"[]") for _ in range(40)))
            return sum(received.line.startswith("PATCH") for received in server.received)

    sent = asyncio.run(go())
    assert issuer.tokens == 8
    assert 40 < sent <= 48


def test_a_wrong_address_is_told_after_the_attempts_and_without_a_promise_to_wait(connected, caplog, patient) -> None:
    async def go() -> None:
        async with connected("http://127.0.0.1:1", attempts=3) as client:
            await client.get("r1")

    with pytest.raises(NotSent, match="connection refused"):
        asyncio.run(go())
    assert warnings(caplog) == ["cannot reach http://127.0.0.1:1: connection refused; trying again"]
    assert len(patient.waits) == 2


def test_many_requests_to_a_wrong_address_use_up_the_attempts_together(connected, patient) -> None:
    async def go() -> None:
        async with connected("http://127.0.0.1:1", attempts=4) as client:
            await asyncio.gather(*(client.get(f"r{n}") for n in range(6)))

    with pytest.raises(NotSent, match="connection refused"):
        asyncio.run(go())
    assert sum(patient.waits) < 8, "not four attempts of each, one after the other"
