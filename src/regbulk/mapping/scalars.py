"""Plain scalars of YAML as values, by the core schema of YAML 1.2.

`NO`, `on`, `12:30` and `2027-03-01` are text, as they look; only `true`, `null`, `~` and decimal numbers are more.
"""

from __future__ import annotations

import math
import re
from typing import Final, TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_WORDS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE: Final = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def plain_value(text: str) -> Scalar:
    """What an unquoted scalar stands for; a number too large for a float64 stays text."""
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text) and math.isfinite(value := float(text)):
        return value
    return text


def written(text: str, value: Scalar) -> str:
    """The text that stands for a scalar in a record: `true` and `false` in small letters, all else as written."""
    return str(value).lower() if isinstance(value, bool) else text
