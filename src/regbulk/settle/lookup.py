"""lookup: the registrations of creates, by event and contact.

A search takes a list of contacts, so it finds a whole batch in one request; the list by event and contact answers for
one record and is what proves that nothing is there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson

from regbulk.api import Client
from regbulk.batch import Operation, in_groups
from regbulk.errors import ApiError
from regbulk.settle.doubt import STOPS
from regbulk.settle.together import together

_CONTACTS: Final = 100
"""In one search at most."""
Found = Mapping[int, list[dict[str, Any]] | ApiError]
"""By record number: the registrations of its event and contact, or why they cannot be read."""


class Wanted(NamedTuple):
    """A create in doubt, with the registration that it sent."""

    operation: Operation
    registration: dict[str, Any]

    @property
    def place(self) -> tuple[str, str]:
        """Event and contact."""
        return str(self.registration.get("event_id")), str(self.registration.get("contact_id"))


def wanted(operations: Sequence[Operation]) -> list[Wanted]:
    """Creates with their documents read."""
    return [Wanted(operation, orjson.loads(operation.document)) for operation in operations]


async def look_together(client: Client, creates: Sequence[Wanted]) -> Found:
    """Look for creates by searching; where a search cannot be used, one by one.

    What a search does not show is not proven absent: whether a tenant's search knows lists of contacts is not promised.
    """
    groups = [group for some in _by_event(creates).values() for group in in_groups(some, _CONTACTS)]
    found = await together(_search(client, group) for group in groups)
    return {record_no: known for each in found for record_no, known in each.items()}


async def look_singly(client: Client, creates: Sequence[Wanted]) -> Found:
    """Look for each create by its event and contact."""
    found = await together(_listed(client, create) for create in creates)
    return {create.operation.record_no: known for create, known in zip(creates, found, strict=True)}


def _by_event(creates: Sequence[Wanted]) -> dict[str, list[Wanted]]:
    events = defaultdict[str, list[Wanted]](list)
    for create in creates:
        events[create.place[0]].append(create)
    return events


async def _search(client: Client, creates: list[Wanted]) -> Found:
    if len(creates) == 1:
        return await look_singly(client, creates)
    event = creates[0].place[0]
    known: dict[str, dict[str, dict[str, Any]]] = {create.place[1]: {} for create in creates}
    try:
        async for page in client.pages({"event_id": event, "contact_id": list(known)}):
            for registration in page.registrations:
                # A tenant may ignore the list of contacts and answer with all that the event has.
                contact = str(registration.get("contact_id"))
                if registration.get("event_id") == event and contact in known:
                    known[contact][str(registration.get("id"))] = registration
    except STOPS:
        raise
    except ApiError:
        return await look_singly(client, creates)
    return {create.operation.record_no: list(known[create.place[1]].values()) for create in creates}


async def _listed(client: Client, create: Wanted) -> list[dict[str, Any]] | ApiError:
    try:
        found = await client.event_contact(*create.place)
    except STOPS:
        raise
    except ApiError as failure:
        return failure
    # Pages may overlap: one registration is one.
    return list({str(registration.get("id")): registration for registration in found}.values())
