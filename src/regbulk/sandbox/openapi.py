"""How the operations are described in `/openapi.json`."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

_MEANINGS = {
    400: "The request was not valid.",
    401: "Unauthorized.",
    403: "Forbidden.",
    404: "The registration could not be found.",
    409: "The registration refers to a non-existent object, or others depend on it.",
    429: "Limit exceeded.",
    500: "General server error.",
}
_ERROR = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}


def statuses(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The error statuses an operation may answer."""
    content = {"application/json": {"schema": _ERROR}}
    return {code: {"description": _MEANINGS[code], "content": content} for code in codes}


def body(json_type: str) -> dict[str, Any]:
    """A required JSON body; operations parse it themselves, so that a bad one is 400."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": json_type}}}}}


def openapi(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of the documented operations."""
    description = get_openapi(title="Registrations API, sandbox", version="1", routes=app.routes)
    for operations in description["paths"].values():
        for operation in operations.values():
            # FastAPI announces a 422 of its own, which this API does not have.
            operation["responses"].pop("422", None)
    description["components"].pop("schemas", None)
    return description
