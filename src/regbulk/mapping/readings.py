"""How columns are read: what a mapping says of each, and its `defaults` for what it does not say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from regbulk.mapping.document import Document, Way
from regbulk.mapping.mapping import Lookup, NumberFormat, Reading, Split


def default_reading(document: Document) -> Reading:
    """How a column is read of which the mapping says nothing but where it goes."""
    return _said(document, ("defaults",), Reading())


def column_reading(document: Document, name: str, defaults: Reading) -> Reading:
    """How a column is read: its own word wins over the defaults, and so does a word that its `values` name."""
    own = document.keys("columns", name)
    reading = _said(document, ("columns", name), defaults)
    meant = reading.values or {}
    empty, clear = (tuple(word for word in words if word not in meant) for words in (reading.empty, reading.clear))
    return replace(
        reading,
        empty=reading.empty if "empty" in own else empty,
        clear=reading.clear if "clear" in own else clear,
    )


def _said(document: Document, way: Way, base: Reading) -> Reading:
    said = {key: make(document, (*way, key)) for key, make in _MAKERS.items() if key in document.keys(*way)}
    return replace(base, **said)


def _plain(document: Document, way: Way) -> Any:  # noqa: ANN401 - any value of a YAML file
    return document.at(*way)


def _words(document: Document, way: Way) -> tuple[str, ...]:
    return tuple(document.at(*way))


def _values(document: Document, way: Way) -> dict[str, str | None]:
    meant = document.at(*way)
    return {key: None if value is None else document.texts[(*way, key)] for key, value in meant.items()}


def _split(document: Document, way: Way) -> Split:
    return Split(document.at(*way, "separator"), document.at(*way, "member"))


_MAKERS: Final[Mapping[str, Callable[[Document, Way], Any]]] = {
    **dict.fromkeys(("trim", "pad", "time_zone", "years_from"), _plain),
    **dict.fromkeys(("empty", "clear", "strip", "dates"), _words),
    "number": lambda document, way: NumberFormat(**document.at(*way)),
    "lookup": lambda document, way: Lookup(**document.at(*way)),
    "split": _split,
    "values": _values,
}
