"""From an HTTP request to an admitted call and its parsed body."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import Depends, Path, Request, Security
from fastapi.security import APIKeyHeader
from starlette.requests import ClientDisconnect

from regbulk.sandbox.call import Call, Sandbox
from regbulk.sandbox.paths import PathPart
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import check_depth

_AUTHORIZATION = APIKeyHeader(name="Authorization", scheme_name="knox-authorizer", auto_error=False)


async def admit(
    request: Request,
    tenant_id: Annotated[PathPart, Path(alias="tenantId", description="The tenant.")],
    authorization: Annotated[str | None, Security(_AUTHORIZATION)],
) -> Call:
    """Count the request and check its credential; refused with 401 or 403."""
    sandbox = sandbox_of(request)
    sandbox.tally.requests[f"{request.method.lower()} {request.scope['route'].path}"] += 1
    now = time.time()
    actor = sandbox.credentials.actor(authorization, tenant_id, now=now)
    return Call(sandbox, tenant_id, actor, at=rfc3339(now))


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
