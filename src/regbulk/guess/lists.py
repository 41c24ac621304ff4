"""Cells that hold several values, or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from regbulk.guess.facts import LIMIT, SEPARATORS, Facts
from regbulk.guess.options import shown_words
from regbulk.guess.reading import NEARLY_ALL, Reading, Setting, number_of
from regbulk.schema import Field

_NAMES: Final = {";": "semicolons", "|": "vertical bars", "\n": "line breaks", ",": "commas", "/": "slashes"}
_LONGEST: Final = 40


def nested_reading(facts: Facts) -> Reading:
    """How cells are read for a field that holds an object or an array of unknown shape: as JSON, or not at all."""
    ground = f"{facts.looks.json:,} of {number_of(facts.judged, 'value')} are JSON"
    return Reading(agrees=facts.looks.json >= max(1, NEARLY_ALL * facts.judged), grounds=(ground,))


def list_reading(facts: Facts, field: Field) -> Reading:
    """How cells are read for a field that holds an array.

    The values of a legacy system are no ids of the API: which is which only a person knows.
    """
    member = _member(field.schema.get("items", {}))
    if facts.looks.json or member is None:
        return nested_reading(facts)
    separator = separator_of(facts) or _any_separator(facts)
    words = facts.values_between(separator) if separator else facts.words
    split = {"separator": separator or ","} | ({"member": member} if member else {})
    held = facts.separated[separator] if separator else 0
    told = f"{held:,} of {number_of(facts.judged, 'value')} hold {_NAMES[separator or ',']}"
    different = f", {number_of(len(words), 'different word')} in all" if words else ""
    settings = [Setting("split", split)]
    if shown := shown_words(words):
        settings.append(Setting("values", shown))
    asks = ("its words are not the ids of the API: say what each means",)
    return Reading(settings=tuple(settings), grounds=(told + different,), asks=asks, withheld=True)


def separator_of(facts: Facts) -> str | None:
    """The sign between the values of one cell; None: there is none.

    Values that are chosen from a list are few, and the cells put them together in more ways than there are values.
    """
    found = [
        (sum(parts.values()) / len(parts), -rank, separator)
        for rank, separator in enumerate(SEPARATORS)
        if facts.separated[separator] and (parts := facts.values_between(separator)) and _is_chosen(facts, parts)
    ]
    return max(found)[2] if found else None


def _is_chosen(facts: Facts, parts: Mapping[str, int]) -> bool:
    ways = LIMIT if facts.texts is None else len(facts.texts)
    return len(parts) <= ways and max(map(len, parts)) <= _LONGEST


def _any_separator(facts: Facts) -> str | None:
    """The sign that most cells hold."""
    held = {separator: facts.separated[separator] for separator in SEPARATORS if facts.separated[separator]}
    return max(held, key=lambda separator: held[separator], default=None)


def _member(items: Mapping[str, Any]) -> str | None:
    """The member that names an element, empty for an array of texts; None: the shape of the elements is not known."""
    if items.get("type") == "string":
        return ""
    return next((name for name in items.get("properties", {}) if name.endswith("_id")), None)
