"""Number formats of Excel: which kind of value a number is, and what is shown of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Final, Literal, NamedTuple

from openpyxl.styles.numbers import STRIP_RE, is_date_format, is_timedelta_format

_SECTION: Final = re.compile(r'((?:"[^"]*"|\\.|\[[^\]]*\]|[^;])*);?')
_TOKEN: Final = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<skipped>[_*].)|\[(?P<bracket>[^\]]*)\]'
    r"|(?P<digits>[0#]+)|(?P<sign>[-+/:() ])|(?P<other>.)",
    re.DOTALL,
)
_CONDITION: Final = re.compile(r"(<=|>=|<>|<|>|=)(\d+(?:\.\d+)?)")
_COLOR: Final = re.compile(r"black|blue|cyan|green|magenta|red|white|yellow|color ?\d+|\$-[0-9a-f]+", re.IGNORECASE)
_AMOUNT: Final = re.compile(r"[$€£¥%/]|\b[A-Z]{3}\b")
_THOUSANDS: Final = {" ", "'", ".", "\xa0", "\u202f"}
_ESCAPES: Final = re.compile(r"\\.|[_*].")
_FRACTION: Final = re.compile(r"s\]?[.,]0", re.IGNORECASE)
_SPAN: Final = re.compile(
    r'\[(?P<whole>h+|m+|s+)\]|(?P<part>h+|m+|s+)|"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[[^\]]*\]'
    r"|(?P<fraction>[.,]0+)|(?P<sign>.)",
    re.IGNORECASE | re.DOTALL,
)
_SECONDS: Final = {"h": 3600, "m": 60, "s": 1}
_EXACT: Final = "[h]:mm:ss"

Kind = Literal["number", "mask", "moment", "span"]


class Format(NamedTuple):
    """A number format, understood.

    Attributes:
        kind: `moment` is a date, a time or both; `span` a duration; `mask` a whole number with a fixed form, such as
            `000000` or `000-00`; `number` everything else, such as amounts, percentages and `General`.
        code: as it stands in the workbook.
        clock: whether a moment is shown without its day.
        fraction: whether fractions of a second are shown.
    """

    kind: Kind
    code: str
    clock: bool = False
    fraction: bool = False


class _Section(NamedTuple):
    """One of the parts between semicolons: literal texts and runs of `0` and `#`, told apart by their place."""

    parts: tuple[tuple[str, bool], ...]
    condition: tuple[str, float] | None


@cache
def understood(code: str) -> Format:
    """What a format says of a number."""
    if is_timedelta_format(code):
        return Format("span", code, fraction=_FRACTION.search(code) is not None)
    if is_date_format(code):
        bare = _ESCAPES.sub("", STRIP_RE.sub("", code)).lower()
        clock = ("h" in bare or "s" in bare) and "d" not in bare and "y" not in bare
        return Format("moment", code, clock, fraction=_FRACTION.search(bare) is not None)
    return Format("mask" if any(_mask_sections(code)) else "number", code)


def masked(code: str, number: int) -> str | None:
    """A whole number, 0 or more, in its fixed form; None where the format gives it none."""
    sections = _mask_sections(code)
    conditions = [section.condition if section else None for section in sections]
    if any(conditions):
        fitting = (place for place, condition in enumerate(conditions) if condition and _holds(condition, number))
        section = sections[next(fitting, conditions.index(None) if None in conditions else 0)]
    else:
        section = sections[2 if number == 0 and len(sections) > 2 else 0]  # noqa: PLR2004 - positive; negative; zero
    return _filled(section, number) if section else None


def span_text(days: float, code: str) -> str:
    """A duration as its format shows it; as `[h]:mm:ss` where the format hides a part of it."""
    fraction = _FRACTION.search(code)
    thousandths = round(abs(days) * 86_400_000) if fraction else round(abs(days) * 86_400) * 1000
    shown, hidden = _spelled(thousandths, code)
    if hidden:
        shown, _ = _spelled(thousandths, _EXACT)
    return f"-{shown}" if days < 0 else shown


def _sections(code: str) -> list[str]:
    return [found[1] for found in _SECTION.finditer(code) if found[0]]


@cache
def _mask_sections(code: str) -> Sequence[_Section | None]:
    return [_mask_section(text) for text in _sections(code)[:3]] or [None]


def _mask_section(text: str) -> _Section | None:
    """The section when it gives whole numbers a fixed form; None when it is one for amounts."""
    parts: list[tuple[str, bool]] = []
    condition = None
    for token in _TOKEN.finditer(text):
        kind, found = token.lastgroup, token[token.lastgroup or 0]
        if kind == "bracket" and (match := _CONDITION.fullmatch(found)):
            condition = (match[1], float(match[2]))
        elif kind == "other" or (kind == "bracket" and not _COLOR.fullmatch(found)):
            return None
        elif kind not in {"bracket", "skipped"}:
            parts.append((found, kind == "digits"))
    return _Section(tuple(parts), condition) if _is_fixed(parts) else None


def _is_fixed(parts: Sequence[tuple[str, bool]]) -> bool:
    """Whether zeros or signs between the digits are kept, and nothing makes the number an amount or a fraction."""
    places = [place for place, (_, is_digits) in enumerate(parts) if is_digits]
    if not places or any(_AMOUNT.search(literal) for literal, is_digits in parts if not is_digits):
        return False
    groups = [parts[place][0] for place in places]
    between = [literal for literal, is_digits in parts[places[0] : places[-1]] if not is_digits]
    thousands = "#" in groups[0] and {*map(len, groups[1:])} == {3} and {*between} <= _THOUSANDS
    return not thousands and ("".join(groups).count("0") > 1 or bool(between))


def _holds(condition: tuple[str, float], number: int) -> bool:
    sign, limit = condition
    return {
        "<": number < limit,
        "<=": number <= limit,
        ">": number > limit,
        ">=": number >= limit,
        "=": number == limit,
        "<>": number != limit,
    }[sign]


def _filled(section: _Section, number: int) -> str:
    """Digits go into the places from the right; what is left over stands at the first place."""
    left = str(number) if number else ""
    filled: list[str] = []
    first = next(place for place, (_, is_digits) in enumerate(section.parts) if is_digits)
    for place in range(len(section.parts) - 1, -1, -1):
        text, is_digits = section.parts[place]
        if is_digits:
            taken = left if place == first else left[-len(text) :]
            left = left[: len(left) - len(taken)]
            missing = text[: max(0, len(text) - len(taken))]
            text = missing.replace("#", "") + taken
        filled.append(text)
    return "".join(reversed(filled))


def _spelled(thousandths: int, code: str) -> tuple[str, bool]:
    """The text, and whether something of the duration is not in it."""
    seconds, fraction = divmod(thousandths, 1000)
    shown = ""
    smallest = 3600
    for token in _SPAN.finditer(_sections(code)[0]):
        if unit := token["whole"] or token["part"]:
            size = _SECONDS[unit[0].lower()]
            smallest = min(smallest, size)
            above = {1: 60, 60: 3600, 3600: 86_400}[size]
            count = seconds // size if token["whole"] else seconds % above // size
            shown += str(count).zfill(len(unit))
        elif token["fraction"]:
            shown += f".{fraction:03}"[: len(token["fraction"])].ljust(len(token["fraction"]), "0")
        else:
            shown += token["quoted"] or token["escaped"] or token["sign"] or ""
    return shown, seconds % smallest != 0
