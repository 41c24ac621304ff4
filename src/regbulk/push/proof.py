"""Canaries: each action is proven once per load, on the first records that were sent."""

from __future__ import annotations

from typing import Final

from regbulk.batch import Action
from regbulk.canary import WRITTEN, check_canary
from regbulk.errors import StopRule
from regbulk.ledger import Step
from regbulk.push.parts import Batch, Part, has_more
from regbulk.push.push import Push

_STEPS: Final[dict[Action, Step]] = {"create": "canary-create", "patch": "canary-patch"}


def unproven(push: Push) -> set[Action]:
    """The actions of which no canary has come back yet; none where there are no canaries."""
    steps = push.ledger.steps(push.manifest.load_id)
    return {action for action, step in _STEPS.items() if push.settings.canary and step not in steps}


async def prove(push: Push, part: Part, batch: Batch, *, sent_before: bool) -> None:
    """Check a canary, once per load and action; where it is all there is, its refusals are outcomes like any other.

    One that an earlier process sent, and of which nothing is left to check, leaves the proof to the next batch.

    Raises:
        StopRule: the tenant does not keep what the load relies on, or nothing of what was sent just now is there.
    """
    load_id, step = push.manifest.load_id, _STEPS[batch.operations[0].action]
    if step in push.ledger.steps(load_id):
        return
    known = push.ledger.outcomes(load_id, range(batch.number, batch.number + 1))
    outcomes = {outcome.record_no: outcome for outcome in known}
    written = sum(outcome.outcome in WRITTEN for outcome in known)
    if has_more(part, batch) or written:
        totals = push.ledger.totals(load_id)
        before = sum(totals.get(name, 0) for name in WRITTEN) - written
        key = push.manifest.key
        if await check_canary(push.client, batch.operations, outcomes, key=key, before=before):
            push.ledger.note(load_id, step, {"records": len(batch.operations)})
        elif not sent_before:
            raise StopRule(
                f"canary: of {written} records sent ahead none is there any more. Where somebody deleted them, go on: "
                f"regbulk push {load_id}. Otherwise the API keeps nothing of what it confirms"
            )
