"""How an answer leaves: whole and properly, or in one of the ways a connection fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Final

from regbulk.sandbox.faults.answer import Answer, Headers, Line

MISSING_BYTES: Final = 64
_TICK_SECONDS: Final = 0.1
_PIECE: Final = b" " * 2**20
_CLOSES: Final = ((b"connection", b"close"),)


async def whole(line: Line, answer: Answer) -> None:
    """As it should be."""
    await _begin(line, answer, _length(answer))
    await line.send({"type": "http.response.body", "body": answer.body})


async def reset(line: Line, _: Answer) -> None:
    """Not one byte, then a reset."""
    line.connection.reset()
    await line.gone()


async def reset_in_headers(line: Line, answer: Answer) -> None:
    """The status line and a part of the headers, then a reset."""
    head = _head(line, answer, _length(answer))
    line.connection.write(head[: len(head) // 2])
    await reset(line, answer)


async def reset_in_body(line: Line, answer: Answer) -> None:
    """The headers and half of the body, then a reset."""
    line.connection.write(_head(line, answer, _length(answer)) + answer.body[: len(answer.body) // 2])
    await reset(line, answer)


async def too_long_length(line: Line, answer: Answer) -> None:
    """The whole body, announced as longer than it is, then the end of the connection."""
    announced = ((b"content-length", b"%d" % (len(answer.body) + MISSING_BYTES)),)
    await _raw(line, _head(line, answer, announced + _CLOSES) + answer.body)


async def endless_chunks(line: Line, answer: Answer) -> None:
    """The whole body in chunks, without the last one that says it is over, then the end of the connection."""
    head = _head(line, answer, ((b"transfer-encoding", b"chunked"), *_CLOSES))
    await _raw(line, head + b"%x\r\n%b\r\n" % (len(answer.body), answer.body))


def drip(bytes_per_second: float) -> Callable[[Line, Answer], Awaitable[None]]:
    """The body in small pieces at so many bytes a second, until the client has had enough."""

    async def dripping(line: Line, answer: Answer) -> None:
        await _begin(line, answer, _length(answer))
        size = max(1, round(bytes_per_second * _TICK_SECONDS))
        for start in range(0, len(answer.body), size):
            piece = answer.body[start : start + size]
            await line.send({"type": "http.response.body", "body": piece, "more_body": True})
            if await _left_within(line, len(piece) / bytes_per_second):
                return
        await line.send({"type": "http.response.body"})

    return dripping


def huge(megabytes: int) -> Callable[[Line, Answer], Awaitable[None]]:
    """The body behind so many megabytes of white space, which JSON allows."""

    async def streaming(line: Line, answer: Answer) -> None:
        await _begin(line, answer, ())
        for _ in range(megabytes):
            await line.send({"type": "http.response.body", "body": _PIECE, "more_body": True})
        await line.send({"type": "http.response.body", "body": answer.body})

    return streaming


def _length(answer: Answer) -> Headers:
    return () if answer.status == HTTPStatus.NO_CONTENT else ((b"content-length", b"%d" % len(answer.body)),)


async def _begin(line: Line, answer: Answer, framing: Headers) -> None:
    headers = [*line.head, *answer.headers, *framing]
    await line.send({"type": "http.response.start", "status": answer.status, "headers": headers})


def _head(line: Line, answer: Answer, framing: Headers) -> bytes:
    first = f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}\r\n".encode()
    return first + b"".join(b"%b: %b\r\n" % each for each in (*line.head, *answer.headers, *framing)) + b"\r\n"


async def _raw(line: Line, raw: bytes) -> None:
    line.connection.write(raw)
    line.connection.close()
    await line.gone()


async def _left_within(line: Line, seconds: float) -> bool:
    try:
        await asyncio.wait_for(line.gone(), seconds)
    except TimeoutError:
        return False
    return True
