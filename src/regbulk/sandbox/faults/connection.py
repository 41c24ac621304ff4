"""The connection under an exchange, within reach of faults that HTTP itself does not allow."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTION: Final = "connection"
_LINGER_NOT: Final = struct.pack("ii", 1, 0)


class Connection:
    """An open connection to a client."""

    def __init__(self, transport: asyncio.Transport) -> None:
        """Take the transport that the server reads and writes."""
        self._transport = transport

    def write(self, raw: bytes) -> None:
        """Send bytes as they are, past the server's idea of HTTP."""
        if not self._transport.is_closing():
            self._transport.write(raw)

    def close(self) -> None:
        """Send what is left, then end the connection in an orderly way (FIN)."""
        self._transport.close()

    def reset(self) -> None:
        """End the connection at once; the client sees it reset (RST)."""
        if not self._transport.is_closing():
            self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
            self._transport.abort()


class ReachableProtocol(H11Protocol):
    """uvicorn's HTTP protocol; each request's `scope["state"]` leads to the connection it came on."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Keep the connection for the requests that come on it."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, CONNECTION: Connection(transport)}
