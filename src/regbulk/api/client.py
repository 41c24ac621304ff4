"""The client: endpoints, credentials, gate, transport and retries put together; one method for each operation."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Self, TypeVar

from regbulk.api import endpoints
from regbulk.api.answers import (
    Answer,
    Page,
    read_created,
    read_deleted,
    read_first_page,
    read_page,
    read_registration,
)
from regbulk.api.auth import credentials
from regbulk.api.clock import SYSTEM_CLOCK, Clock
from regbulk.api.endpoints import Request
from regbulk.api.gate import Gate
from regbulk.api.results import OperationResult, read_results
from regbulk.api.retry import Patience, Retry, log_retry, patiently
from regbulk.api.transport import Transport
from regbulk.errors import Answered, ApiError, InDoubt
from regbulk.settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")


class Client:
    """The Registrations API of one tenant, as an async context manager.

    Reads are tried again until settings.attempts are used up; writes only when nothing was sent or the API refused to
    look (429). Every method raises from the tree in `regbulk.errors`: NotSent, InDoubt (writes alone), AccessDenied,
    RateLimited, Answered, and ApiError for a read without a usable answer.
    """

    def __init__(
        self, settings: Settings, *, clock: Clock = SYSTEM_CLOCK, on_retry: Callable[[Retry], None] = log_retry
    ) -> None:
        """Prepare a client; nothing is connected yet.

        Args:
            settings: address, tenant, credentials, limits.
            clock: what tells the time and waits; tests pass one that does not wait.
            on_retry: is told of every attempt that is repeated.

        Raises:
            SettingsError: address, tenant or credentials are missing or malformed.
        """
        address, self._tenant = settings.require_api()
        self.settings = settings
        self._home = f"{address}/registrations/{self._tenant}"
        self._transport = Transport(address, timeout=settings.timeout, connections=settings.concurrency)
        self._credentials = credentials(settings, clock=clock)
        self._gate = Gate(settings.concurrency, clock)
        self._patience = Patience(settings.attempts, self._gate.pause, clock.sleep, on_retry)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._transport.close()
        await self._credentials.close()

    async def create(self, body: bytes) -> dict[str, Any]:
        """Create a registration from its JSON; returns it as the API keeps it, with `id`."""
        return await self._ask(endpoints.create(self._tenant, body), read_created)

    async def get(
        self, registration_id: str, *, fields: Sequence[str] | None = None, consistent: bool = False
    ) -> dict[str, Any]:
        """One registration.

        Args:
            registration_id: its id.
            fields: names of the fields wanted (`id` is always among them); None = all.
            consistent: see every earlier write; slower, for verifying.

        Raises:
            NotFound: there is none.
        """
        request = endpoints.get(self._tenant, registration_id, fields=fields, consistent=consistent)
        return await self._ask(request, lambda answer: read_registration(answer, registration_id=registration_id))

    async def patch(self, registration_id: str, operations: bytes) -> dict[str, Any]:
        """Apply a JSON array of RFC 6902 operations; returns the registration as it is then.

        Raises:
            NotFound: there is no such registration.
        """
        request = endpoints.patch(self._tenant, registration_id, operations)
        return await self._ask(request, lambda answer: read_registration(answer, registration_id=registration_id))

    async def delete(self, registration_id: str) -> str:
        """Delete a registration; returns what the API says (usually the id).

        Raises:
            NotFound: there is no such registration.
        """
        return await self._ask(endpoints.delete(self._tenant, registration_id), read_deleted)

    async def batch(self, body: bytes, ids: Sequence[str | None]) -> list[OperationResult]:
        """Send a batch.

        Args:
            body: `{"operations": […]}`, at most 100, one per registration.
            ids: the ids of the operations in their order; None for a create.

        Returns:
            One result per operation, in the order of `ids`; see `regbulk.api.results` for what is believed.
        """
        return await self._ask(endpoints.batch(self._tenant, body), lambda answer: read_results(answer, ids))

    async def search(
        self, query: Mapping[str, Any], *, fields: Sequence[str] | None = None, cursor: str | None = None
    ) -> Page:
        """One page of a search.

        Args:
            query: the body of the search: `event_id` and filters.
            fields: names of the fields wanted (`id` is always among them); None = all.
            cursor: of the page before; None = the first page.
        """
        named = {} if self.settings.search_name is None else {"name": self.settings.search_name}
        filters = {**named, **query}
        try:
            return await self._ask(endpoints.search(self._tenant, filters, fields=fields, cursor=cursor), read_page)
        except Answered as refusal:
            if refusal.status != HTTPStatus.BAD_REQUEST or "name" in filters:
                raise
            hint = f"{refusal.reason} (if this tenant requires a name in every search, set REGBULK_SEARCH_NAME)"
            raise Answered(hint, method=refusal.method, url=refusal.url, status=refusal.status) from None

    async def pages(self, query: Mapping[str, Any], *, fields: Sequence[str] | None = None) -> AsyncIterator[Page]:
        """All pages of a search; they may overlap, and an empty one with a cursor is not the end.

        Raises:
            ApiError: a cursor came a second time, so the walk would never end.
        """

        async def follow(cursor: str | None) -> Page:
            return await self.search(query, fields=fields, cursor=cursor)

        async for page in _walk(follow, method="POST", url=f"{self._home}/search"):
            yield page

    async def event_contact(
        self, event_id: str, contact_id: str, *, fields: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """All registrations of a contact for an event, in the API's order; empty when there is none."""
        keys = ("eventContact", event_id, contact_id)

        async def follow(cursor: str | None) -> Page:
            request = endpoints.by_key(self._tenant, keys, fields=fields, cursor=cursor)
            return await self._ask(request, read_first_page if cursor is None else read_page)

        pages = _walk(follow, method="GET", url=f"{self._home}/eventContact")
        return [registration async for page in pages for registration in page.registrations]

    async def _ask(self, request: Request, read: Callable[[Answer], T]) -> T:
        """Send a request until it is read or fails for good."""

        async def once() -> T:
            return read(await self._answer(request))

        try:
            return await patiently(once, self._patience, writes=request.writes)
        except InDoubt as doubt:
            if request.writes:
                raise
            problem = f"no usable answer in {self._patience.attempts} attempts: {doubt.reason}"
            raise ApiError(problem, method=doubt.method, url=doubt.url, status=doubt.status) from None

    async def _answer(self, request: Request) -> Answer:
        """One answer; a 401 is asked again once, with other credentials if there are any."""
        authorization = await self._credentials.header()
        answer = await self._exchange(request, authorization)
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        renewed = await self._credentials.renewed(authorization)
        return answer if renewed is None else await self._exchange(request, renewed)

    async def _exchange(self, request: Request, authorization: str | None) -> Answer:
        async with self._gate.turn():
            answer = await self._transport.send(request, authorization=authorization)
            self._gate.heard(answer)
            return answer


async def _walk(follow: Callable[[str | None], Awaitable[Page]], *, method: str, url: str) -> AsyncIterator[Page]:
    """Pages until there is no cursor; what is kept of a cursor is its hash, as a walk may have 100,000 of them."""
    seen = set[bytes]()
    cursor: str | None = None
    while True:
        page = await follow(cursor)
        if page.strays:
            log.warning("%s %s: left out %d values that are no registrations", method, url, len(page.strays))
        yield page
        cursor = page.cursor
        if cursor is None:
            return
        mark = hashlib.blake2b(cursor.encode(errors="surrogatepass"), digest_size=16).digest()
        if mark in seen:
            problem = f"the cursor after page {len(seen) + 1} was given out before: the list would never end"
            raise ApiError(problem, method=method, url=url)
        seen.add(mark)
