"""What became of a record, and where a load stands: the ledger's words."""

from __future__ import annotations

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
    its parent has no id. `undone` marks a record that was given up without a word of the API about the record itself,
    and that is proven to have had no effect.
    """

    record_no: int
    outcome: Outcome
    status: int | None = None
    id: str | None = None
    message: str | None = None
    undone: bool = False

    @property
    def open(self) -> bool:
        """Whether another outcome may follow when the load goes on.

        That is so for what could not be read back (`unknown`), for what waits for a parent (`not started`), and for
        what is `undone`.
        """
        return self.undone or self.outcome in {"unknown", "not started"}
