"""Names of months, English, German, French and Spanish; no name means one month here and another there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_NAMES: Final = (
    "january jan januar jänner janvier janv enero ene",
    "february feb februar feber février févr fév febrero",
    "march mar märz mär mrz mars marzo",
    "april apr avril avr abril abr",
    "may mai mayo",
    "june jun juni juin junio",
    "july jul juli juillet juil julio",
    "august aug août agosto ago",
    "september sep sept septembre septiembre set",
    "october oct oktober okt octobre octubre",
    "november nov novembre noviembre",
    "december dec dezember dez décembre déc diciembre dic",
)
MONTHS: Final[Mapping[str, int]] = {name: number for number, names in enumerate(_NAMES, 1) for name in names.split()}
"""The number of a month, from 1, by its name in small letters without a dot."""
