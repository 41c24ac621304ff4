from __future__ import annotations

import socket
from email.utils import parsedate_to_datetime
from time import time

import pytest

BEFORE = [
    ("status-before=500", 500),
    ("status-before=502", 502),
    ("status-before=503", 503),
    ("status-before=504", 504),
    ("status-before=503/seconds", 503),
    ("429", 429),
    ("429=missing", 429),
    ("auth", 401),
    ("auth=403", 403),
    ("redirect", 307),
    ("redirect=other", 307),
    ("redirect=http", 307),
    ("redirect=301", 301),
    ("html-before", 200),
    ("refuse-record=403", 403),
    ("refuse-record=404", 404),
    ("refuse-record", 409),
    ("refuse-record=412", 412),
    ("refuse-record=422", 422),
]


def struck(api):
    return list(api.sandbox.struck(api.name).values())


@pytest.mark.parametrize(("fault", "status"), BEFORE)
def test_a_refusal_before_the_write_answers_once_and_nothing_is_done(api, fault, status):
    stats = api.sandbox.stats()
    api.sandbox.faults(fault, tenant=api.name)
    assert api.post().status_code == status
    assert api.sandbox.registrations(api.name) == []
    after = api.sandbox.stats()
    assert after["operations"] == stats["operations"]
    created = "post /registrations/{tenantId}"
    assert after["requests"][created] == stats["requests"].get(created, 0) + 1, "the request came, and counts"
    assert api.post().status_code == 200
    assert struck(api) == [1]


def test_gateways_answer_in_html_and_the_api_in_json(api):
    api.sandbox.faults(*(f"status-before={status}" for status in (500, 502, 503, 504)), tenant=api.name)
    answers = [api.search() for _ in range(4)]
    kinds = [answer.headers["content-type"].partition(";")[0] for answer in answers]
    assert kinds == ["application/json", "text/html", "application/json", "text/html"]
    assert "502 Bad Gateway" in answers[1].text


@pytest.mark.parametrize("fault", ["429={}", "status-before=503/{}", "rate-limit=0.01/1/{}"])
@pytest.mark.parametrize("form", ["seconds", "date", "zero", "negative", "huge", "missing"])
def test_retry_after_comes_in_every_form(api, fault, form):
    api.sandbox.faults(fault.format(form), tenant=api.name)
    refused = next(answer for answer in (api.search(), api.search()) if answer.status_code != 200)
    value = refused.headers.get("retry-after")
    if form == "seconds":
        assert 1 <= int(value) <= 100
    elif form == "date":
        assert -1 < parsedate_to_datetime(value).timestamp() - time() <= 102
    else:
        assert value == {"zero": "0", "negative": "-30", "huge": "31536000", "missing": None}[form]


@pytest.mark.parametrize(
    "fault", ["429=date", "status-before=503/date", "status-after=503/date", "rate-limit=1/1/date"]
)
def test_a_date_to_come_back_at_is_by_the_clock_that_the_answer_shows(api, fault):
    api.sandbox.faults("clock=-3600", fault, tenant=api.name)
    refused = next(answer for answer in (api.search(), api.search()) if answer.status_code != 200)
    until, now = (parsedate_to_datetime(refused.headers[name]) for name in ("retry-after", "date"))
    assert 0 < (until - now).total_seconds() <= 3


def test_a_reset_before_is_a_reset_and_nothing_is_done(api, body, hear):
    api.sandbox.faults("reset-before:always", tenant=api.name)
    heard = hear(api, "POST", "", body())
    assert (heard.raw, heard.reset) == (b"", True)
    assert api.sandbox.registrations(api.name) == []
    assert struck(api) == [1]


def test_a_reset_comes_before_the_body_was_sent(api):
    api.sandbox.faults("reset-before", tenant=api.name)
    head = f"POST /registrations/{api.name} HTTP/1.1\r\nHost: x\r\nAuthorization: k\r\nContent-Length: 99\r\n\r\n"
    with socket.create_connection(("127.0.0.1", api.sandbox.port), timeout=20) as line:
        line.sendall(head.encode())
        with pytest.raises(ConnectionResetError):
            line.recv(1)


@pytest.mark.parametrize(
    ("way", "location"),
    [("same", "{path}"), ("301", "{path}"), ("other", "http://localhost:{port}{path}"), ("http", "{url}{path}")],
)
def test_redirects_lead_where_they_say(api, way, location):
    api.sandbox.faults(f"redirect={way}", tenant=api.name)
    path = f"/registrations/{api.name}/search?exclusiveStartKey=a%2Fb"
    answer = api.search(cursor="a/b")
    expected = location.format(path=path, port=api.sandbox.port, url=api.sandbox.url)
    assert (answer.headers["location"], answer.is_redirect) == (expected, True)


def test_a_body_above_the_limit_is_413_every_time(api):
    api.sandbox.faults("too-large=300", tenant=api.name)
    assert [api.post(notes="x" * length).status_code for length in (10, 400, 400, 10)] == [200, 413, 413, 200]
    assert len(api.sandbox.registrations(api.name)) == 2
    assert api.sandbox.struck(api.name) == {"too-large=300": 2}


def test_a_poisoned_batch_is_refused_as_a_whole(api):
    first, second = api.created(), api.created()
    api.sandbox.faults("poison=400", tenant=api.name)

    def patch(record, text):
        directives = [{"op": "add", "path": "/notes", "value": text}]
        return {"id": record["id"], "operation": "patch", "patch_directives": directives}

    assert api.batch(patch(first, "good"), patch(second, "poison")).status_code == 400
    assert all("notes" not in record for record in api.sandbox.registrations(api.name))
    assert api.batch(patch(first, "good")).status_code == 200
    assert api.batch(patch(second, "poison")).status_code == 400


def test_a_refused_record_leaves_batches_alone(api):
    record = api.created()
    api.sandbox.faults("refuse-record:always", tenant=api.name)
    assert api.request("DELETE", f"/{record['id']}").status_code == 409
    assert api.batch({"operation": "delete", "id": record["id"]}).json()["success_count"] == 1


def test_an_expired_credential_stays_refused_and_a_new_token_works(api, http):
    def token():
        asked = {"grant_type": "client_credentials", "client_id": api.name, "client_secret": "s"}
        return http.post(f"{api.sandbox.url}/oauth/token", data=asked).json()["access_token"]

    def search(credential):
        headers = {"Authorization": f"Bearer {credential}"}
        return api.http.post(
            f"{api.sandbox.url}/registrations/{api.name}/search", json={"event_id": "e"}, headers=headers
        ).status_code

    old = token()
    api.sandbox.faults("token-expires", tenant=api.name)
    assert [search(old), search(old), search(token())] == [401, 401, 200]
    assert api.sandbox.struck(api.name) == {"token-expires": 1}
    api.sandbox.no_faults(api.name)
    assert search(old) == 200


def test_the_token_endpoint_fails_for_the_client_of_a_tenant(api, tenant_of, http):
    api.sandbox.faults("status-before=503@token", tenant=api.name)

    def status(client):
        asked = {"grant_type": "client_credentials", "client_id": client, "client_secret": "s"}
        return http.post(f"{api.sandbox.url}/oauth/token", json=asked).status_code

    assert api.search().status_code == 200
    assert [status("another"), status(api.name), status(api.name)] == [200, 503, 200]
