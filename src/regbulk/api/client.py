"""The client: endpoints, credentials, gate, transport and patience put together; one method for each operation."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, Self, TypeVar

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
from regbulk.api.gates import gate_for
from regbulk.api.patience import Limits, Patience
from regbulk.api.results import OperationResult, read_results
from regbulk.api.retry import Retry, log_retry
from regbulk.api.trace import SpeedChange
from regbulk.api.transport import Transport, always
from regbulk.api.walk import walk
from regbulk.errors import Answered, ApiError, InDoubt, NotSent
from regbulk.settings import Settings

T = TypeVar("T")


class _Heard(NamedTuple):
    """An answer, when its request was let through, and the Authorization header it was sent with."""

    answer: Answer
    sent: float
    authorization: str | None


class Client:
    """The Registrations API of one tenant, as an async context manager; used in one event loop.

    Reads are tried again until settings.attempts are used up; writes only when nothing was sent or the API refused to
    look (429). What was not sent or not looked at is tried again for settings.outage_seconds once the API has answered,
    which a 429 does too.
    Every method raises from the tree in `regbulk.errors`: Outage; NotSent from an API that never answered; NotSent or
    RateLimited where an outage was given up before and lasts; InDoubt (writes alone), AccessDenied, Answered, and
    ApiError for a read without a usable answer.

    All clients of an address and tenant in a process share one limit (`regbulk.api.gate`).
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = SYSTEM_CLOCK,
        on_retry: Callable[[Retry], None] = log_retry,
        permit: Callable[[], None] = always,
    ) -> None:
        """Prepare a client; nothing is connected yet.

        Args:
            settings: address, tenant, credentials, limits.
            clock: what tells the time and waits; tests pass one that does not wait.
            on_retry: is told of every attempt that is repeated.
            permit: is called right before a write leaves, after every wait; what it raises reaches the caller, and
                then nothing was sent.

        Raises:
            SettingsError: address, tenant or credentials are missing or malformed.
        """
        address, self._tenant = settings.require_api()
        self.settings = settings
        self._home = f"{address}/registrations/{self._tenant}"
        self._transport = Transport(address, timeout=settings.timeout, connections=settings.concurrency)
        self._credentials = credentials(settings, clock=clock)
        self._gate = gate_for(address, self._tenant, clock, most=settings.concurrency, rate=settings.rate)
        self._seen = self._gate.trace.count
        self._own = asyncio.Semaphore(settings.concurrency)
        limits = Limits(settings.attempts, settings.outage_seconds)
        self._patience = Patience(self._gate, clock, limits=limits, on_retry=on_retry)
        self._clock = clock
        self._permit = permit

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
            One result per operation, in the order of `ids`; see `regbulk.api.results` for what is believed. Those
            with status 429 slow the client down like a refusal of the whole.
        """
        request = endpoints.batch(self._tenant, body)
        return await self._ask(request, lambda answer: read_results(answer, ids), refusals=_refusals)

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

        async for page in walk(follow, method="POST", url=f"{self._home}/search"):
            yield page

    async def event_contact(
        self, event_id: str, contact_id: str, *, fields: Sequence[str] | None = None
    ) -> list[dict[str, Any]]:
        """All registrations of a contact for an event, in the API's order; empty when there is none."""
        keys = ("eventContact", event_id, contact_id)

        async def follow(cursor: str | None) -> Page:
            request = endpoints.by_key(self._tenant, keys, fields=fields, cursor=cursor)
            return await self._ask(request, read_first_page if cursor is None else read_page)

        pages = walk(follow, method="GET", url=f"{self._home}/eventContact")
        return [registration async for page in pages for registration in page.registrations]

    def speed_changes(self) -> list[SpeedChange]:
        """Why the speed towards the API changed since this was asked last (or the client was made), oldest first."""
        changes = self._gate.trace.after(self._seen)
        self._seen = self._gate.trace.count
        return changes

    async def _ask(
        self, request: Request, read: Callable[[Answer], T], *, refusals: Callable[[T], int] = lambda _: 0
    ) -> T:
        """Send a request until it is read or fails for good; `refusals` counts those inside what was read."""
        check = self._patience.check()

        async def once() -> T:
            heard = await self._answer(request, check)
            value = read(heard.answer)
            if count := refusals(value):
                self._gate.limited(count, sent=heard.sent)
            return value

        try:
            # Held while it is repeated, too: a request that was refused does not line up behind all new ones.
            async with self._own:
                return await self._patience.patiently(once, writes=request.writes)
        except InDoubt as doubt:
            if request.writes:
                raise
            problem = f"no usable answer in {self._patience.limits.attempts} attempts: {doubt.reason}"
            raise ApiError(problem, method=doubt.method, url=doubt.url, status=doubt.status) from None

    async def _answer(self, request: Request, check: Callable[[], None]) -> _Heard:
        """One answer; a 401 is asked again once, with other credentials if there are any."""
        heard = await self._exchange(request, check)
        if heard.answer.status == HTTPStatus.UNAUTHORIZED and self._credentials.refused(heard.authorization):
            return await self._exchange(request, check)
        return heard

    async def _exchange(self, request: Request, check: Callable[[], None]) -> _Heard:
        patience = self.settings.outage_seconds
        async with self._gate.turn(self._clock.sleep, check) as sent:
            try:
                authorization = await self._credentials.header()
                permit = self._permit if request.writes else always
                answer = await self._transport.send(request, authorization=authorization, permit=permit)
            except NotSent as failure:
                self._gate.unsent(failure, sent=sent, patience=patience)
                raise
            self._gate.heard(answer, sent=sent, patience=patience)
            return _Heard(answer, sent, authorization)


def _refusals(results: Sequence[OperationResult]) -> int:
    return sum(result.status == HTTPStatus.TOO_MANY_REQUESTS for result in results)
