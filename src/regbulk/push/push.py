"""What one push works with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from regbulk.api import Client
from regbulk.ledger import Ledger, RecordOutcome
from regbulk.load import Manifest
from regbulk.settings import Settings
from regbulk.settle import Doubt


def _unheard(_done: int, _total: int) -> None:
    """Nobody is told about settling."""


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Push:
    """What one push works with.

    Attributes:
        client: the API.
        ledger: takes intents and outcomes.
        settings: how to send.
        manifest: names the load.
        progress: is told how many records have an outcome more than before.
        settling: is told how many records of a batch are settled by reading, and of how many.
        stopping: says whether no further batch shall be begun.
        aside: gives the place of a batch to another while it settles.
        under_way: seconds for which a request of an earlier process may still be under way; 0 for our own.
    """

    client: Client
    ledger: Ledger
    settings: Settings
    manifest: Manifest
    progress: Callable[[int], None]
    settling: Callable[[int, int], None] = _unheard
    stopping: Callable[[], bool] = _never
    aside: Callable[[], AbstractAsyncContextManager[None]] = nullcontext
    under_way: float = 0.0

    @property
    def doubt(self) -> Doubt:
        """How operations of this load are read back."""
        return Doubt(self.client, self.settings, self.manifest.load_id, self.under_way)

    def intend(self, number: int) -> None:
        """Make durable that a batch is about to be sent.

        Raises:
            RegbulkError: the ledger takes nothing more (a full disk), so nothing more may be sent.
        """
        self.ledger.intend(self.manifest.load_id, number)

    def record(self, number: int, outcomes: Sequence[RecordOutcome]) -> None:
        """Make outcomes of a batch durable; raises as `intend`."""
        self.ledger.record(self.manifest.load_id, number, outcomes)
        self.progress(len(outcomes))

    def settled(self, numbers: range) -> dict[int, RecordOutcome]:
        """The records of some batches that need nothing more, by number; open ones are taken up again."""
        known = self.ledger.outcomes(self.manifest.load_id, numbers)
        return {outcome.record_no: outcome for outcome in known if not outcome.open}
