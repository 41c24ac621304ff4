"""The verdict on a rehearsal: whether every accepted record is there exactly once as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from regbulk.rehearsal.compare import OUTCOME
from regbulk.rehearsal.rehearse import Rehearsed

_SHOWN: Final = 10
_IMPERFECT: Final = ("failed", "conflict", "unknown", "not started")


class Verdict(NamedTuple):
    """An exit status and the sentences behind it.

    0: every accepted record is there exactly once as it should be, and there are no rejects; 3: some were rejected,
    failed, are unknown, or the sandbox keeps values otherwise with or without faults, or nobody looked at it without
    faults; 1: records were lost, written twice, changed by faults, or are there though they were reported as not
    applied.
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
        *([_kept_otherwise(rehearsed)] if found.different else []),
    ]
    if exceptions:
        return Verdict(
            3, [f"{found.right:,} records are there exactly once and as they should be; {', '.join(exceptions)}"]
        )
    return Verdict(0, [f"all {found.right:,} accepted records are there exactly once and as they should be"])


def _faults_of_ours(rehearsed: Rehearsed) -> list[str]:
    found = rehearsed.bad.found
    changed = [no for no, fields in found.different.items() if _by_faults(rehearsed, no, fields)]
    told: dict[str, Sequence[object]] = {
        "lost": found.lost,
        "written twice": found.doubled,
        f"not as they were sent ({_fields(rehearsed)})": changed,
        "in the sandbox though no record accounts for them": found.strangers,
    }
    return [f"{len(records):,} {what}: {_listed(records)}" for what, records in told.items() if records]


def _by_faults(rehearsed: Rehearsed, record_no: int, fields: tuple[str, ...]) -> bool:
    if rehearsed.fair is None:
        # Values may be what a dialect makes of them; that a record is there at all is not.
        return OUTCOME in fields
    return rehearsed.fair.found.different.get(record_no) != fields


def _kept_otherwise(rehearsed: Rehearsed) -> str:
    told = f"{len(rehearsed.bad.found.different):,} are kept otherwise ({_fields(rehearsed)})"
    if rehearsed.fair is not None:
        return told
    return f"{told}, as a tenant of this dialect may do: only a run without faults, so without --quick, can tell"


def _fields(rehearsed: Rehearsed) -> str:
    return ", ".join(sorted({field for fields in rehearsed.bad.found.different.values() for field in fields}))


def _listed(records: Sequence[object]) -> str:
    return ", ".join(map(str, records[:_SHOWN])) + (" …" if len(records) > _SHOWN else "")
