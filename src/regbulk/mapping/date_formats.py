"""strptime formats as patterns, stricter than strptime: a text either has exactly this form or it is not read.

A day or a month may have one digit or two where something else than a digit stands beside it. Formats that do not name
day, month and year are refused, because what is missing would have to be made up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

EXCEL: Final = "excel"
EXCEL_1904: Final = "excel-1904"
ISO: Final = "iso"
NAMED: Final = (ISO, EXCEL, EXCEL_1904)
"""Formats that have a name instead of signs."""

_SPACE: Final = r"[ \x{a0}\x{2009}\x{202f}]+"
_WORD: Final = r"\p{L}+\.?"
_PATTERNS: Final[Mapping[str, str]] = {
    "d": "[0-9]{1,2}",
    "m": "[0-9]{1,2}",
    "b": _WORD,
    "Y": "[0-9]{4}",
    "y": "[0-9]{2}",
    "H": "[0-9]{1,2}",
    "I": "[0-9]{1,2}",
    "p": r"[AaPp]\.?[Mm]\.?",
    "M": "[0-5][0-9]",
    "S": "[0-5][0-9]",
    "f": "[0-9]{1,6}",
    "z": "[Zz]|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]",
    "a": _WORD,
}
_SAME: Final = {"B": "b", "A": "a"}
_TWO_DIGITS: Final = frozenset("dmHI")
_NUMERIC: Final = frozenset("dmYyHIMSf")
_KNOWN: Final = " ".join(
    f"%{sign}" for sign in ("d", "m", "b", "B", "Y", "y", "H", "I", "p", "M", "S", "f", "z", "a", "A")
)
_PARTS: Final = {"day (%d)": {"d"}, "month (%m, %b, %B)": {"m", "b"}, "year (%Y, %y)": {"Y", "y"}}
_NEEDS: Final[Mapping[str, str]] = {"I": "p", "p": "I", "S": "M", "f": "S"}


@dataclass(frozen=True)
class DateFormat:
    """A format that can be read.

    Attributes:
        written: as the mapping writes it.
        pattern: the whole text; one group for each sign, named by it (`b` for `%B`, `a` for `%A` too).
        signs: the names of the groups.
    """

    written: str
    pattern: str
    signs: frozenset[str]

    @property
    def has_time(self) -> bool:
        """Whether it says more than the day."""
        return bool(self.signs & {"H", "I"})

    @property
    def has_zone(self) -> bool:
        """Whether it says how far its clock is from UTC."""
        return "z" in self.signs


def date_format(written: str) -> DateFormat:
    """Read a strptime format.

    Raises:
        ValueError: it has a sign that is not known, or twice, or not all that a date needs; says which.
    """
    pieces = list(_pieces(written))
    signs = [sign for sign, _ in pieces if sign]
    if why := _refusal(signs):
        raise ValueError(why)
    pattern = "".join(_pattern(pieces, index) for index in range(len(pieces)))
    return DateFormat(written, f"^{pattern}$", frozenset(signs))


def _pieces(written: str) -> Iterator[tuple[str, str]]:
    """Signs with an empty text, and texts between them with an empty sign."""
    for percent, text in re.findall(r"%(.?)|([^%]+)", written, re.DOTALL):
        if text:
            yield "", text
        elif percent == "%":
            yield "", "%"
        else:
            yield _SAME.get(percent, percent) or "(end)", ""


def _refusal(signs: list[str]) -> str | None:
    if unknown := [sign for sign in signs if sign not in _PATTERNS]:
        shown = ", ".join(f"%{sign}" for sign in unknown)
        return f"found {shown}, expected signs among {_KNOWN} (or {', '.join(NAMED)})"
    if twice := sorted({f"%{sign}" for sign in signs if signs.count(sign) > 1}):
        return f"found {', '.join(twice)} more than once, expected each sign once"
    found = set(signs)
    for part, options in _PARTS.items():
        if len(found & options) != 1:
            return f"found {'two' if found & options else 'none'} of {part}, expected exactly one"
    return _incomplete_time(found)


def _incomplete_time(found: set[str]) -> str | None:
    if {"H", "I"} <= found:
        return "found %H and %I, expected one hour"
    for sign, needed in _NEEDS.items():
        if sign in found and needed not in found:
            return f"found %{sign} without %{needed}, expected both"
    if "M" in found and not found & {"H", "I"}:
        return "found %M without an hour, expected %H, or %I with %p"
    if "z" in found and not found & {"H", "I"}:
        return "found %z without a time, expected %H"
    return None


def _pattern(pieces: list[tuple[str, str]], index: int) -> str:
    sign, text = pieces[index]
    if not sign:
        return "".join(_SPACE if part.isspace() else re.escape(part) for part in re.findall(r"\s+|\S+", text))
    beside = {pieces[place][0] for place in (index - 1, index + 1) if 0 <= place < len(pieces)}
    pattern = "[0-9]{2}" if sign in _TWO_DIGITS and beside & _NUMERIC else _PATTERNS[sign]
    more = "0*" if sign == "f" else ""
    return f"(?P<{sign}>{pattern}){more}"
