"""Faults and dialects while the sandbox runs: paths the real API does not have, open without a credential."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeVar

from fastapi import APIRouter, Request, Response

from regbulk.errors import SettingsError
from regbulk.sandbox.admission import JsonBody, sandbox_of
from regbulk.sandbox.call import Sandbox
from regbulk.sandbox.dialect import known
from regbulk.sandbox.faults.spec import faults_of
from regbulk.sandbox.paths import PathPart
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.routes import answer

Chosen = TypeVar("Chosen")

router = APIRouter(prefix="/_sandbox", include_in_schema=False)


@router.get("/faults")
async def faults(request: Request) -> Response:
    """The faults of all tenants, and how often each met a request and struck."""
    return _shown(sandbox_of(request))


@router.put("/faults")
async def set_faults_of_all(request: Request, asked: JsonBody) -> Response:
    """Set the faults for all tenants: `{"faults": [SPEC…], "seed": 0}`."""
    return _set(sandbox_of(request), asked, tenant=None)


@router.put("/faults/{tenant}")
async def set_faults(request: Request, tenant: PathPart, asked: JsonBody) -> Response:
    """Set the faults of one tenant: `{"faults": [SPEC…], "seed": 0}`."""
    return _set(sandbox_of(request), asked, tenant=tenant)


@router.delete("/faults")
async def clear_faults_of_all(request: Request) -> Response:
    """Switch off the faults set for all tenants; those of single tenants stay."""
    return _set(sandbox_of(request), {"faults": []}, tenant=None)


@router.delete("/faults/{tenant}")
async def clear_faults(request: Request, tenant: PathPart) -> Response:
    """Switch off the faults of one tenant."""
    return _set(sandbox_of(request), {"faults": []}, tenant=tenant)


@router.put("/dialects/{tenant}")
async def set_dialects(request: Request, tenant: PathPart, asked: JsonBody) -> Response:
    """Let a tenant speak `{"dialects": [NAME…]}` in place of the dialects of the start."""
    match asked:
        case {"dialects": list(names), **others} if not others and all(isinstance(name, str) for name in names):
            chosen = _taken(known, names)
        case _:
            raise Refused(HTTPStatus.BAD_REQUEST, 'dialects are set with {"dialects": [NAME...]} and nothing else')
    sandbox_of(request).dialects[tenant] = chosen
    return answer({"dialects": sorted(chosen)})


def _set(sandbox: Sandbox, asked: Any, *, tenant: str | None) -> Response:  # noqa: ANN401 - any JSON value
    match asked:
        case {"faults": list(texts), **others} if all(isinstance(text, str) for text in texts) and others.keys() <= {
            "seed"
        }:
            seed = others.get("seed", 0)
            if not isinstance(seed, int):
                raise Refused(HTTPStatus.BAD_REQUEST, "seed: a whole number is expected")
            chosen = _taken(faults_of, texts)
        case _:
            raise Refused(
                HTTPStatus.BAD_REQUEST, 'faults are set with {"faults": [SPEC...], "seed": 0}, the seed may be left out'
            )
    sandbox.set_faults(chosen, tenant=tenant, seed=seed)
    return _shown(sandbox)


def _taken(read: Callable[[Iterable[str]], Chosen], texts: list[str]) -> Chosen:
    try:
        return read(texts)
    except SettingsError as error:
        raise Refused(HTTPStatus.BAD_REQUEST, str(error)) from None


def _shown(sandbox: Sandbox) -> Response:
    board = sandbox.switchboard
    return answer({"seed": board.seed, "faults": [record._asdict() for record in board.records()]})
