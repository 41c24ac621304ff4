"""Values as YAML on one line, in a form that any person and any reader of YAML take for the same."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

UNKNOWN: Final = "?"
"""Stands where a person must write something; YAML refuses it there, so that it cannot be forgotten."""
LONGEST_KEY: Final = 1000
"""YAML takes text for a key only up to 1024 characters, unless a question mark stands before it."""

_PLAIN: Final = re.compile(r"[^\W\d_](?:[\w ./()+-]*[\w./()+-])?")
_RESERVED: Final = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_NAMED: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_SHORT: Final = 4


def text(value: str, *, quoted: bool = False) -> str:
    """A text, in quotes unless it is safe without them; what cannot be seen is escaped."""
    if not quoted and _PLAIN.fullmatch(value) and value.casefold() not in _RESERVED:
        return value
    return "".join(['"', *map(_escaped, value), '"'])


def comment(told: str) -> str:
    """A sentence that stays on the line of its comment."""
    return "".join(character if character.isprintable() else _escaped(character) for character in told)


def flow(value: object) -> str:
    """A value on one line; None is left to a person."""
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return text(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{text(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(text(item, quoted=True) for item in value) + "]"
    return json.dumps(value)


def _escaped(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    if character.isprintable():
        return character
    figures = f"{ord(character):x}"
    return f"\\u{figures:0>4}" if len(figures) <= _SHORT else f"\\U{figures:0>8}"
