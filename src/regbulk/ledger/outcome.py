"""What became of a record, and where a load stands: the ledger's words."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final, Literal, NamedTuple

Outcome = Literal["created", "patched", "unchanged", "deleted", "conflict", "failed", "unknown", "not started"]
OUTCOMES: Final[tuple[Outcome, ...]] = (
    "created",
    "patched",
    "unchanged",
    "deleted",
    "conflict",
    "failed",
    "unknown",
    "not started",
)
Step = Literal["staged", "reading", "planned", "canary-create", "canary-patch", "stopped", "finished"]
State = Literal["staging", "staged", "planned", "pushing", "interrupted", "stopped", "finished"]


class RecordOutcome(NamedTuple):
    """What became of one record that was to be sent.

    `status` is the HTTP status that settled it (null when it was settled by reading), `id` the registration's id where
    it is known, `message` the API's words or the reason of a doubt. A record is `not started`, and was not sent, where
    its parent has no id.
    """

    record_no: int
    outcome: Outcome
    status: int | None = None
    id: str | None = None
    message: str | None = None

    @property
    def open(self) -> bool:
        """Whether another outcome may follow when the load goes on.

        That is so for what could not be read back (`unknown`), for what waits for a parent (`not started`), and for
        what the server failed on each time it was sent, proven undone: no word of the API was about the record itself.
        """
        servers_fault = self.status is None or self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return self.outcome in {"unknown", "not started"} or (self.outcome == "failed" and servers_fault)
