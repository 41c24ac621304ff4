"""Names of columns as people write them: two that look the same are the same."""

from __future__ import annotations

import unicodedata


def folded(name: str) -> str:
    """A name without what nobody sees: composed or not, upper or lower case, spaces at its ends."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())
