from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import subprocess
from pathlib import Path

import httpx
import pytest

from regbulk.api.answers import Answer
from regbulk.api.body import LARGEST_ANSWER
from regbulk.api.endpoints import Request
from regbulk.api.transport import IN_DOUBT, NOT_SENT, Transport
from regbulk.errors import ApiError, InDoubt, NotSent, SettingsError

POST = Request("POST", "/registrations/acme", body=b'{"a":1}', writes=True)


async def sent(url: str, request: Request = POST, *, seconds: float = 1.0) -> Answer:
    transport = Transport(url, timeout=seconds, connections=2)
    try:
        return await transport.send(request)
    finally:
        await transport.close()


def send_to(serving, *script: bytes, request: Request = POST, seconds: float = 1.0) -> Answer:
    async def go() -> Answer:
        async with serving(*script) as server:
            return await sent(server.url, request, seconds=seconds)

    return asyncio.run(go())


def test_every_exception_of_httpx_transports_has_one_end() -> None:
    leaves = [
        kind
        for kind in vars(httpx).values()
        if isinstance(kind, type)
        and issubclass(kind, httpx.TransportError | httpx.DecodingError)
        and not kind.__subclasses__()
    ]
    assert len(leaves) >= 13
    named = set(NOT_SENT) | set(IN_DOUBT)
    assert [kind.__name__ for kind in leaves if kind not in named] == []
    assert set(NOT_SENT) & set(IN_DOUBT) == set()


def test_a_refused_connection_is_not_sent() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(NotSent, match=r"connection refused$"):
            asyncio.run(sent(f"http://127.0.0.1:{taken.getsockname()[1]}"))


def test_a_name_that_does_not_resolve_is_not_sent(caplog) -> None:
    with pytest.raises(NotSent, match=r"no such host name|the host name cannot be looked up just now"):
        asyncio.run(sent("http://nowhere.invalid"))
    assert "unencrypted" in caplog.text


@pytest.mark.parametrize(
    "script",
    [
        b"<before>",
        b"<reset>",
        b"<close>",
        b"HTTP/1.1 200<reset>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}<close>",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}<reset>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n<close>",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}<close>",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH\r\n<close>",
    ],
    ids=lambda script: script.decode(errors="replace")[-40:],
)
def test_whatever_may_have_left_without_a_complete_answer_is_in_doubt(serving, script) -> None:
    with pytest.raises(InDoubt):
        send_to(serving, script)


def test_no_answer_in_time_is_in_doubt(serving) -> None:
    with pytest.raises(InDoubt):
        send_to(serving, b"<hang>", seconds=1.0)


def test_an_answer_that_drips_is_in_doubt_when_its_time_is_over() -> None:
    gone = asyncio.Event()

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n")
        while not gone.is_set():
            writer.write(b" ")
            await asyncio.sleep(0.02)
        writer.close()

    async def go() -> None:
        listener = await asyncio.start_server(drip, "127.0.0.1", 0)
        async with listener:
            try:
                await sent(f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}", seconds=1.0)
            finally:
                gone.set()
                await asyncio.sleep(0.1)

    with pytest.raises(InDoubt, match="TimeoutError"):
        asyncio.run(go())


def test_any_complete_answer_is_handed_over_decoded_with_lower_case_headers(serving, http) -> None:
    answer = send_to(serving, http(503, gzip.compress(b"busy"), content_encoding="gzip", Retry_After="7"))
    assert (answer.status, answer.body, answer.headers["retry-after"]) == (503, b"busy", "7")


def test_a_small_answer_that_unpacks_without_end_is_cut_off(serving, http) -> None:
    bomb = gzip.compress(bytes(LARGEST_ANSWER + 1))
    with pytest.raises(InDoubt, match="larger than"):
        send_to(serving, http(200, bomb, content_encoding="gzip"), seconds=5)


def test_a_redirect_is_handed_over_and_not_followed(serving, http) -> None:
    async def go() -> tuple[int, int]:
        async with serving(http(200)) as other, serving(http(307, location=other.url)) as server:
            return (await sent(server.url)).status, other.connections

    assert asyncio.run(go()) == (307, 0)


def test_cookies_are_not_remembered(serving, http) -> None:
    async def go() -> list[str | None]:
        async with serving(http(200, set_cookie="session=1")) as server:
            transport = Transport(server.url, timeout=1, connections=1)
            await transport.send(POST)
            await transport.send(POST)
            await transport.close()
            return [received.headers.get("cookie") for received in server.received]

    assert asyncio.run(go()) == [None, None]


def test_a_kept_connection_that_the_server_closed_between_requests_is_replaced(serving, http) -> None:
    async def go() -> tuple[int, int]:
        async with serving(http(200) + b"<close>", http(201) + b"<reset>", http(202)) as server:
            transport = Transport(server.url, timeout=1, connections=1)
            statuses = []
            for _ in range(3):
                statuses.append((await transport.send(POST)).status)
                await asyncio.sleep(0.05)
            await transport.close()
            assert statuses == [200, 201, 202]
            return server.connections, len(server.received)

    assert asyncio.run(go()) == (3, 3)


@pytest.mark.parametrize("name", ["a|b", "a/b", "..", ".", "%2F", "ä ?#", "x" * 10_000], ids=lambda name: name[:8])
def test_a_path_part_is_encoded_once_on_the_wire(serving, http, name) -> None:
    async def go() -> str:
        async with serving(http(200)) as server:
            from regbulk.api import endpoints

            await sent(server.url, endpoints.delete("acme", name))
            return server.received[0].line.split(" ")[1]

    from urllib.parse import unquote

    path = asyncio.run(go())
    assert [unquote(part) for part in path.split("/")] == ["", "registrations", "acme", name]


def test_an_id_too_long_for_an_address_is_refused_before_it_is_sent(serving, http) -> None:
    with pytest.raises(ApiError, match="nothing was sent"):
        send_to(serving, http(200), request=Request("GET", "/" + "x" * 70_000))


def test_loopback_never_goes_through_a_proxy(serving, http, monkeypatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("all_proxy", "http://127.0.0.1:9")
    assert send_to(serving, http(200)).status == 200


def test_another_host_goes_through_the_proxy_of_the_environment(serving, http, monkeypatch) -> None:
    async def go() -> str:
        async with serving(http(200)) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            monkeypatch.delenv("no_proxy", raising=False)
            monkeypatch.delenv("NO_PROXY", raising=False)
            await sent("http://api.invalid")
            return proxy.received[0].line

    assert asyncio.run(go()) == "POST http://api.invalid/registrations/acme HTTP/1.1"


@pytest.mark.parametrize("address", ["http://", "http://u:p@api.test", "http://api.test?x=1", "http://api.test:x"])
def test_an_address_that_cannot_be_used_is_a_wrong_setting(address) -> None:
    with pytest.raises(SettingsError):
        Transport(address, timeout=1, connections=1)


def test_a_certificate_that_does_not_hold_is_not_sent(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
        "-days",
        "1",
    ]
    subprocess.run([*made, "-subj", "/CN=localhost"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def go() -> None:
        async def ignore(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.close()

        listener = await asyncio.start_server(ignore, "127.0.0.1", 0, ssl=context)
        async with listener:
            await sent(f"https://127.0.0.1:{listener.sockets[0].getsockname()[1]}")

    with pytest.raises(NotSent, match="the certificate is not valid: self-signed certificate"):
        asyncio.run(go())
