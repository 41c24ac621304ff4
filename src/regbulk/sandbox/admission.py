"""From an HTTP request to an admitted call and its parsed body."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader
from starlette.requests import ClientDisconnect

from regbulk.sandbox import access
from regbulk.sandbox.call import Call, Sandbox
from regbulk.sandbox.faults.arrival import route_of
from regbulk.sandbox.faults.marks import marks_of
from regbulk.sandbox.paths import PathPart
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import check_depth

_AUTHORIZATION = APIKeyHeader(name="Authorization", scheme_name="knox-authorizer", auto_error=False)


async def admit(
    request: Request,
    tenant_id: Annotated[PathPart, Path(alias="tenantId", description="The tenant.")],
    authorization: Annotated[str | None, Security(_AUTHORIZATION)],
) -> Call:
    """Check the credential; refused with 401 or 403."""
    sandbox, marks, now = sandbox_of(request), marks_of(request.scope), time.time()
    if marks.expires:
        sandbox.credentials.end(authorization, tenant_id)
    actor = access.actor(sandbox, authorization, tenant=tenant_id, now=now)
    route = route_of(request.scope)
    assert route is not None, "no other path leads here"
    strike = partial(sandbox.switchboard.strike, tenant=tenant_id, operation=route.operation)
    return Call(sandbox, tenant_id, actor, at=rfc3339(now + marks.clock), strike=strike)


def sandbox_of(request: Request) -> Sandbox:
    """The sandbox the request came to."""
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def rfc3339(now: float) -> str:
    """An instant (seconds since the epoch) as RFC 3339 text in UTC, to the millisecond."""
    return datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def json_body(request: Request) -> Any:  # noqa: ANN401 - any JSON value; each operation checks its own
    """The parsed body; refused with 400 when it is not JSON."""
    try:
        body = orjson.loads(await raw_body(request))
    except orjson.JSONDecodeError:
        raise Refused(HTTPStatus.BAD_REQUEST, "the body is not JSON") from None
    check_depth(body)
    return body


async def raw_body(request: Request) -> bytes:
    """The whole body; refused with 400 when the client goes away before its end."""
    try:
        return await request.body()
    except ClientDisconnect:
        raise Refused(HTTPStatus.BAD_REQUEST, "the body ended early") from None


Admitted = Annotated[Call, Depends(admit)]
JsonBody = Annotated[Any, Depends(json_body)]
