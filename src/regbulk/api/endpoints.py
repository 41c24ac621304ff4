"""The operations of the Registrations API as requests: pure values, nothing is sent here.

Paths and parameters are those of the API document; where it leaves a choice, the docstring says which was taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson

from regbulk.errors import ApiError

JSON: Final = "application/json"
"""Also of a patch: the API document does not know `application/json-patch+json`."""
FORM: Final = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class Request:
    """One request, ready to be sent to whatever address serves the operation.

    Attributes:
        method: the HTTP verb.
        path: behind the address, every part percent-encoded exactly once.
        query: behind the `?`, encoded likewise; empty = none.
        body: the bytes to send; kept out of every printed form, as it holds people's data.
        media: the media type of the body.
        writes: whether sending it twice could change something twice.
    """

    method: str
    path: str
    query: str = ""
    body: bytes | None = field(default=None, repr=False)
    media: str = JSON
    writes: bool = False


def create(tenant: str, body: bytes) -> Request:
    """`POST /registrations/{tenantId}`."""
    return Request("POST", _path("POST", tenant), body=body, writes=True)


def get(tenant: str, registration_id: str, *, fields: Sequence[str] | None, consistent: bool) -> Request:
    """`GET …/{id}`; `consistentRead` is a text in the API document, sent only when it is wanted."""
    wanted = {**_selection("fields", fields), **({"consistentRead": "true"} if consistent else {})}
    return Request("GET", _path("GET", tenant, registration_id), query=_query(wanted))


def patch(tenant: str, registration_id: str, operations: bytes) -> Request:
    """`PATCH …/{id}` with a JSON array of RFC 6902 operations."""
    return Request("PATCH", _path("PATCH", tenant, registration_id), body=operations, writes=True)


def delete(tenant: str, registration_id: str) -> Request:
    """`DELETE …/{id}`."""
    return Request("DELETE", _path("DELETE", tenant, registration_id), writes=True)


def batch(tenant: str, body: bytes) -> Request:
    """`POST …/batch`."""
    return Request("POST", _path("POST", tenant, "batch"), body=body, writes=True)


def search(tenant: str, filters: Mapping[str, Any], *, fields: Sequence[str] | None, cursor: str | None) -> Request:
    """`POST …/search`: the cursor goes into the query string, and fields are called `fieldsToReturn` here alone."""
    wanted = {**_selection("fieldsToReturn", fields), **_start(cursor)}
    return Request("POST", _path("POST", tenant, "search"), query=_query(wanted), body=orjson.dumps(filters))


def by_key(tenant: str, keys: Sequence[str], *, fields: Sequence[str] | None, cursor: str | None) -> Request:
    """A list by key, as `GET …/eventContact/{eventId}/{contactId}`; `keys` are the path parts behind the tenant."""
    wanted = {**_selection("fields", fields), **_start(cursor)}
    return Request("GET", _path("GET", tenant, *keys), query=_query(wanted))


def token(client_id: str, client_secret: str, *, audience: str) -> Request:
    """The client credentials grant (RFC 6749, 4.4) as a form; its path is the token address itself."""
    grant = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "audience": audience,
    }
    return Request("POST", "", body=urlencode(grant).encode(), media=FORM)


def _selection(parameter: str, fields: Iterable[str] | None) -> dict[str, str]:
    """Names joined by commas; `id` is always asked for, since nothing can be matched without it."""
    return {} if fields is None else {parameter: ",".join(dict.fromkeys(["id", *fields]))}


def _start(cursor: str | None) -> dict[str, str]:
    return {} if cursor is None else {"exclusiveStartKey": cursor}


def _query(parameters: Mapping[str, str]) -> str:
    return urlencode(parameters, quote_via=quote, safe="")


def _path(method: str, *parts: str) -> str:
    return "/registrations" + "".join(f"/{_part(method, part)}" for part in parts)


def _part(method: str, text: str) -> str:
    if not text:
        raise ApiError("an id in the path is empty; nothing was sent", method=method, url="/registrations/…")
    # "." and ".." would be folded away as steps in the path, by httpx and by every proxy.
    if text in {".", ".."}:
        return text.replace(".", "%2E")
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        problem = "an id in the path is not Unicode text (half a surrogate pair); nothing was sent"
        raise ApiError(problem, method=method, url="/registrations/…") from None
