"""The N cases of the fault matrix: what becomes of the main job when the network fails."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest

from regbulk.errors import NotSent, Outage

WRITES = (b"POST /registrations/%s HTTP", b"POST /registrations/%s/batch HTTP")


def writes(job) -> list[bytes]:
    """How the first line of a create and of a batch begins."""
    return [start % job.tenant.encode() for start in WRITES]


def at_first_push(job, do):
    """Call `do` once, when the first batch has its outcomes."""
    done = []

    def watch(step: str, count: int) -> None:
        if step.startswith("push") and count and not done:
            done.append(count)
            do()

    job.watch = watch
    return done


def everything_is_there_once(job, ended, rows: int) -> None:
    assert ended.error is None, ended.error
    assert ended.counts == {"created": rows}
    held = job.held()
    assert held.keys() == {f"c{n}" for n in range(rows)}
    assert {record["sys_version"] for record in held.values()} == {1}


@pytest.fixture
def names(monkeypatch):
    """Name resolution that a test can break: names set to None do not resolve, others lead where they say."""
    known: dict[str, list[tuple] | None] = {}
    resolve = socket.getaddrinfo

    def resolved(host, *arguments, **options):
        name = host.decode() if isinstance(host, bytes) else host
        if name not in known:
            return resolve(host, *arguments, **options)
        if known[name] is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known[name]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setenv("NO_PROXY", "*")
    return known


def address(family: int, host: str, port: int) -> tuple:
    place = (host, port) if family == socket.AF_INET else (host, port, 0, 0)
    return (family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", place)


def test_n01_a_name_that_does_not_resolve_stops_at_the_start_and_names_it(job, names):
    names["api.test"] = None
    job.url = "http://api.test"
    ended = job.load(job.source(), attempts=1)
    assert isinstance(ended.error, NotSent)
    assert "api.test" in str(ended.error)
    assert job.sandbox.registrations(job.tenant) == []


def test_n02_a_name_that_stops_resolving_is_given_up_after_a_while_and_the_load_goes_on_later(job, wire, names):
    job.url = f"http://localhost:{wire.port}"

    def lose() -> None:
        names["localhost"] = None
        wire.leave()

    at_first_push(job, lose)
    ended = job.load(job.source(60), batch_size=10, concurrency=1, canary=0, outage_seconds=0.3)
    assert isinstance(ended.error, Outage)
    assert 0 < len(job.sandbox.registrations(job.tenant)) < 60
    names.clear()
    wire.come()
    everything_is_there_once(job, job.resume(), 60)


def test_n03_n16_a_network_that_is_gone_and_comes_back_is_waited_out_by_itself(job, wire):
    def lose() -> None:
        wire.leave()
        threading.Timer(0.6, wire.come).start()

    at_first_push(job, lose)
    ended = job.load(job.source(60), batch_size=10, concurrency=2, canary=0)
    everything_is_there_once(job, ended, 60)


def full(family: int, host: str) -> tuple[socket.socket, list[socket.socket]]:
    """A port that takes no further connection: whoever tries hears nothing at all."""
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, 0))
    listener.listen(0)
    waiting = []
    for _ in range(4):
        client = socket.socket(family)
        client.settimeout(0.2)
        waiting.append(client)
        with contextlib.suppress(TimeoutError):
            client.connect((host, listener.getsockname()[1]))
    return listener, waiting


def test_n04_a_connection_that_takes_too_long_was_not_sent_and_is_tried_again(job):
    listener, waiting = full(socket.AF_INET, "127.0.0.1")
    job.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    ended = job.load(job.source(), timeout=0.3, attempts=2)
    for each in (*waiting, listener):
        each.close()
    assert isinstance(ended.error, NotSent)
    assert "timed out connecting" in str(ended.error)


def test_n06_a_connection_that_is_reset_before_the_request_is_read_loses_and_doubles_nothing(job):
    job.all_done(job.mixed("reset-before@create:once-at=2", "reset-before@batch:once"))


def test_n07_a_reset_after_half_of_the_request_is_settled_by_reading(job, wire, first_of):
    wire.trouble = first_of("half", *writes(job))
    job.all_done(job.mixed())
    assert wire.met == ["half", "half"]


def test_n08_a_reset_after_the_whole_request_is_settled_by_reading(job):
    job.all_done(job.mixed("reset-after@create:once-at=2", "reset-after@batch:once"))


def test_n09_an_answer_that_does_not_come_in_time_is_settled_by_reading(job):
    job.all_done(job.mixed("hang=2@create:once-at=2", "hang=2@batch:once", timeout=0.5))


@pytest.mark.parametrize("part", ["headers", "body"])
def test_n10_n11_a_reset_in_the_middle_of_the_answer_is_settled_by_reading(job, part):
    job.all_done(job.mixed(f"reset-in-{part}@create:once-at=2", f"reset-in-{part}@batch:once"))


def test_n12_a_connection_that_falls_silent_without_an_end_is_settled_by_reading(job, wire, first_of):
    wire.trouble = first_of("silent", *writes(job))
    job.all_done(job.mixed(timeout=0.5))
    assert wire.met == ["silent", "silent"]


def test_n13_an_answer_that_drips_is_given_up_at_the_deadline_over_all_and_settled(job):
    began = time.monotonic()
    job.all_done(job.mixed("drip=1@create:once-at=2", "drip=1@batch:once", timeout=0.6))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("when", ["before", "after"])
def test_n15_a_proxys_own_page_of_error_is_settled_by_reading(job, when):
    job.all_done(job.mixed(f"status-{when}=502@create:once-at=2", f"status-{when}=502@batch:once"))


def test_n17_an_address_of_ipv6_that_swallows_everything_is_passed_over(job, names):
    try:
        listener, waiting = full(socket.AF_INET6, "::1")
    except OSError:
        pytest.skip("this machine has no IPv6: nothing can be swallowed there")
    swallowing = listener.getsockname()[1]
    names["api.test"] = [
        address(socket.AF_INET6, "::1", swallowing),
        address(socket.AF_INET, "127.0.0.1", job.sandbox.port),
    ]
    job.url = f"http://api.test:{job.sandbox.port}"
    ended = job.load(job.source(), timeout=3, attempts=1)
    for each in (*waiting, listener):
        each.close()
    everything_is_there_once(job, ended, 6)


def test_n18_only_http_1_1_is_offered_so_that_no_stream_can_be_reset(job):
    hello = bytearray()
    listener = socket.create_server(("127.0.0.1", 0))

    def hear() -> None:
        client, _ = listener.accept()
        with client:
            hello.extend(client.recv(1 << 16))

    listening = threading.Thread(target=hear)
    listening.start()
    job.url = f"https://127.0.0.1:{listener.getsockname()[1]}"
    ended = job.load(job.source(), attempts=1)
    listening.join(5)
    listener.close()
    assert isinstance(ended.error, NotSent)
    assert b"\x08http/1.1" in hello
    assert b"\x02h2" not in hello
