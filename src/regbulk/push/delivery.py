"""The delivery of one batch: how often each record was sent, what is known of it, and what needs a last look."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, NamedTuple

from regbulk.batch import Operation
from regbulk.errors import ApiError
from regbulk.ledger import RecordOutcome
from regbulk.push.push import Push
from regbulk.settle import seen_once, settle

_SERVER: Final = HTTPStatus.INTERNAL_SERVER_ERROR


class Word(NamedTuple):
    """What was said last about a record that had no effect: the HTTP status where there was one, and the text."""

    status: int | None
    text: str | None


@dataclass(frozen=True)
class Delivery:
    """One batch until every operation has an outcome.

    Attributes:
        push: what it is sent with.
        number: of the batch.
        times: how often a record was sent, or may have been; by record number.
        words: why a record had no effect when it was sent last; by record number.
        held: creates that were sent more than once, with what was answered last; their outcome needs a last look.
        undone: operations that had no effect however often they were sent, with the outcome they will get.
        ended: numbers of the records that got an outcome.
    """

    push: Push
    number: int
    times: Counter[int] = field(default_factory=Counter)
    words: dict[int, Word] = field(default_factory=dict)
    held: dict[Operation, RecordOutcome] = field(default_factory=dict)
    undone: dict[Operation, RecordOutcome] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)

    def begin(self, operations: Sequence[Operation]) -> None:
        """Make durable that operations are about to be sent."""
        self.push.intend(self.number)
        self.times.update(operation.record_no for operation in operations)

    def record(self, pairs: Sequence[tuple[Operation, RecordOutcome]]) -> None:
        """Keep outcomes; those of creates that were sent more than once wait for the last look."""
        again = {one: end for one, end in pairs if self._needs_a_look(one, end)}
        self.held.update(again)
        self.ended.update(outcome.record_no for _, outcome in pairs)
        self.push.record(self.number, [outcome for operation, outcome in pairs if operation not in again])

    async def settle(self, operations: Sequence[Operation]) -> list[Operation]:
        """Read back operations in doubt and keep what is known now; returns those proven undone, in order."""
        if not operations:
            return []
        self.push.settling(0, len(operations))
        async with self.push.aside():
            found = await settle(self.push.doubt, operations)
        self.push.settling(len(operations), len(operations))
        ends = [(operation, found[operation.record_no]) for operation in operations]
        self.record([(operation, end) for operation, end in ends if end is not None])
        return [operation for operation, end in ends if end is None]

    def give_up(self, operations: Sequence[Operation], reason: str) -> None:
        """Count operations as failed, proven undone, with what the API said last."""
        self.undone.update((operation, self._failed(operation, reason)) for operation in operations)

    def spent(self, operation: Operation) -> str:
        """The reason of a record that had no effect however often it was sent."""
        return f"proven undone after each of {self.times[operation.record_no]} attempts"

    def write_off(self) -> None:
        """Record what was given up, unless it is all there was: then the server fails, and not these records.

        Raises:
            ApiError: every one of several writes ended in a server error or without an answer; none has an outcome.
        """
        servers_fault = all(outcome.status is None or outcome.status >= _SERVER for outcome in self.undone.values())
        if len(self.undone) > 1 and not self.ended and servers_fault:
            last = next(reversed(self.undone.values()))
            raise ApiError(
                f"no write of batch {self.number} took effect ({last.message}). The server fails, not these records: "
                f"they stay to be sent. When it works again: regbulk push {self.push.manifest.load_id}",
                method="POST",
                url=self.push.manifest.api_url,
                status=last.status,
            )
        self.record(list(self.undone.items()))

    async def last_look(self) -> None:
        """Confirm the creates that were sent more than once.

        One that was refused last may be there from before: an API may refuse it because it is.
        """
        if not self.held:
            return
        refused = [operation for operation, end in self.held.items() if end.outcome == "failed"]
        self.push.settling(0, len(self.held))
        async with self.push.aside():
            confirmed, landed = await asyncio.gather(
                seen_once(self.push.doubt, list(self.held), list(self.held.values())),
                settle(self.push.doubt, refused),
            )
        self.push.settling(len(self.held), len(self.held))
        self.push.record(self.number, [landed.get(end.record_no) or end for end in confirmed])
        self.held.clear()

    def _needs_a_look(self, operation: Operation, end: RecordOutcome) -> bool:
        answered = end.outcome in {"created", "failed"} and not end.undone
        return answered and operation.action == "create" and self.times[operation.record_no] > 1

    def _failed(self, operation: Operation, reason: str) -> RecordOutcome:
        said = self.words.get(operation.record_no, Word(None, None))
        message = f"{reason}: {said.text}" if said.text else reason
        return RecordOutcome(operation.record_no, "failed", said.status, operation.id, message, undone=True)
