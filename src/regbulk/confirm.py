"""Consent to write beyond this machine: tenant and counts are shown, and somebody says yes (promise 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regbulk.errors import StopRule
from regbulk.settings import is_loopback

if TYPE_CHECKING:
    from regbulk.work import Work


def described(work: Work) -> str:
    """What a load is about to write, and where."""
    from regbulk.summary import summarise

    actions = summarise(work.ledger, work.load.id, work.load.path).actions or {}
    counts = ", ".join(f"{count:,} {action}" for action, count in actions.items())
    return f"{counts} in tenant {work.load.manifest.tenant} on {work.load.manifest.api_url}"


def require_consent(work: Work, *, yes: bool) -> None:
    """Let a write beyond this machine pass only with consent.

    Raises:
        StopRule: there is none; the plan is kept and can be pushed.
    """
    from regbulk.summary import summarise

    summary = summarise(work.ledger, work.load.id, work.load.path)
    if yes or not (summary.not_started or summary.open) or is_loopback(work.load.manifest.api_url):
        return
    raise StopRule(
        f"nobody agreed to write beyond this machine ({described(work)}); the plan is kept, "
        f"to go on: regbulk push {work.load.id} --yes"
    )
