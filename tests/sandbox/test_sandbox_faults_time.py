from __future__ import annotations

import socket
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest


@pytest.fixture
def impatient(api):
    """The tenant as seen by a client that waits a tenth of a second."""
    with httpx.Client(headers={"Authorization": "Bearer key"}, timeout=httpx.Timeout(20, read=0.1)) as http:
        api.http = http
        yield api


def seconds_of(request):
    started = time.monotonic()
    request()
    return time.monotonic() - started


def test_latency_is_there_for_every_request_and_within_its_bounds(api):
    api.sandbox.faults("latency=0.05..0.1", tenant=api.name)
    assert min(seconds_of(api.search) for _ in range(3)) >= 0.05
    api.sandbox.faults("latency=0.05", tenant=api.name)
    assert seconds_of(api.search) >= 0.05


def test_a_client_that_leaves_during_the_latency_is_served_all_the_same(impatient):
    impatient.sandbox.faults("latency=0.5", tenant=impatient.name)
    with pytest.raises(httpx.ReadTimeout):
        impatient.post()
    wait_for(lambda: len(impatient.sandbox.registrations(impatient.name)) == 1)


def test_a_hanging_answer_was_done_and_comes_late(api):
    api.sandbox.faults("hang=0.5", tenant=api.name)
    assert seconds_of(api.created) >= 0.5
    assert seconds_of(api.created) < 0.5


def test_a_client_that_gives_up_on_a_hanging_answer_has_written(impatient):
    impatient.sandbox.faults("hang=600", tenant=impatient.name)
    with pytest.raises(httpx.ReadTimeout):
        impatient.post()
    assert len(impatient.sandbox.registrations(impatient.name)) == 1


def test_silence_before_the_write_ends_in_a_reset_and_nothing_is_done(api, body, hear):
    api.sandbox.faults("hang-before=0.05", tenant=api.name)
    heard = hear(api, "POST", "", body())
    assert (heard.raw, heard.reset) == (b"", True)
    assert api.sandbox.registrations(api.name) == []


def test_a_client_that_gives_up_on_silence_has_not_written(impatient, http):
    impatient.sandbox.faults("hang-before=600", tenant=impatient.name)
    with pytest.raises(httpx.ReadTimeout):
        impatient.post()
    impatient.http = http
    assert impatient.created()["number"] == 1


def test_a_dripping_answer_comes_at_its_speed_and_whole(api):
    record = api.created()
    api.sandbox.faults("drip=1000", tenant=api.name)
    started = time.monotonic()
    assert api.get(record["id"]).json() == record
    assert time.monotonic() - started > 0.1


def test_a_client_that_leaves_a_dripping_answer_leaves_no_trace(start_sandbox, tenant_of):
    api = tenant_of(start_sandbox(fault="drip=1@create"))
    head = f"POST /registrations/{api.name} HTTP/1.1\r\nHost: x\r\nAuthorization: k\r\nContent-Length: "
    content = b'{"event_id":"e","contact_id":"c","name":"n","type_id":"t","package_id":"p"}'
    with socket.create_connection(("127.0.0.1", api.sandbox.port), timeout=20) as line:
        line.sendall(f"{head}{len(content)}\r\n\r\n".encode() + content)
        assert line.recv(1) == b"H"
    assert api.search().status_code == 200
    assert (api.sandbox.stop(), api.sandbox.stderr.read_text()) == (0, "")


def test_a_limit_lets_its_burst_pass_and_counts_what_it_refuses(api):
    api.sandbox.faults("rate-limit=0.01/3", tenant=api.name)
    assert [api.search().status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    assert api.sandbox.struck(api.name) == {"rate-limit=0.01/3": 2}


def test_a_limit_lets_requests_pass_again_at_its_rate(api):
    api.sandbox.faults("rate-limit=20/1", tenant=api.name)
    started, passed = time.monotonic(), 0
    while passed < 5:
        passed += api.search().status_code == 200
    assert time.monotonic() - started >= 4 / 20 - 0.01


@pytest.mark.parametrize("fault", ["latency=600", "hang=600", "hang-before=600"])
def test_a_sandbox_asked_to_stop_gives_up_what_it_holds_back(start_sandbox, fault):
    sandbox = start_sandbox(fault=f"{fault}:always")
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout=20) as line:
        line.sendall(b"GET /registrations/t/id HTTP/1.1\r\nHost: x\r\nAuthorization: k\r\n\r\n")
        wait_for(lambda: sandbox.struck() == {f"{fault}:always": 1})
        assert sandbox.stop() == 0
    assert "Traceback" not in sandbox.stderr.read_text()


@pytest.mark.parametrize("ahead", [3_600, -3_600])
def test_a_clock_that_is_off_shows_in_the_date_and_in_the_times_of_writes(api, ahead):
    api.sandbox.faults(f"clock={ahead}", tenant=api.name)
    answer = api.post()
    shown = parsedate_to_datetime(answer.headers["date"]), datetime.fromisoformat(answer.json()["sys_created_at"])
    for instant in shown:
        assert abs((instant - datetime.now(UTC)).total_seconds() - ahead) < 5
    record = answer.json()
    patched = api.patch(record["id"], {"op": "add", "path": "/city", "value": "Ulm"}).json()
    assert patched["sys_last_modified_at"] >= record["sys_created_at"]


def test_without_a_fault_the_clock_is_right(api):
    for answer in (api.search(), httpx.get(f"{api.sandbox.url}/_sandbox/stats", timeout=20)):
        assert len(answer.headers.get_list("date")) == 1
        shown = parsedate_to_datetime(answer.headers["date"])
        assert abs((shown - datetime.now(UTC)).total_seconds()) < 5


def wait_for(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
