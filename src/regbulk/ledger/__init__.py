"""The ledger: what was about to be sent, what came of it, and who is at work.

One intent row per batch, written and synced before its first request leaves; one outcome row per record that was sent,
written before the next step. A batch with an intent and records without an outcome is in doubt. The state of a load is
derived from here and nowhere else. It lives in SQLite, or in PostgreSQL where machines share it.
"""

from regbulk.ledger.holders import Holder, Resource, Terms
from regbulk.ledger.lease import Lease, LeaseTaken
from regbulk.ledger.ledger import Ledger
from regbulk.ledger.opening import open_ledger
from regbulk.ledger.outcome import OUTCOMES, Outcome, RecordOutcome, State, Step
from regbulk.ledger.reading import load_resource

__all__ = [
    "OUTCOMES",
    "Holder",
    "Lease",
    "LeaseTaken",
    "Ledger",
    "Outcome",
    "RecordOutcome",
    "Resource",
    "State",
    "Step",
    "Terms",
    "load_resource",
    "open_ledger",
]
