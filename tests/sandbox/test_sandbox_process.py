from __future__ import annotations

import signal
import socket
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_line_and_leaves_at_once_when_asked(start_sandbox, number):
    sandbox = start_sandbox()
    with httpx.Client(timeout=60) as keeping_the_connection_open:
        assert keeping_the_connection_open.get(f"{sandbox.url}/_sandbox/stats").is_success
        sandbox.process.send_signal(number)
        rest, _ = sandbox.process.communicate(timeout=30)
    assert (sandbox.process.returncode, rest, sandbox.stderr.read_text()) == (0, "", "")


def test_it_leaves_while_half_a_request_is_waiting(sandbox):
    with socket.create_connection(("127.0.0.1", sandbox.port)) as half:
        half.sendall(b"POST /registrations/t HTTP/1.1\r\nHost: x\r\nAuthorization: k\r\nContent-Length: 99\r\n\r\n{")
        assert sandbox.stats()
        assert sandbox.stop() == 0


def test_a_client_that_goes_away_within_its_request_does_no_harm(sandbox, tenant_of):
    for start in (
        b"POST /registrations/t HTTP/1.1\r\nHo",
        b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
    ):
        with socket.create_connection(("127.0.0.1", sandbox.port)) as leaving:
            leaving.sendall(start)
    body = b"POST /registrations/t HTTP/1.1\r\nHost: x\r\nAuthorization: k\r\nContent-Length: 9\r\n\r\n{"
    with socket.create_connection(("127.0.0.1", sandbox.port)) as leaving:
        leaving.sendall(body)
    assert tenant_of(sandbox, "t").created()["number"] == 1
    assert sandbox.stop() == 0
    assert sandbox.stderr.read_text() == ""


def test_it_listens_on_loopback_only(sandbox):
    assert sandbox.url == f"http://127.0.0.1:{sandbox.port}"
    with pytest.raises(OSError), socket.create_connection(("127.0.0.2", sandbox.port), timeout=1):  # noqa: PT011 - any
        pass


def test_a_restart_on_the_same_data_and_port_goes_on_where_it_stood(start_sandbox, tenant_of, tmp_path):
    data = tmp_path / "sandbox.db"
    first = start_sandbox(data=data, page_size=1)
    api = tenant_of(first, "t")
    records = sorted([api.created(), api.created()], key=lambda record: record["id"])
    cursor = api.search().json()["LastEvaluatedKey"]
    assert first.stop() == 0
    assert stat.S_IMODE(data.stat().st_mode) == 0o600
    again = start_sandbox(data=data, port=first.port, page_size=1)
    assert again.url == first.url
    assert again.registrations("t") == records
    assert api.search(cursor=cursor).json()["Items"] == [records[1]]
    assert api.created()["number"] == 3


def test_every_answered_write_outlives_a_kill(start_sandbox, tenant_of, tmp_path):
    data = tmp_path / "sandbox.db"
    sandbox = start_sandbox(data=data)
    api = tenant_of(sandbox, "t")
    answered: list[str] = []

    def write_until_it_dies() -> None:
        try:
            while True:
                answered.append(api.created()["id"])
        except httpx.TransportError:
            return

    with ThreadPoolExecutor(2) as pool:
        writers = [pool.submit(write_until_it_dies) for _ in range(2)]
        while len(answered) < 50:
            time.sleep(0.01)
        assert sandbox.kill() == -signal.SIGKILL
        for writer in writers:
            writer.result()
    kept = {record["id"] for record in start_sandbox(data=data).registrations("t")}
    assert set(answered) <= kept
    assert len(kept - set(answered)) <= len(writers), "a write in flight may be kept without an answer"


def test_data_without_a_file_goes_with_the_process(start_sandbox, tenant_of):
    first = start_sandbox()
    tenant_of(first, "t").created()
    first.stop()
    assert start_sandbox(port=first.port).registrations("t") == []


@pytest.mark.parametrize("trouble", ["port", "no database", "data in use"])
def test_what_cannot_be_had_is_said_and_nothing_is_served(start_sandbox, sandbox, tmp_path, trouble):
    data = tmp_path / "sandbox.db"
    options = {"port": sandbox.port} if trouble == "port" else {"data": data}
    if trouble == "no database":
        data.write_text("not a database, but long enough to be looked at " * 100)
    if trouble == "data in use":
        start_sandbox(data=data)
    process, stderr = start_sandbox.run(**options)
    printed, _ = process.communicate(timeout=20)
    assert (process.returncode != 0, printed) == (True, "")
    assert (str(sandbox.port) if trouble == "port" else str(data)) in stderr.read_text().replace("\n", "")


def test_open_api_describes_the_documented_operations_and_their_statuses_only(shared_sandbox):
    description = httpx.get(f"{shared_sandbox.url}/openapi.json", timeout=60).json()
    operations = {
        f"{method} {path}": set(operation["responses"])
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }
    common = {"200", "400", "401", "403", "404", "429", "500"}
    assert operations == {
        "post /registrations/{tenantId}": common | {"409"},
        "get /registrations/{tenantId}/{id}": common,
        "patch /registrations/{tenantId}/{id}": common | {"409"},
        "delete /registrations/{tenantId}/{id}": common | {"409"},
        "post /registrations/{tenantId}/search": common | {"409"},
        "get /registrations/{tenantId}/eventContact/{eventId}/{contactId}": common,
        "post /registrations/{tenantId}/batch": common,
    }


def test_answers_are_not_held_back(api):
    record = api.created()
    seconds = []
    for _ in range(20):
        started = time.monotonic()
        api.patch(record["id"], {"op": "add", "path": "/city", "value": "Ulm"})
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 0.04, "Nagle's delay would hold back each of them for 40 ms"


def test_the_sandbox_loads_neither_the_engine_nor_its_heavy_packages():
    code = "import sys, regbulk.sandbox.server; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    ours = {name for name in loaded if name.startswith("regbulk.")}
    allowed = ("regbulk.sandbox", "regbulk.errors", "regbulk.schemas")
    assert {name for name in ours if not name.startswith(allowed)} == set()
    assert not {"polars", "pyarrow", "prefect", "httpx", "sqlalchemy"} & set(loaded)
