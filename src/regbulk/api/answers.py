"""Reading answers: status, headers and body → a value, or the exception that says what to do. Nothing is sent here.

Reading is lenient (any 2xx, any field may be absent, lists as an object or a bare array) and believes only what fits
the request: an answer that is cut, empty, not JSON, or about another record raises InDoubt, for reads too; the retry
layer knows that a read may simply be asked again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import orjson

from regbulk.api.endpoints import Request
from regbulk.api.excerpt import excerpt, is_html
from regbulk.errors import AccessDenied, Answered, ApiError, InDoubt, NotFound, RateLimited

_BOM: Final = b"\xef\xbb\xbf"
_SAME_RECORD: Final = ("event_id", "contact_id")
_REFUSALS: Final[dict[int, tuple[type[ApiError], str]]] = {
    401: (
        AccessDenied,
        (
            "credentials refused: check REGBULK_API_KEY, or REGBULK_CLIENT_ID and its secret; some tenants want "
            "REGBULK_AUTH_SCHEME=bare"
        ),
    ),
    403: (AccessDenied, "not permitted, wrong tenant, or wrong address"),
    404: (NotFound, "not found"),
    409: (Answered, "refers to something that does not exist, or others depend on it"),
    413: (Answered, "too large: lower REGBULK_BATCH_SIZE"),
    429: (RateLimited, "the tenant's limit is exceeded: lower REGBULK_CONCURRENCY, or go on later"),
}


@dataclass(frozen=True)
class Answer:
    """What came back for a request, complete, whatever its status.

    Attributes:
        request: what is answered.
        url: where it was sent, without the query (a cursor is long and tells nothing).
        status: the HTTP status.
        headers: by lower-case name.
        body: decoded (gzip), not parsed.
    """

    request: Request
    url: str
    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def succeeded(self) -> bool:
        """Any 2xx: the document knows only 200, a gateway may not."""
        return 200 <= self.status < 300  # noqa: PLR2004 - the limits of the class of success (RFC 9110, 15.3)


class Stray(NamedTuple):
    """A value on a page that is no JSON object, and so no registration; its place is counted from 1."""

    position: int
    value: Any


class Page(NamedTuple):
    """One answer of a list.

    Attributes:
        registrations: with the fields asked for (any may be absent); may be empty though a cursor follows.
        cursor: opaque text for the next page, None at the end.
        strays: what else the list held.
    """

    registrations: list[dict[str, Any]]
    cursor: str | None
    strays: tuple[Stray, ...] = ()


def read_registration(answer: Answer, *, registration_id: str) -> dict[str, Any]:
    """The registration asked for; InDoubt when the answer is about another one."""
    registration = _object(answer)
    if registration.get("id", registration_id) != registration_id:
        raise doubt(answer, "the answer is about another registration")
    return registration


def read_created(answer: Answer) -> dict[str, Any]:
    """The registration that was created; InDoubt unless it has an id and the event and contact that were sent."""
    created, sent = _object(answer), orjson.loads(answer.request.body or b"{}")
    if not isinstance(created.get("id"), str) or not created["id"]:
        raise doubt(answer, "the answer holds no id")
    if other := [name for name in _SAME_RECORD if created.get(name, sent.get(name)) != sent.get(name)]:
        raise doubt(answer, f"the answer is about another registration ({', '.join(other)} differ)")
    return created


def read_deleted(answer: Answer) -> str:
    """What the API says of a delete (usually the id; the document promises only a JSON string), empty for a 204."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return ""
    said = document(answer)
    return said if isinstance(said, str) else orjson.dumps(said).decode()


def read_page(answer: Answer) -> Page:
    """A page: `{Items, LastEvaluatedKey}` or a bare array. `Count` is ignored: its meaning is not documented."""
    listed = document(answer)
    values, cursor = listed, None
    if isinstance(listed, dict):
        values, cursor = listed.get("Items", listed.get("items")), listed.get("LastEvaluatedKey")
    if not isinstance(values, list):
        raise doubt(answer, "expected a list of registrations under Items")
    strays = tuple(Stray(place, value) for place, value in enumerate(values, start=1) if not isinstance(value, dict))
    return Page([value for value in values if isinstance(value, dict)], _cursor(cursor), strays)


def read_first_page(answer: Answer) -> Page:
    """The first page of a list by key: 404 says that there is none (API document), unless it is a page in HTML."""
    if answer.status == HTTPStatus.NOT_FOUND and not is_html(answer.body):
        return Page([], None)
    return read_page(answer)


def document(answer: Answer) -> Any:  # noqa: ANN401 - any JSON; every caller checks what it is
    """The JSON of a successful answer.

    Raises:
        Answered: an error status; nothing took effect (its subclasses say more).
        InDoubt: 408, 5xx, or a success without readable JSON.
        ApiError: a redirect; it is never followed, since the credentials belong to one address.
    """
    if not answer.succeeded:
        raise _refusal(answer)
    if not answer.body.strip():
        raise doubt(answer, "empty answer")
    try:
        return orjson.loads(answer.body.removeprefix(_BOM))
    except orjson.JSONDecodeError:
        what = "an HTML page" if is_html(answer.body) else "no JSON"
        raise doubt(answer, f"the answer is {what}: is REGBULK_API_URL the API's own address?") from None


def doubt(answer: Answer, reason: str) -> InDoubt:
    """An InDoubt about an answer that cannot be believed."""
    return InDoubt(reason, method=answer.request.method, url=answer.url, status=answer.status)


def _refusal(answer: Answer) -> ApiError:
    said = excerpt(answer.body, sent=answer.request.body)
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.REQUEST_TIMEOUT:
        return doubt(answer, _joined("the server failed", said))
    kind, meaning = _REFUSALS.get(answer.status, (Answered, "refused"))
    if answer.status < HTTPStatus.BAD_REQUEST:
        kind, meaning, said = ApiError, f"redirected{_target(answer)}: set REGBULK_API_URL to the final address", ""
    return kind(_joined(meaning, said), method=answer.request.method, url=answer.url, status=answer.status)


def _joined(meaning: str, said: str) -> str:
    return f"{meaning}: {said}" if said else meaning


def _target(answer: Answer) -> str:
    """Only scheme and host: the rest of a location may carry secrets."""
    try:
        location = urlsplit(answer.headers.get("location", ""))
    except ValueError:
        return ""
    host = "".join(c for c in location.hostname or "" if c.isprintable())
    return f" to {location.scheme}://{host}" if host else ""


def _object(answer: Answer) -> dict[str, Any]:
    found = document(answer)
    if not isinstance(found, dict):
        raise doubt(answer, "expected a registration as a JSON object")
    return found


def _cursor(value: object) -> str | None:
    """A text as it is, anything else as compact JSON; absent, null, "" and {} are the end (API document: a string)."""
    if value is None or value in ("", {}, []):
        return None
    return value if isinstance(value, str) else orjson.dumps(value).decode()
