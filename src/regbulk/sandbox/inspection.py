"""Looking inside, and editing behind the API's back: paths the real API does not have, open without a credential."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from http import HTTPStatus

import orjson
from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from regbulk.sandbox import registrations
from regbulk.sandbox.admission import JsonBody, rfc3339, sandbox_of
from regbulk.sandbox.call import Call
from regbulk.sandbox.paths import PathPart
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.routes import answer
from regbulk.sandbox.store import Selection, Store

router = APIRouter(prefix="/_sandbox", include_in_schema=False)
_ROWS_AT_ONCE = 1_000


@router.get("/stats")
async def stats(request: Request) -> Response:
    """Requests and operations since the start, registrations per tenant."""
    sandbox = sandbox_of(request)
    tally = sandbox.tally
    return answer({"requests": tally.requests, "operations": tally.operations, "registrations": sandbox.store.counts()})


@router.get("/registrations/{tenant}")
async def all_registrations(request: Request, tenant: PathPart) -> StreamingResponse:
    """All full records of a tenant as one JSON array, ordered by id."""
    return StreamingResponse(_array(sandbox_of(request).store, tenant), media_type="application/json")


@router.patch("/registrations/{tenant}/{registration_id}")
async def edit_registration(
    request: Request, tenant: PathPart, registration_id: PathPart, changes: JsonBody
) -> Response:
    """Set fields of a record past every rule (null removes one): a lock, an edit by others, a broken record."""
    if not isinstance(changes, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, "the changes are a JSON object of fields")
    call = Call(sandbox_of(request), tenant, "staff", at=rfc3339(time.time()))
    with call.sandbox.store.writing():
        record = registrations.edit(call, registration_id, changes)
    return answer(record)


async def _array(store: Store, tenant: str) -> AsyncIterator[bytes]:
    yield b"["
    after, separator = "", b""
    while records := store.read(tenant, Selection(), after=after, limit=_ROWS_AT_ONCE):
        yield separator + orjson.dumps(records)[1:-1]
        after, separator = records[-1]["id"], b","
    yield b"]"
