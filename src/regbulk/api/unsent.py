"""Why a request was not sent, in plain words: httpx says "All connection attempts failed" for most of it."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import httpx

_NAMED: Final[dict[type[BaseException], str]] = {
    ConnectionRefusedError: "connection refused",
    ConnectionResetError: "connection reset while connecting",
    TimeoutError: "timed out connecting",
}
_UNREACHABLE: Final = {
    errno.ENETUNREACH: "the network is unreachable",
    errno.EHOSTUNREACH: "the host is unreachable",
    errno.EMFILE: "this process has too many files open",
}


def why_unsent(error: BaseException) -> str:
    """The first cause that has a plain name, else what the error says of itself."""
    if isinstance(error, httpx.PoolTimeout):
        return "no connection became free in time"
    if isinstance(error, httpx.ProxyError):
        return f"the proxy refused: {_line(error)}"
    named = next(filter(None, (_plain(cause) for cause in _causes(error))), None)
    if named is None and isinstance(error, httpx.ConnectTimeout):
        return "timed out connecting"
    return named or _line(error)


def _plain(cause: BaseException) -> str | None:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the certificate is not valid: {cause.verify_message.rstrip('.')}"
    if isinstance(cause, ssl.SSLError):
        return f"no TLS connection: {(cause.reason or 'failed').replace('_', ' ').lower()}"
    if isinstance(cause, socket.gaierror):
        passing = cause.errno == socket.EAI_AGAIN
        return "the host name cannot be looked up just now" if passing else "no such host name"
    named = next((words for kind, words in _NAMED.items() if isinstance(cause, kind)), None)
    return named or _UNREACHABLE.get(getattr(cause, "errno", None) or 0)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The innermost causes first: they are the ones that say what happened."""
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else (error.__cause__ or error.__context__,)
    for cause in inner:
        if cause is not None:
            yield from _causes(cause)
    yield error


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
