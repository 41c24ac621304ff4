from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from regbulk.api import OperationResult
from regbulk.errors import (
    AccessDenied,
    Answered,
    ApiError,
    InDoubt,
    NotFound,
    NotSent,
    Outage,
    RateLimited,
    SettingsError,
)


def asked(received) -> tuple[str, str, dict[str, list[str]]]:
    """Method, path and query of a request as they were on the wire."""
    method, target, _ = received.line.split(" ")
    parts = urlsplit(target)
    return method, parts.path, parse_qs(parts.query)


@pytest.fixture
def exchange(serving, connected):
    """Runs one call of a client against a scripted server; returns its value and what the server received."""

    def run(call, *script, **options):
        async def go():
            async with serving(*script) as server, connected(server.url, **options) as client:
                try:
                    return await call(client), server.received
                except ApiError as error:
                    return error, server.received

        return asyncio.run(go())

    return run


def test_each_operation_is_the_request_that_the_api_document_names(exchange, http) -> None:
    registration = http(200, {"id": "r1"})
    results = http(200, {"success_count": 1, "error_count": 0, "results": [{"id": "r1", "success": True}]})
    calls = [
        (lambda client: client.create(b"{}"), registration, ("POST", "/registrations/acme", {})),
        (lambda client: client.get("r1"), registration, ("GET", "/registrations/acme/r1", {})),
        (lambda client: client.patch("r1", b"[]"), registration, ("PATCH", "/registrations/acme/r1", {})),
        (lambda client: client.delete("r1"), http(200, "r1"), ("DELETE", "/registrations/acme/r1", {})),
        (lambda client: client.batch(b"{}", ["r1"]), results, ("POST", "/registrations/acme/batch", {})),
        (lambda client: client.search({}), http(200, []), ("POST", "/registrations/acme/search", {})),
        (
            lambda client: client.event_contact("e|1", "c/1"),
            http(200, []),
            ("GET", "/registrations/acme/eventContact/e%7C1/c%2F1", {}),
        ),
    ]
    for call, answer, wanted in calls:
        value, (received,) = exchange(call, answer)
        assert not isinstance(value, ApiError), value
        assert asked(received) == wanted
        assert received.headers["authorization"] == "Bearer key-1"


def test_bodies_leave_as_they_were_given_and_as_json(exchange, http) -> None:
    body = b'{ "event_id":"e1","name":"\xc3\xa4" }'
    _, (received,) = exchange(lambda client: client.create(body), http(200, {"id": "r1"}))
    assert (received.body, received.headers["content-type"]) == (body, "application/json")


@pytest.mark.parametrize("script", [b"<reset>", b"<before>", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{<close>"])
def test_a_write_in_doubt_is_sent_once_and_a_read_again(exchange, http, patient, script) -> None:
    error, received = exchange(lambda client: client.create(b"{}"), script, http(200, {"id": "r1"}))
    assert isinstance(error, InDoubt)
    assert len(received) == (0 if script == b"<before>" else 1)
    value, _ = exchange(lambda client: client.get("r1"), script, http(200, {"id": "r1"}))
    assert value == {"id": "r1"}


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_answered_5xx_is_in_doubt_and_a_read_is_asked_again(exchange, http, status) -> None:
    error, received = exchange(lambda client: client.batch(b"{}", []), http(status), http(200, []))
    assert (type(error), len(received)) == (InDoubt, 1)
    value, received = exchange(lambda client: client.search({}), http(status), http(200, []))
    assert (value.registrations, len(received)) == ([], 2)


def test_a_read_without_a_usable_answer_ends_as_an_api_error_that_counts_the_attempts(exchange, http, patient) -> None:
    error, received = exchange(lambda client: client.get("r1"), http(200, b"<html>log in"), attempts=3)
    assert type(error) is ApiError
    assert "no usable answer in 3 attempts: the answer is an HTML page" in str(error)
    assert (len(received), len(patient.retries)) == (3, 2)


def test_a_connection_that_cannot_be_made_is_tried_again_and_ends_as_not_sent(connected, patient) -> None:
    async def go() -> None:
        async with connected("http://127.0.0.1:1", attempts=4) as client:
            await client.create(b"{}")

    with pytest.raises(NotSent):
        asyncio.run(go())
    assert [retry.attempt for retry in patient.retries] == [1, 2, 3]


def test_a_429_is_waited_out_as_asked_for_a_write_too(exchange, http, patient) -> None:
    busy = http(429, retry_after="7")
    value, received = exchange(lambda client: client.create(b"{}"), busy, http(200, {"id": "r1"}))
    assert (value, len(received)) == ({"id": "r1"}, 2)
    assert patient.waits[0] == pytest.approx(7, abs=0.5)
    assert type(patient.retries[0].cause) is RateLimited


def test_a_429_that_outlasts_the_patience_is_an_outage_and_nobody_hammers_meanwhile(exchange, http) -> None:
    error, received = exchange(lambda client: client.create(b"{}"), http(429), attempts=3, outage_seconds=60)
    assert (type(error), error.status) == (Outage, 429)
    assert 12 < len(received) < 30


def test_a_refusal_is_not_repeated(exchange, http) -> None:
    for status, kind in [(400, Answered), (403, AccessDenied), (404, NotFound), (307, ApiError)]:
        error, received = exchange(lambda client: client.create(b"{}"), http(status, location="http://other.test/"))
        assert (type(error), len(received)) == (kind, 1)


def test_no_more_requests_are_in_flight_than_the_setting_allows(serving, http, connected) -> None:
    async def go() -> int:
        async with (
            serving(http(200, {"id": "r1"}), delay=0.01) as server,
            connected(server.url, concurrency=3) as client,
        ):
            await asyncio.gather(*(client.get("r1") for _ in range(20)))
            return server.most_in_flight

    assert asyncio.run(go()) == 3


def test_pages_are_followed_by_their_cursor_through_empty_pages_to_the_end(serving, http, connected) -> None:
    script = [
        http(200, {"Items": [{"id": "a"}], "LastEvaluatedKey": "k/+=&%2F ä"}),
        http(200, {"Items": [], "LastEvaluatedKey": {"id": "a"}}),
        http(200, {"Items": [{"id": "b"}], "LastEvaluatedKey": ""}),
    ]

    async def go() -> tuple[list[list[str]], list[dict[str, list[str]]]]:
        async with serving(*script) as server, connected(server.url) as client:
            pages = [page async for page in client.pages({"event_id": "e1"}, fields=["status"])]
            assert {received.body for received in server.received} == {b'{"event_id":"e1"}'}
            ids = [[found["id"] for found in page.registrations] for page in pages]
            return ids, [asked(received)[2] for received in server.received]

    fields = {"fieldsToReturn": ["id,status"]}
    assert asyncio.run(go()) == (
        [["a"], [], ["b"]],
        [
            fields,
            {**fields, "exclusiveStartKey": ["k/+=&%2F ä"]},
            {**fields, "exclusiveStartKey": ['{"id":"a"}']},
        ],
    )


@pytest.mark.parametrize("cursors", ["aa", "abca", "abb"])
def test_a_repeated_cursor_is_refused_however_long_the_cycle(serving, http, connected, cursors) -> None:
    script = [http(200, {"Items": [], "LastEvaluatedKey": cursor}) for cursor in cursors]

    async def go() -> None:
        async with serving(*script) as server, connected(server.url) as client:
            async for _ in client.pages({"event_id": "e1"}):
                pass

    with pytest.raises(ApiError, match=f"the cursor after page {len(cursors)} was given out before"):
        asyncio.run(go())


def test_event_contact_reads_all_pages_and_takes_404_for_none(exchange, http) -> None:
    two = [http(200, {"Items": [{"id": "a"}], "LastEvaluatedKey": "k"}), http(200, [{"id": "b"}])]
    assert exchange(lambda client: client.event_contact("e", "c"), *two)[0] == [{"id": "a"}, {"id": "b"}]
    assert exchange(lambda client: client.event_contact("e", "c"), http(404))[0] == []
    assert isinstance(exchange(lambda client: client.event_contact("e", "c"), two[0], http(404))[0], NotFound)


def test_a_search_sends_a_name_only_if_set_and_a_400_without_one_names_the_setting(exchange, http) -> None:
    query = {"event_id": "e1"}
    error, (received,) = exchange(lambda client: client.search(query), http(400, {"message": "name is required"}))
    assert json.loads(received.body) == query
    assert "REGBULK_SEARCH_NAME" in str(error)
    error, (received,) = exchange(lambda client: client.search(query), http(400), search_name="*")
    assert json.loads(received.body) == {"name": "*", "event_id": "e1"}
    assert "REGBULK_SEARCH_NAME" not in str(error)


def test_a_batch_gives_one_result_for_each_operation(exchange, http) -> None:
    results = [{"id": "b", "success": False, "status_code": 404, "message": "none"}, {"id": "a", "success": True}]
    answer = http(200, {"success_count": 1, "error_count": 1, "results": results})
    value, _ = exchange(lambda client: client.batch(b"{}", ["a", "b"]), answer)
    assert value == [OperationResult("a", None, "done", None), OperationResult("b", 404, "failed", "none")]


def test_an_answer_that_was_meant_for_another_request_is_not_believed(exchange, http) -> None:
    both = http(200, {"id": "r1"}) + http(200, {"id": "r9"})

    async def twice(client):
        await client.get("r1")
        return await client.patch("r2", b"[]")

    error, _ = exchange(twice, both, http(200, {"id": "r2"}))
    assert isinstance(error, InDoubt)


def test_a_client_needs_an_address_and_a_tenant(connected) -> None:
    with pytest.raises(SettingsError, match="REGBULK_API_URL"):
        connected(None)
    with pytest.raises(SettingsError, match="REGBULK_TENANT"):
        connected("http://127.0.0.1:1", tenant=None)


def test_requests_are_not_logged_and_neither_are_bodies_or_keys(exchange, http, caplog) -> None:
    caplog.set_level("DEBUG", logger="regbulk")
    caplog.set_level("INFO")
    exchange(lambda client: client.create(b'{"first_name": "Ann"}'), http(200, {"id": "r1"}))
    assert caplog.text == ""
