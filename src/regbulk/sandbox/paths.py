"""Paths part by part: a slash inside a part is sent as %2F and stands between no parts (RFC 3986, 2.2)."""

from __future__ import annotations

from typing import Annotated, TypeAlias
from urllib.parse import quote, unquote

from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send

PathPart: TypeAlias = Annotated[str, AfterValidator(unquote)]
"""A part of the path as it was meant, whatever characters it holds."""


def routed_by_parts(app: ASGIApp) -> ASGIApp:
    """`app` with requests routed by the path as it was sent; every parameter of a path is a `PathPart` then."""

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path": _spelled(scope["raw_path"])} if scope["type"] == "http" else scope, receive, send)

    return routed


def _spelled(raw: bytes) -> str:
    """The same path in its one usual spelling: nothing is escaped that needs not be."""
    return "/".join(quote(unquote(part), safe="") for part in raw.decode("latin-1").split("/"))
