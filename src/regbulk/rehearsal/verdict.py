"""The verdict on a rehearsal: whether every accepted record is there exactly once as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from regbulk.rehearsal.rehearse import Rehearsed

_SHOWN: Final = 10
_IMPERFECT: Final = ("failed", "conflict", "unknown", "not started")


class Verdict(NamedTuple):
    """An exit status and the sentences behind it.

    0: every accepted record is there exactly once as it should be, and there are no rejects; 3: some were rejected,
    failed, are unknown, or the sandbox keeps values otherwise with or without faults; 1: records were lost, written
    twice or changed by faults.
    """

    exit_status: int
    sentences: list[str]


def verdict_on(rehearsed: Rehearsed) -> Verdict:
    """Judge a rehearsal by what the sandbox holds."""
    if faults := _faults_of_ours(rehearsed):
        return Verdict(1, faults)
    summary, found = rehearsed.bad.summary, rehearsed.bad.found
    exceptions = [
        *([f"{summary.rejects:,} were rejected"] if summary.rejects else []),
        *(f"{summary.outcomes[name]:,} are {name}" for name in _IMPERFECT if summary.outcomes[name]),
        *([f"{summary.not_started:,} were not sent"] if summary.not_started else []),
        *([f"{len(found.different):,} are kept otherwise ({_fields(rehearsed)})"] if found.different else []),
    ]
    if exceptions:
        return Verdict(
            3, [f"{found.right:,} records are there exactly once and as they should be; {', '.join(exceptions)}"]
        )
    return Verdict(0, [f"all {found.right:,} accepted records are there exactly once and as they should be"])


def _faults_of_ours(rehearsed: Rehearsed) -> list[str]:
    found = rehearsed.bad.found
    fair = rehearsed.fair.found.different if rehearsed.fair else {}
    changed = [no for no, fields in found.different.items() if fair.get(no) != fields]
    told: dict[str, Sequence[object]] = {
        "lost": found.lost,
        "written twice": found.doubled,
        f"not as they were sent ({_fields(rehearsed)})": changed,
        "in the sandbox though no record accounts for them": found.strangers,
    }
    return [f"{len(records):,} {what}: {_listed(records)}" for what, records in told.items() if records]


def _fields(rehearsed: Rehearsed) -> str:
    return ", ".join(sorted({field for fields in rehearsed.bad.found.different.values() for field in fields}))


def _listed(records: Sequence[object]) -> str:
    return ", ".join(map(str, records[:_SHOWN])) + (" …" if len(records) > _SHOWN else "")
