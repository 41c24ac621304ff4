from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator

import polars as pl
import pytest

CREATE = b"POST /registrations/engine HTTP"
BATCH = b"POST /registrations/engine/batch HTTP"


class Proxy:
    """Passes bytes on to a sandbox; `trouble(number)` decides what is done with a write request, counted from 1."""

    def __init__(self, upstream: int, start: bytes, trouble: Callable[[int], str]) -> None:
        self._upstream, self._start, self._trouble = upstream, start, trouble
        self._numbers = itertools.count(1)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._upstream)) as server, contextlib.suppress(OSError):
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answers = threading.Thread(target=self._answer, args=(server, client), daemon=True)
            answers.start()
            while data := client.recv(1 << 20):
                trouble = self._trouble(next(self._numbers)) if data.startswith(self._start) else "none"
                if trouble == "late":
                    time.sleep(1.2)
                if trouble == "lost before":
                    return
                server.sendall(data)
                if trouble == "lost after":
                    # The write must have reached the server before its client is cut off.
                    time.sleep(0.3)
                    client.shutdown(socket.SHUT_RDWR)
                    return
            answers.join(5)

    @staticmethod
    def _answer(server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 20):
                client.sendall(data)

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def proxied(sandbox, regbulk_for) -> Iterator[Callable]:
    made: list[Proxy] = []

    def start(start: bytes, trouble: Callable[[int], str]):
        made.append(Proxy(sandbox.port, start, trouble))
        return regbulk_for(made[-1].url)

    yield start
    for proxy in made:
        proxy.close()


def source(path, rows: int, notes: str = "n"):
    data = {
        "event_id": "e",
        "contact_id": [f"c{n}" for n in range(rows)],
        "name": "N",
        "type_id": "t",
        "package_id": "p",
    }
    pl.DataFrame(data).with_columns(notes=pl.lit(notes)).write_csv(path)
    return path


@pytest.mark.parametrize("trouble", ["lost before", "lost after"])
def test_a_create_whose_answer_is_lost_is_there_once(sandbox, proxied, tmp_path, trouble):
    regbulk = proxied(CREATE, lambda number: trouble if number % 7 == 3 else "none")
    ran = regbulk("import", source(tmp_path / "a.csv", 40), "--json")
    assert ran.status == 0, ran.stderr
    assert ran.json["outcomes"]["created"] == 40
    contacts = [record["contact_id"] for record in sandbox.registrations("engine")]
    assert sorted(contacts) == sorted(f"c{n}" for n in range(40))


def test_a_create_that_lands_after_its_client_gave_up_is_found_and_not_sent_again(sandbox, proxied, tmp_path):
    regbulk = proxied(CREATE, lambda number: "late" if number == 15 else "none")
    patient = {"REGBULK_TIMEOUT": "0.5", "REGBULK_SETTLE_SECONDS": "4"}
    ran = regbulk("import", source(tmp_path / "a.csv", 20), "--json", **patient)
    assert ran.status == 0, ran.stderr
    assert ran.json["outcomes"]["created"] == 20
    assert sandbox.stats()["registrations"] == {"engine": 20}


@pytest.mark.parametrize("trouble", ["lost before", "lost after"])
def test_a_batch_whose_answer_is_lost_is_applied_once(sandbox, proxied, tmp_path, trouble):
    proxied(CREATE, lambda _: "none")("import", source(tmp_path / "a.csv", 120))
    regbulk = proxied(BATCH, lambda number: trouble if number == 2 else "none")
    ran = regbulk("import", source(tmp_path / "b.csv", 120, "changed"), "--json")
    assert ran.status == 0, ran.stderr
    assert ran.json["outcomes"]["patched"] == 120
    assert {(record["notes"], record["sys_version"]) for record in sandbox.registrations("engine")} == {("changed", 2)}
