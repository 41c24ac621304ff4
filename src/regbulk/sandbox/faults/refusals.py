"""Faults that answer in the API's place: nothing was done, for certain."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from regbulk.sandbox.faults import wire
from regbulk.sandbox.faults.answer import Answer, message, page, phrase
from regbulk.sandbox.faults.arrival import Arrival
from regbulk.sandbox.faults.kinds import Hit, Kind, Proceed, Respond, no_value
from regbulk.sandbox.faults.marks import marks_of
from regbulk.sandbox.faults.retry_after import FORMS, retry_after
from regbulk.sandbox.faults.strikes import instead, instead_where
from regbulk.sandbox.faults.values import choice, number, status

GATEWAY_STATUSES: Final = (500, 502, 503, 504)
RECORD_STATUSES: Final = (400, 403, 404, 409, 412, 422)
LIMIT_EXCEEDED: Final = "limit exceeded"
_BY_GATEWAYS: Final = (HTTPStatus.BAD_GATEWAY, HTTPStatus.GATEWAY_TIMEOUT)
_LIMIT_FORMS: Final = "|".join(FORMS)
_STATUSES: Final = "|".join(map(str, GATEWAY_STATUSES))


def failure(value: str | None, *, ahead: float = 0.0) -> Answer:
    """The answer of `STATUS` or `STATUS/FORM`: HTML by a gateway for 502 and 504, the API's JSON for 500 and 503.

    `ahead` is how many seconds the server's clock is ahead.
    """
    code, slash, form = (value or "500").partition("/")
    found = status(code, GATEWAY_STATUSES, default=500)
    if slash and found != HTTPStatus.SERVICE_UNAVAILABLE:
        raise ValueError("only 503 takes a form of Retry-After")
    if found in _BY_GATEWAYS:
        return page(found, phrase(found))
    headers = retry_after(choice(form, FORMS, default="missing"), 1, ahead=ahead) if slash else ()
    return message(
        found, "general server error" if found == HTTPStatus.INTERNAL_SERVER_ERROR else "unavailable", headers
    )


def _status_before(value: str | None) -> Respond:
    failure(value)
    return instead(lambda arrival: failure(value, ahead=marks_of(arrival.scope).clock))


def _limited_once(value: str | None) -> Respond:
    form = choice(value, FORMS, default="seconds")

    def refusal(arrival: Arrival) -> Answer:
        headers = retry_after(form, 1, ahead=marks_of(arrival.scope).clock)
        return message(HTTPStatus.TOO_MANY_REQUESTS, LIMIT_EXCEEDED, headers)

    return instead(refusal)


def _reset_before(value: str | None) -> Respond:
    no_value(value)

    async def strike(_: Arrival, __: Hit, ___: Proceed) -> Answer:
        return Answer(0, (), b"", wire.reset)

    return strike


def _redirect(value: str | None) -> Respond:
    way = choice(value, ("same", "other", "http", "301"), default="same")
    code = HTTPStatus.MOVED_PERMANENTLY if way == "301" else HTTPStatus.TEMPORARY_REDIRECT
    return instead(lambda arrival: page(code, phrase(code), ((b"location", _location(way, arrival)),)))


def _location(way: str, arrival: Arrival) -> bytes:
    path, query = arrival.scope["raw_path"], arrival.scope["query_string"]
    place = bytes(path + (b"?" + query if query else b""))
    if way in ("same", "301"):
        return place
    host: bytes = dict(arrival.scope["headers"]).get(b"host", b"127.0.0.1")
    if way == "other":
        # Both names lead here, so that whoever follows is found out by what it does.
        name, _, port = host.partition(b":")
        host = (b"127.0.0.1" if name == b"localhost" else b"localhost") + (b":" + port if port else b"")
    return b"http://" + host + place


def _denied(value: str | None) -> Respond:
    code = status(value, (401, 403), default=401)
    return instead(lambda _: message(code, "unauthorized" if code == HTTPStatus.UNAUTHORIZED else "forbidden"))


def _login_page(value: str | None) -> Respond:
    no_value(value)
    return instead(lambda _: page(HTTPStatus.OK, "Log in"))


def _too_large(value: str | None) -> Respond:
    most = number(value, "bytes")

    async def concerns(arrival: Arrival) -> bool:
        return len(await arrival.body()) > most

    return instead_where(concerns, lambda _: message(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request too large"))


def _poisoned(value: str | None) -> Respond:
    code = status(value, (*RECORD_STATUSES, *GATEWAY_STATUSES), default=400)

    async def concerns(arrival: Arrival) -> bool:
        return b"poison" in await arrival.body()

    return instead_where(concerns, lambda _: message(code, "the request cannot be processed"))


def _record_refused(value: str | None) -> Respond:
    code = status(value, RECORD_STATUSES, default=409)
    return instead(lambda _: message(code, f"the registration is refused: {HTTPStatus(code).phrase.lower()}"))


REFUSALS: Final[Mapping[str, Kind]] = {
    "429": Kind(
        "429 to one request, with Retry-After in the form named.", "any", _limited_once, value=f"[{_LIMIT_FORMS}]"
    ),
    "status-before": Kind(
        "An error status and nothing is done; 502 and 504 have a gateway's HTML.",
        "any",
        _status_before,
        value=f"[{_STATUSES}, 503/FORM of Retry-After]",
    ),
    "reset-before": Kind("The connection is reset before the body is read; nothing is done.", "any", _reset_before),
    "redirect": Kind(
        "307 to the same host, another host or plain http, or a 301; nothing is done.",
        "any",
        _redirect,
        value="[same|other|http|301]",
    ),
    "auth": Kind("One request is refused for its credential.", "any", _denied, value="[401|403]"),
    "html-before": Kind("200 with a login page in HTML; nothing is done.", "any", _login_page),
    "too-large": Kind(
        "413 for every body above so many bytes; nothing is done.", "write", _too_large, "always", "BYTES"
    ),
    "poison": Kind(
        "A request whose body holds the text poison is refused as a whole; nothing is done.",
        "write",
        _poisoned,
        "always",
        "[STATUS]",
    ),
    "refuse-record": Kind(
        "A write of a single record is refused; nothing is done.",
        "record",
        _record_refused,
        value=f"[{'|'.join(map(str, RECORD_STATUSES))}]",
    ),
}
