"""The sandbox as an ASGI application."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import unquote

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from regbulk.sandbox import control, inspection, oauth, routes
from regbulk.sandbox.admission import sandbox_of
from regbulk.sandbox.call import Sandbox
from regbulk.sandbox.dialect import PLAIN_ERRORS
from regbulk.sandbox.faults.middleware import switched
from regbulk.sandbox.openapi import openapi
from regbulk.sandbox.paths import routed_by_parts
from regbulk.sandbox.refusal import Refused


def application(sandbox: Sandbox) -> FastAPI:
    """All routes over one sandbox; nothing but the documented statuses leaves it."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.sandbox = sandbox
    for part in (routes, inspection, control, oauth):
        app.include_router(part.router)
    app.add_middleware(routed_by_parts)
    app.add_middleware(
        switched,
        switchboard=sandbox.switchboard,
        requests=sandbox.tally.requests,
        api_keys=sandbox.credentials.api_keys,
    )
    app.add_api_route("/openapi.json", _description, include_in_schema=False)
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(HTTPException, _no_such_path)
    app.add_exception_handler(Exception, _server_error)
    return app


async def _description(request: Request) -> Response:
    return routes.answer(openapi(request.app))


def _message(status: HTTPStatus, text: str) -> Response:
    return Response(orjson.dumps({"message": text}), status_code=status, media_type="application/json")


async def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, Refused)
    sandbox, tenant = sandbox_of(request), unquote(request.path_params.get("tenantId", ""))
    if PLAIN_ERRORS in sandbox.spoken(tenant):
        return Response(refusal.message, status_code=refusal.status, media_type="text/plain")
    return _message(refusal.status, refusal.message)


async def _not_valid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _message(
        HTTPStatus.BAD_REQUEST, "; ".join(f"{problem['loc'][-1]}: {problem['msg']}" for problem in error.errors())
    )


async def _no_such_path(_: Request, __: Exception) -> Response:
    return _message(HTTPStatus.FORBIDDEN, "forbidden: the document has no such path and method")


async def _server_error(_: Request, __: Exception) -> Response:
    return _message(HTTPStatus.INTERNAL_SERVER_ERROR, "general server error")
