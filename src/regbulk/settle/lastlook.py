"""The last look at creates that were sent more than once: is there one registration each, or did an earlier one land?

The registration that the last answer named is the witness: lists that show it have caught up with what was written
before it. Without it nothing is concluded from seeing only one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from regbulk.batch import Operation
from regbulk.errors import ApiError
from regbulk.ledger import RecordOutcome
from regbulk.settle.creates import alike, marked, twice, unmarked
from regbulk.settle.doubt import Doubt, pauses
from regbulk.settle.lookup import Found, Wanted, look_singly, wanted

LONGEST_LAG: Final = 30.0
"""Seconds beyond REGBULK_SETTLE_SECONDS that lists are given to show what was answered."""


async def seen_once(
    doubt: Doubt, operations: Sequence[Operation], outcomes: Sequence[RecordOutcome]
) -> list[RecordOutcome]:
    """The outcomes of creates that were sent again, in the same order, once reading has confirmed them.

    Args:
        doubt: how to read.
        operations: the creates.
        outcomes: what the answers said; an outcome other than `created` stays as it is.

    Raises:
        ApiError: the target cannot be read now; nothing is decided.
    """
    known = {outcome.record_no: outcome for outcome in outcomes}
    creates = [one for one in wanted(operations) if known[one.operation.record_no].outcome == "created"]
    if not creates:
        return list(outcomes)
    await doubt.sleep(doubt.settings.settle_seconds)
    found = dict(await look_singly(doubt.client, creates))
    for pause in pauses(LONGEST_LAG):
        late = [one for one in creates if not _shown(known[one.operation.record_no], found)]
        if not late:
            break
        await doubt.sleep(pause)
        found |= await look_singly(doubt.client, late)
    confirmed = {one.operation.record_no: _confirmed(doubt, one, known, found) for one in creates}
    return [confirmed.get(outcome.record_no, outcome) for outcome in outcomes]


def _shown(outcome: RecordOutcome, found: Found) -> bool:
    """Whether the lists show the registration of an outcome; what cannot be read will not show by waiting either."""
    listed = found[outcome.record_no]
    return isinstance(listed, ApiError) or any(each.get("id") == outcome.id for each in listed)


def _confirmed(doubt: Doubt, create: Wanted, known: dict[int, RecordOutcome], found: Found) -> RecordOutcome:
    outcome = known[create.operation.record_no]
    listed = found[outcome.record_no]
    reason = None
    if isinstance(listed, ApiError):
        reason = f"sent more than once, and looking for a second one failed: {listed.reason}"
    elif len(matches := marked(doubt, create, listed)) > 1:
        return outcome._replace(outcome="unknown", id=None, message=twice(matches))
    elif not matches and len(like := alike(create, listed)) > 1:
        return outcome._replace(outcome="unknown", id=None, message=unmarked(like))
    elif not _shown(outcome, found):
        reason = f"sent more than once, and the lists do not show {outcome.id}, so neither would they show a second one"
    return outcome if reason is None else outcome._replace(outcome="unknown", message=reason)
