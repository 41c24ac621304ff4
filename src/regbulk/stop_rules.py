"""Stop rules: what stops a load before its first write, so that nobody has to take back what should not have gone."""

from __future__ import annotations

from regbulk.errors import StopRule
from regbulk.summary import Summary


def refuse_many_rejects(summary: Summary, limit: str | None) -> None:
    """Stop a load with more rejects than allowed.

    Args:
        summary: where the load stands.
        limit: a number of records, or with `%` a share of those that were read; None allows any.

    Raises:
        StopRule: there are more; nothing was sent, and the load can go on with a higher limit.
    """
    if limit is None or not summary.read:
        return
    allowed = float(limit.removesuffix("%"))
    share = 100 * summary.rejects / summary.read
    if (share if limit.endswith("%") else summary.rejects) <= allowed:
        return
    raise StopRule(
        f"found {summary.rejects:,} rejects in {summary.read:,} records ({share:.2f}%), expected at most {limit} "
        f"(--max-rejects); nothing was sent. Their reasons: {summary.load_path}/rejects.csv. Correct the source and "
        f"import it, or load the others: regbulk push {summary.load_id} --max-rejects 100%"
    )
