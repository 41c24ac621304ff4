"""How long an API asks to wait: the Retry-After header (RFC 9110, 10.2.3), the only one of its kind that is believed.

Counts of remaining requests (`X-RateLimit-…`) are ignored: no document of the API names them, and one that lies would
stop a load that could go on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds that Retry-After asks for, None when absent, unreadable, zero or past.

    Args:
        headers: of the answer, by lower-case name.
        now: epoch seconds here, used where the answer has no Date: the server's own clock counts for its dates.
    """
    text = headers.get("retry-after", "").strip()
    if text.replace(".", "", 1).isdecimal():
        return float(text) or None
    then = _epoch(text)
    seconds = 0.0 if then is None else then - (_epoch(headers.get("date", "")) or now)
    return seconds if seconds > 0 else None


def _epoch(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    # RFC 5322 gives no zone for "-0000"; an HTTP date is always UTC.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
