"""Answers and connections as ugly as a hostile or broken server makes them, over a real socket; named by the matrix."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
import tracemalloc
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from regbulk.api.body import LARGEST_ANSWER
from regbulk.errors import Answered, ApiError, InDoubt, NotSent

NOW = datetime.now(UTC)
MEGABYTE = 1024 * 1024


def certificate(folder: Path, *, name: str, until: datetime) -> Path:
    """A self-signed certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    built = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=9))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file = folder / f"{name}.pem"
    file.write_bytes(
        built.public_bytes(serialization.Encoding.PEM) + key.private_bytes(serialization.Encoding.PEM, form[0], form[1])
    )
    return file


@pytest.fixture
def ask(serving, connected):
    """Runs one call of a client against a scripted server; returns its value or error, and the server."""

    def run(call, *script, **options):
        async def go():
            async with serving(*script) as server, connected(server.url, **options) as client:
                try:
                    return await call(client), server
                except ApiError as error:
                    return error, server

        return asyncio.run(go())

    return run


def create(client):
    return client.create(b'{"event_id":"e1"}')


def get(client):
    return client.get("r1")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("localhost", "certificate has expired"),
        ("other.test", "Hostname mismatch, certificate is not valid for 'localhost'"),
    ],
)
def test_n5_a_certificate_that_expired_or_is_anothers_stops_before_anything_is_sent(
    tmp_path, monkeypatch, connected, name, said
) -> None:
    file = certificate(tmp_path, name=name, until=NOW + timedelta(days=-1 if "expired" in said else 1))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    received = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.read(100))
        writer.close()

    async def go() -> None:
        listener = await asyncio.start_server(serve, "localhost", 0, ssl=context)
        port = listener.sockets[0].getsockname()[1]
        async with listener, connected(f"https://localhost:{port}", attempts=2) as client:
            await create(client)

    with pytest.raises(NotSent) as caught:
        asyncio.run(go())
    assert caught.value.reason == f"the certificate is not valid: {said}"
    assert received == []


def test_n5_a_certificate_that_holds_is_taken(tmp_path, monkeypatch, connected, http) -> None:
    file = certificate(tmp_path, name="localhost", until=NOW + timedelta(days=1))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(http(200, {"id": "r1"}))
        await reader.read()
        writer.close()

    async def go() -> dict[str, object]:
        listener = await asyncio.start_server(serve, "localhost", 0, ssl=context)
        port = listener.sockets[0].getsockname()[1]
        async with listener, connected(f"https://localhost:{port}") as client:
            return await get(client)

    assert asyncio.run(go()) == {"id": "r1"}


def test_n12_a_kept_connection_that_fell_silent_leaves_a_write_in_doubt(ask, http) -> None:
    async def twice(client):
        await get(client)
        return await create(client)

    error, server = ask(twice, http(200, {"id": "r1"}), b"<hang>", timeout=0.3)
    assert isinstance(error, InDoubt)
    assert len(server.received) == 2


def test_n13_an_answer_that_drips_ends_in_doubt_after_the_time_for_the_whole_exchange(ask) -> None:
    async def timed(client):
        began = asyncio.get_running_loop().time()
        with pytest.raises(InDoubt):
            await create(client)
        return asyncio.get_running_loop().time() - began

    drip = b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<drip>"
    took, _ = ask(timed, drip, timeout=0.4)
    assert 0.4 <= took < 2


@pytest.mark.parametrize("ending", [b"<close>", b"<reset>"])
def test_n14_a_connection_closed_between_two_writes_is_replaced_and_both_are_sent_once(ask, http, ending) -> None:
    async def twice(client):
        await create(client)
        await asyncio.sleep(0.05)
        return await create(client)

    value, server = ask(twice, http(200, {"id": "r1"}) + ending, http(200, {"id": "r2"}))
    assert value == {"id": "r2"}
    assert (server.connections, len(server.received)) == (2, 2)


def test_n14_a_connection_closed_just_when_the_next_write_leaves_never_sends_it_twice(serving, http, connected) -> None:
    async def go() -> list[tuple[int, int]]:
        counts = []
        for _ in range(30):
            script = [http(200, {"id": "r1"}) + b"<close>", http(200, {"id": "r2"})]
            async with serving(*script) as server, connected(server.url) as client:
                await create(client)
                ends = await asyncio.gather(create(client), return_exceptions=True)
                assert {type(end) for end in ends} <= {dict, InDoubt}
                counts.append((sum(isinstance(end, dict) for end in ends), len(server.received) - 1))
        return counts

    assert set(asyncio.run(go())) <= {(0, 0), (1, 1)}


@pytest.mark.parametrize("to", ["http://other.test/", "/registrations/acme/elsewhere", "https://127.0.0.1/"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_h33_h34_h35_a_redirect_is_never_followed_and_names_where_to_only(ask, http, status, to) -> None:
    error, server = ask(create, http(status, location=to + "?token=secret-9"))
    assert type(error) is ApiError
    assert "set REGBULK_API_URL" in str(error)
    assert "secret-9" not in str(error)
    assert (server.connections, len(server.received)) == (1, 1)


@pytest.mark.parametrize("compress", [gzip.compress, lambda text: gzip.compress(gzip.compress(text))])
def test_h36_a_packed_answer_is_read_in_bounded_memory(ask, http, compress) -> None:
    bomb = compress(bytes(4 * LARGEST_ANSWER))
    tracemalloc.start()
    try:
        error, _ = ask(create, http(200, bomb, content_encoding="gzip"), timeout=20)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(error, InDoubt)
    assert peak < LARGEST_ANSWER + 16 * MEGABYTE + 2 * len(bomb)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b'{"id": "r1"}')[:-9]),
        ("gzip", gzip.compress(b'{"id": "r1"}') + b"more"),
        ("gzip", b'{"id": "r1"}'),
        ("br", b'{"id": "r1"}'),
        ("gzip, gzip", gzip.compress(gzip.compress(b'{"id": "r1"}'))),
    ],
)
def test_h36_a_packed_answer_that_is_cut_damaged_or_packed_otherwise_is_in_doubt(ask, http, encoding, body) -> None:
    error, server = ask(create, http(200, body, content_encoding=encoding))
    assert isinstance(error, InDoubt)
    assert len(server.received) == 1


def test_h37_a_byte_order_mark_is_read_over_and_another_charset_is_in_doubt(ask, http) -> None:
    plain = json.dumps({"id": "r1", "name": "Zoë"}, ensure_ascii=False)
    value, _ = ask(get, http(200, b"\xef\xbb\xbf" + plain.encode()))
    assert value["name"] == "Zoë"
    for charset in ("latin-1", "utf-16"):
        odd = http(200, plain.encode(charset), content_type=f"application/json; charset={charset}")
        error, server = ask(create, odd)
        assert (type(error), len(server.received)) == (InDoubt, 1)


@pytest.mark.parametrize(
    "body",
    [
        b'{"id": "r1", "number": NaN}',
        b'{"id": "r1", "number": Infinity}',
        b'{"id": "r1", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"id": "r1", "x": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
        b'{"id": "r1", "id": "r2", "event_id": "another"}',
        b'{"id": "r1", "name": "\xed\xa0\x80"}',
        b'{"id": "r1"} {"id": "r1"}',
        b'{"id": ["r1"]}',
        b'{"id": "r1"',
    ],
    ids=lambda body: body[:24].decode(errors="replace"),
)
def test_h38_json_that_no_parser_should_take_is_in_doubt_for_a_write(ask, http, body) -> None:
    error, server = ask(create, http(200, body))
    assert (type(error), len(server.received)) == (InDoubt, 1)


def test_h38_a_huge_integer_is_a_number_and_an_id_given_twice_is_the_last(ask, http) -> None:
    value, _ = ask(get, http(200, b'{"id": "r1", "number": ' + b"9" * 400 + b"}"))
    assert isinstance(value, ApiError) or value["number"] == float("inf")
    error, _ = ask(get, http(200, b'{"id": "r1", "id": "r2"}'), attempts=1)
    assert "the answer is about another registration" in str(error)


def test_h44_a_servers_clock_that_is_off_by_an_hour_does_not_lengthen_a_wait(ask, http, patient) -> None:
    def there(seconds: float) -> str:
        return format_datetime(datetime.fromtimestamp(patient.now + 3600 + seconds, UTC), usegmt=True)

    busy = http(429, retry_after=there(5), date=there(0))
    ask(create, busy, http(200, {"id": "r1"}))
    assert patient.waits[0] == pytest.approx(5, abs=1)


@pytest.mark.parametrize("head", [b"Content-Length: 10000000000", b"Transfer-Encoding: chunked"])
def test_s8_a_body_without_end_is_cut_off_at_its_limit(ask, head) -> None:
    error, server = ask(create, b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n<flood>", timeout=20)
    assert isinstance(error, InDoubt)
    assert f"larger than {LARGEST_ANSWER} bytes" in str(error)
    assert len(server.received) == 1


def test_s8_headers_without_end_are_cut_off(ask) -> None:
    error, _ = ask(create, b"HTTP/1.1 200 OK\r\nX: <flood>", timeout=20)
    assert isinstance(error, InDoubt)


def test_s9_escapes_and_line_ends_of_a_server_do_not_reach_a_message(ask, http) -> None:
    said = "\x1b[2J\x1b]0;owned\x07line\r\nregbulk: all well\u202e\u2028\x9b31m"
    for body in ({"message": said}, said.encode(), {"errors": [{"detail": said}]}):
        error, _ = ask(create, http(400, body))
        assert type(error) is Answered
        assert str(error).isprintable()
    results = [{"id": "r1", "success": False, "message": said}]
    answer = http(200, {"success_count": 0, "error_count": 1, "results": results})
    (result,), _ = ask(lambda client: client.batch(b"{}", ["r1"]), answer)
    assert result.message.isprintable()
