"""The token endpoint (RFC 6749, client credentials)."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import orjson
from fastapi import APIRouter, Request, Response

from regbulk.sandbox.admission import raw_body, sandbox_of
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.routes import answer

router = APIRouter(include_in_schema=False)


@router.post("/oauth/token")
async def token(request: Request) -> Response:
    """An access token for a client; errors are `{"error": …}` as in RFC 6749, 5.2."""
    try:
        asked = _form_or_json(await raw_body(request))
        return answer(sandbox_of(request).credentials.token(asked, now=time.time()))
    except Refused as refusal:
        content = orjson.dumps({"error": refusal.message})
        return Response(content, status_code=refusal.status, media_type="application/json")


def _form_or_json(body: bytes) -> dict[str, Any]:
    if not body.lstrip().startswith(b"{"):
        return dict(parse_qsl(body.decode(errors="replace")))
    try:
        parsed: dict[str, Any] = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise Refused(HTTPStatus.BAD_REQUEST, "invalid_request") from None
    return parsed
