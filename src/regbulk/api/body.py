"""Reading the body of an answer in bounded memory.

httpx unpacks all that one read from the socket brought before it hands it over: 64 KB of gzip may be 64 MB at once, and
again as many where the limit is checked afterwards. Here a piece is unpacked, counted, and only then the next.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

import httpx

LARGEST_ANSWER: Final = 64 * 1024 * 1024
"""Bytes after decoding; a page or a batch answer stays far below, an endless answer does not."""
_PIECE: Final = 256 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS


async def read_body(response: httpx.Response) -> bytes:
    """The decoded body.

    Raises:
        httpx.DecodingError: it is packed in a way that was not asked for, damaged, or cut.
        httpx.ReadError: it is larger than LARGEST_ANSWER.
    """
    unpack = _unpacking(response.headers.get("content-encoding", ""))
    body = bytearray()
    async for raw in response.aiter_raw():
        for piece in unpack.pieces(raw):
            body += piece
            if len(body) > LARGEST_ANSWER:
                raise httpx.ReadError(f"the answer is larger than {LARGEST_ANSWER} bytes")
    if body and not unpack.complete:
        raise httpx.DecodingError("the packed answer is cut")
    return bytes(body)


class _Plain:
    """A body that is not packed; HTTP itself says where it ends."""

    complete = True

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        yield raw


class _Gzip:
    """A body in gzip."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(_GZIP)

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def pieces(self, raw: bytes) -> Iterator[bytes]:
        rest = raw
        try:
            while rest:
                yield self._stream.decompress(rest, _PIECE)
                rest = self._stream.unconsumed_tail
        except zlib.error as error:
            raise httpx.DecodingError(f"damaged gzip: {error}") from None
        if self._stream.unused_data:
            raise httpx.DecodingError("something follows the packed answer")


def _unpacking(encoding: str) -> _Plain | _Gzip:
    match encoding.strip().lower():
        case "" | "identity":
            return _Plain()
        case "gzip" | "x-gzip":
            return _Gzip()
    raise httpx.DecodingError("the answer is packed in a way that was not asked for")
