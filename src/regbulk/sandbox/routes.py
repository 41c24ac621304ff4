"""The documented operations as HTTP routes."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Query, Response

from regbulk.sandbox import registrations
from regbulk.sandbox.admission import Admitted, JsonBody
from regbulk.sandbox.batch import execute
from regbulk.sandbox.dialect import CREATED_201, DELETE_204, DELETE_OBJECT
from regbulk.sandbox.openapi import body, statuses
from regbulk.sandbox.paths import PathPart
from regbulk.sandbox.search import event_contact, search
from regbulk.sandbox.shapes import shown

router = APIRouter(prefix="/registrations/{tenantId}")

Fields = Annotated[str | None, Query(description="Field names joined by commas; if omitted, the entire object.")]
Cursor = Annotated[str | None, Query(alias="exclusiveStartKey", description="LastEvaluatedKey of the page before.")]


def answer(content: object, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A JSON body."""
    return Response(orjson.dumps(content), status_code=status, media_type="application/json")


@router.post("", responses=statuses(400, 401, 403, 404, 409, 429, 500), openapi_extra=body("object"))
async def create_registration(call: Admitted, registration: JsonBody) -> Response:
    """Create a registration; its id is made by the server."""
    with call.sandbox.store.writing():
        record = registrations.create(call, registration)
    status = HTTPStatus.CREATED if CREATED_201 in call.dialects else HTTPStatus.OK
    return answer(shown(record, call.dialects), status=status)


@router.get("/{id}", responses=statuses(400, 401, 403, 404, 429, 500))
async def get_registration(
    call: Admitted,
    registration_id: Annotated[PathPart, Path(alias="id")],
    fields: Fields = None,
    consistent_read: Annotated[str | None, Query(alias="consistentRead")] = None,
) -> Response:
    """Read a registration by its id."""
    record = registrations.get(call, registration_id, trails=consistent_read != "true")
    return answer(shown(record, call.dialects, fields=fields))


@router.patch("/{id}", responses=statuses(400, 401, 403, 404, 409, 429, 500), openapi_extra=body("array"))
async def patch_registration(
    call: Admitted, registration_id: Annotated[PathPart, Path(alias="id")], directives: JsonBody
) -> Response:
    """Apply an RFC 6902 patch to a registration."""
    with call.sandbox.store.writing():
        record = registrations.patch(call, registration_id, directives)
    return answer(shown(record, call.dialects))


@router.delete("/{id}", responses=statuses(400, 401, 403, 404, 409, 429, 500))
async def delete_registration(call: Admitted, registration_id: Annotated[PathPart, Path(alias="id")]) -> Response:
    """Delete a registration; the answer is its id."""
    with call.sandbox.store.writing():
        deleted = registrations.delete(call, registration_id)
    if DELETE_204 in call.dialects:
        return Response(status_code=HTTPStatus.NO_CONTENT)
    return answer({"id": deleted} if DELETE_OBJECT in call.dialects else deleted)


@router.post("/search", responses=statuses(400, 401, 403, 404, 409, 429, 500), openapi_extra=body("object"))
async def search_registrations(
    call: Admitted,
    query: JsonBody,
    cursor: Cursor = None,
    fields_to_return: Annotated[str | None, Query(alias="fieldsToReturn")] = None,
) -> Response:
    """Search the registrations of an event, page by page."""
    return answer(search(call, query, fields=fields_to_return, cursor=cursor))


@router.get("/eventContact/{eventId}/{contactId}", responses=statuses(400, 401, 403, 404, 429, 500))
async def list_by_event_contact(
    call: Admitted,
    event_id: Annotated[PathPart, Path(alias="eventId")],
    contact_id: Annotated[PathPart, Path(alias="contactId")],
    fields: Fields = None,
    cursor: Cursor = None,
) -> Response:
    """List the registrations of a contact for an event, page by page."""
    return answer(event_contact(call, event_id, contact_id, fields=fields, cursor=cursor))


@router.post("/batch", responses=statuses(400, 401, 403, 404, 429, 500), openapi_extra=body("object"))
async def execute_batch(call: Admitted, batch: JsonBody) -> Response:
    """Run up to 100 patches and deletes."""
    with call.sandbox.store.writing():
        results = execute(call, batch)
    return answer(results)
