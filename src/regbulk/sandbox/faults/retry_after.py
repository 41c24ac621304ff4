"""The header Retry-After in all the forms that clients meet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from email.utils import formatdate
from math import ceil
from typing import Final

from regbulk.sandbox.faults.answer import Headers

_YEAR_SECONDS: Final = 365 * 24 * 60 * 60

FORMS: Final[Mapping[str, Callable[[float, float], str]]] = {
    "seconds": lambda wait, _: str(max(1, ceil(wait))),
    "date": lambda wait, ahead: formatdate(ceil(time.time() + ahead + wait), usegmt=True),
    "zero": lambda *_: "0",
    "negative": lambda *_: "-30",
    "huge": lambda *_: str(_YEAR_SECONDS),
    "missing": lambda *_: "",
}
"""The header's value for a wait and for how far the server's clock is ahead, in seconds; empty for no header."""


def retry_after(form: str, wait: float, *, ahead: float = 0.0) -> Headers:
    """The header that asks for a wait of so many seconds, in one of `FORMS`, by a clock that is so much `ahead`."""
    value = FORMS[form](wait, ahead)
    return ((b"retry-after", value.encode()),) if value else ()
