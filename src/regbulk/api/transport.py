"""Sending one request: it has exactly three ends, and only this module says which (decision 8 of the design).

* NotSent: no connection, so nothing of the request left this process
* InDoubt: something may have left and no complete answer came back
* an Answer: complete, whatever its status

httpx's transport is used without its client: nothing is redirected, remembered (cookies), added (credentials out of an
address) or logged along the way. A transport speaks to one address, so credentials cannot go anywhere else.
Certificates are always checked. Proxies of the environment (HTTPS_PROXY, NO_PROXY) are honoured, but never for
loopback.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx

from regbulk.api.answers import Answer
from regbulk.api.body import read_body
from regbulk.api.endpoints import Request
from regbulk.api.unsent import why_unsent
from regbulk.errors import ApiError, InDoubt, NotSent, SettingsError
from regbulk.settings import is_loopback

log = logging.getLogger(__name__)

NOT_SENT: Final = (
    httpx.ConnectError,  # also a name that does not resolve, a refused connection, a certificate that does not hold
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # the proxy refused the tunnel before the request was written
    httpx.UnsupportedProtocol,
)
IN_DOUBT: Final = (
    httpx.CloseError,
    httpx.DecodingError,
    httpx.LocalProtocolError,
    httpx.ReadError,
    httpx.ReadTimeout,
    httpx.RemoteProtocolError,
    httpx.WriteError,
    httpx.WriteTimeout,
    httpx.TransportError,  # whatever a later httpx adds: in doubt is the safe side
    OSError,  # also the deadline over all, and TLS errors that httpx lets through
)
CONNECT_SECONDS: Final = 10.0
_LEAVES: Final = "http11.send_request_headers.started"
"""httpcore's name for the last moment at which nothing of a request has been written."""


def always() -> None:
    """Permit everything."""


class Transport:
    """Connections to one address."""

    def __init__(self, address: str, *, timeout: float, connections: int) -> None:
        """Prepare connections; none is opened yet.

        Args:
            address: scheme, host and an optional path, without a slash at the end.
            timeout: seconds for one exchange, from the first byte sent to the last byte read.
            connections: how many may be open at once.

        Raises:
            SettingsError: the address cannot be used.
        """
        self._address = address
        url = _checked(address)
        connect = min(timeout, CONNECT_SECONDS)
        self._deadline = timeout + connect
        self._timeouts = httpx.Timeout(timeout, connect=connect).as_dict()
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=5.0)
        self._http = httpx.AsyncHTTPTransport(limits=limits, proxy=_proxy(url))

    async def send(
        self, request: Request, *, authorization: str | None = None, permit: Callable[[], None] = always
    ) -> Answer:
        """Send a request once.

        Args:
            request: what to send.
            authorization: the value of the Authorization header; None sends none.
            permit: is asked on an open connection, right before the first byte leaves; what it raises is raised here,
                and nothing was sent.

        Raises:
            NotSent: nothing left this process.
            InDoubt: no complete answer came.
            ApiError: the request cannot be written as HTTP (an id too long); nothing was sent.
        """
        url = self._address + request.path
        try:
            async with asyncio.timeout(self._deadline):
                return await self._exchange(request, url, authorization, permit)
        except httpx.InvalidURL as error:
            raise ApiError(f"{error}; nothing was sent", method=request.method, url=url[:200]) from None
        except NOT_SENT as error:
            raise NotSent(why_unsent(error), method=request.method, url=url) from None
        except IN_DOUBT as error:
            raise InDoubt(f"no complete answer ({_named(error)})", method=request.method, url=url) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def _exchange(
        self, request: Request, url: str, authorization: str | None, permit: Callable[[], None]
    ) -> Answer:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "regbulk"}
        if request.body is not None:
            headers["Content-Type"] = request.media
        if authorization is not None:
            headers["Authorization"] = authorization
        target = f"{url}?{request.query}" if request.query else url

        async def watch(event: str, _: object) -> None:
            if event == _LEAVES:
                permit()

        permit()  # Without it nothing need be connected.
        extensions = {"timeout": self._timeouts, "trace": watch}
        sent = httpx.Request(request.method, target, headers=headers, content=request.body, extensions=extensions)
        response = await self._http.handle_async_request(sent)
        try:
            body = await read_body(response)
        finally:
            await response.aclose()
        return Answer(request, url, response.status_code, dict(response.headers), body)


def _named(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _checked(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise SettingsError(f"address: {error}") from None
    if not url.host or url.userinfo or url.query or url.fragment:
        raise SettingsError("address: expected http(s)://HOST[:PORT][/PATH], without user, password, ? or #")
    if url.scheme == "http" and not is_loopback(address):
        log.warning("credentials and people's data go to %s unencrypted: use https", url.host)
    return url


def _proxy(url: httpx.URL) -> str | None:
    if is_loopback(str(url)) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")
