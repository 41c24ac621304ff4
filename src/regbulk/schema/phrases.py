"""What a broken rule is called and how it is told: one code and one wording per keyword, in cells and inside them.

A message reads `found …, expected …`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
import polars as pl

from regbulk.rejects import Code

_LONGEST_FOUND: Final = 60
_LONGEST_EXPECTED: Final = 300
_CUT: Final = "…"


def as_json(value: object) -> str:
    """A value as JSON text."""
    return orjson.dumps(value).decode()


def as_text(value: object) -> str:
    """Text as it is, any other value as JSON."""
    return value if isinstance(value, str) else as_json(value)


_LENGTHS: Final = ("minLength", "maxLength", "minItems", "maxItems", "contains", "minProperties", "maxProperties")
_RANGES: Final = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_CODES: Final[Mapping[str, Code]] = {
    "type": "type-error",
    "enum": "enum-error",
    "const": "enum-error",
    "pattern": "pattern-error",
    "format": "format-error",
    "required": "missing-value",
    **dict.fromkeys(_RANGES, "range-error"),
    **dict.fromkeys(_LENGTHS, "length-error"),
}
_TYPES: Final = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "a JSON object",
    "array": "a JSON array",
    "null": "null",
}
_EXPECTED: Final[Mapping[str, Callable[[Any], str]]] = {
    "type": lambda types: " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types)),
    "enum": lambda options: "one of: " + ", ".join(as_text(option) for option in options),
    "const": as_text,
    "pattern": lambda pattern: f"text that matches {pattern}",
    "format": lambda name: f"text of format {name}",
    "required": lambda _name: "a value",
    "minLength": lambda limit: f"at least {_counted(limit, 'character')}",
    "maxLength": lambda limit: f"at most {_counted(limit, 'character')}",
    "minItems": lambda limit: f"at least {_counted(limit, 'item')}",
    "maxItems": lambda limit: f"at most {_counted(limit, 'item')}",
    "minProperties": lambda limit: f"at least {_counted(limit, 'member')}",
    "maxProperties": lambda limit: f"at most {_counted(limit, 'member')}",
    "minimum": lambda limit: f"at least {limit}",
    "maximum": lambda limit: f"at most {limit}",
    "exclusiveMinimum": lambda limit: f"more than {limit}",
    "exclusiveMaximum": lambda limit: f"less than {limit}",
    "multipleOf": lambda step: f"a multiple of {step}",
    "uniqueItems": lambda _asked: "items that differ from each other",
    "additionalProperties": lambda names: f"no member {', '.join(names)}",
}


def code(keyword: str) -> Code:
    """The code of a rule that a keyword makes; what combines rules is a condition."""
    return _CODES.get(keyword, "condition-error")


def expected(keyword: str, limit: object) -> str:
    """What a keyword with this value asks for."""
    tell = _EXPECTED.get(keyword)
    return _shortened(tell(limit) if tell else f"what the schema asks with {keyword!r}", _LONGEST_EXPECTED)


def found(value: object) -> str:
    """A value inside a cell as a message shows it."""
    return f"found {_shortened(as_json(value), _LONGEST_FOUND)}"


def found_cell(text: str) -> str:
    """The text of one cell as a message shows it."""
    return f"found '{_shortened(text, _LONGEST_FOUND)}'"


def found_text(text: pl.Expr) -> pl.Expr:
    """The text of a cell as a message shows it, `found nothing` for null; line breaks and tabs as spaces."""
    plain = text.str.slice(0, _LONGEST_FOUND).str.replace_all(r"[\x00-\x1f]", " ")
    cut = pl.when(text.str.len_chars() > _LONGEST_FOUND).then(pl.lit(_CUT)).otherwise(pl.lit(""))
    shown = pl.concat_str(pl.lit("found '"), plain, cut, pl.lit("'"))
    return pl.when(text.is_null()).then(pl.lit("found nothing")).otherwise(shown)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + _CUT


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
