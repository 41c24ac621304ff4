"""Whether what a mapping says about the look of values makes sense: zones, dates, numbers, words, dialects."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from zoneinfo import available_timezones

from regbulk.mapping.date_formats import NAMED, date_format
from regbulk.mapping.document import Document, Way
from regbulk.mapping.mapping import NumberFormat
from regbulk.mapping.problems import Problem, hint
from regbulk.schema import nearest

_OF_NUMBERS: Final = re.compile(r"[0-9+\u2212-]")
_UNKNOWN_TO_POLARS: Final = frozenset({"Factory", "localtime"})


def format_problems(document: Document, way: Way) -> Iterator[Problem]:
    """What is wrong with the formats that `defaults` or a column names."""
    for key, check in _CHECKS.items():
        if key in document.keys(*way):
            yield from (Problem(document.place(*way, key), told) for told in check(document.at(*way, key)))
    said = document.at(*way)
    if isinstance(said, dict):
        twice = sorted({*said.get("empty", ())} & {*said.get("clear", ())})
        if twice:
            told = f"found {', '.join(map(repr, twice))} under empty too, expected one meaning; keep one"
            yield document.problem(told, *way, "clear")


def source_problems(document: Document) -> Iterator[Problem]:
    """What is wrong with what a mapping says about how its source is written."""
    said = document.at("source") or {}
    if "encoding" in said and not _is_codec(said["encoding"]):
        told = f"{said['encoding']!r}: found no such encoding, expected one like utf-8, cp1252 or utf-16-le"
        yield document.problem(told, "source", "encoding")
    signs = {key: said[key] for key in ("delimiter", "quote", "escape") if said.get(key)}
    for key, sign in signs.items():
        if not sign.isascii() or sign.isalnum() or sign in "\r\n\0":
            told = f"found {sign!r}, expected one ASCII character that is no letter, digit or end of a line"
            yield document.problem(told, "source", key)
        others = [other for other in signs if other != key and signs[other] == sign]
        if others and key != "quote":
            yield document.problem(f"found {sign!r}, which is {others[0]} too, expected another", "source", key)


def _is_codec(name: str) -> bool:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        return False
    return True


def _zone(name: str) -> Iterator[str]:
    known = available_timezones() - _UNKNOWN_TO_POLARS
    if name not in known:
        yield f"found {name!r}, expected the IANA name of a time zone, like Europe/Berlin{hint(nearest(name, known))}"


def _dates(forms: list[str]) -> Iterator[str]:
    for form in forms:
        if form not in NAMED and "%" not in form:
            yield f"found {form!r}, expected signs with %, like %d.%m.%Y{hint(nearest(form, NAMED))}"
        elif form not in NAMED:
            try:
                date_format(form)
            except ValueError as error:
                yield f"{form!r}: {error}"


def _number(marks: Mapping[str, str]) -> Iterator[str]:
    form = NumberFormat(**marks)
    if form.decimal == form.thousands:
        yield f"found {form.decimal!r} for both decimal and thousands, expected two different marks"


def _strip(signs: list[str]) -> Iterator[str]:
    if wrong := [sign for sign in signs if _OF_NUMBERS.search(sign)]:
        yield f"found {', '.join(map(repr, wrong))}, which numbers are made of, expected signs around them, like € or %"


_CHECKS: Final[Mapping[str, Callable[[Any], Iterator[str]]]] = {
    "time_zone": _zone,
    "dates": _dates,
    "number": _number,
    "strip": _strip,
}
