"""Where a load stands, from the ledger alone."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from regbulk.ledger import OUTCOMES, Ledger, State

ACTIONS = ("create", "patch", "unchanged", "conflict")


class Summary(NamedTuple):
    """The counts of a load.

    read = accepted + rejects; accepted = sum of outcomes + not_started. `actions` is what the
    plan says (None before there is one), `not_started` what was not sent yet. The outcome `not started` is another
    thing, for a record whose parent has no id. `open` counts outcomes that another may follow when the load goes on.
    `skipped` counts rows that are no records, by kind; `stopped` says what stopped the load and how to go on, None
    where nothing did.
    """

    load_id: str
    load_path: str
    state: State
    read: int
    accepted: int
    rejects: int
    skipped: dict[str, int]
    actions: dict[str, int] | None
    outcomes: dict[str, int]
    not_started: int
    open: int
    stopped: str | None


def summarise(ledger: Ledger, load_id: str, path: Path) -> Summary:
    """What the ledger knows of a load; zeros where a step is not done yet."""
    steps = ledger.steps(load_id)
    staged, planned = steps.get("staged", {}), steps.get("planned", {})
    rejected = planned.get("rejects", staged.get("rejects", 0))
    actions = planned.get("actions")
    outcomes: dict[str, int] = dict.fromkeys(OUTCOMES, 0) | ledger.totals(load_id)
    sent = sum(outcomes.values())
    accepted = staged.get("read", 0) - rejected
    if actions is not None:
        outcomes["unchanged"] += actions["unchanged"]
        outcomes["conflict"] += actions["conflict"]
    return Summary(
        load_id=load_id,
        load_path=str(path),
        state=ledger.state(load_id),
        read=staged.get("read", 0),
        accepted=accepted,
        rejects=rejected,
        skipped=staged.get("skipped", {}),
        actions=actions,
        outcomes=outcomes,
        not_started=actions["create"] + actions["patch"] - sent if actions else accepted,
        open=ledger.open(load_id),
        stopped=steps.get("stopped", {}).get("reason"),
    )
