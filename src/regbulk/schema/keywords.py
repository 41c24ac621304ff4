"""The words of JSON Schema (draft 2020-12) that regbulk knows, and where schemas stand inside schemas.

A keyword that is not checked would let bad records through in silence, so an unknown one is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from regbulk.schema.place import Place

JsonSchema: TypeAlias = bool | Mapping[str, Any]
"""A schema; `true` asks for nothing, nothing satisfies `false`."""

_NAMED: Final = frozenset({"properties", "patternProperties", "dependentSchemas", "$defs"})
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_SINGLE: Final = frozenset(
    {"items", "contains", "additionalProperties", "propertyNames", "not", "if", "then", "else"}
    | {"unevaluatedItems", "unevaluatedProperties"}
)
_ANNOTATIONS: Final = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "default", "examples"}
    | {"deprecated", "readOnly", "writeOnly"}
)
_ASSERTIONS: Final = frozenset(
    {"type", "enum", "const", "pattern", "format", "minLength", "maxLength"}
    | {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
    | {"minItems", "maxItems", "uniqueItems", "minContains", "maxContains"}
    | {"minProperties", "maxProperties", "required", "dependentRequired"}
)
NUMBER_FORMATS: Final = frozenset({"float", "double"})
"""How the API document marks its numbers; every number is a float64 on the way, so neither narrows anything."""
TEXT_FORMATS: Final = frozenset(
    {"date-time", "date", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6"}
    | {"uri", "uri-reference", "uri-template", "iri", "iri-reference", "uuid", "regex"}
    | {"json-pointer", "relative-json-pointer"}
)


def is_annotation(keyword: str) -> bool:
    """Whether a keyword says something without asking for anything."""
    return keyword in _ANNOTATIONS or keyword.startswith("x-")


def subschemas(schema: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every schema that stands directly inside this one, with the way to it."""
    for keyword, value in schema.items():
        if keyword in _NAMED:
            yield from (((keyword, name), part) for name, part in value.items())
        elif keyword in _LISTED:
            yield from (((keyword, str(index)), part) for index, part in enumerate(value))
        elif keyword in _SINGLE:
            yield (keyword,), value


def rebuilt(schema: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """The same schema with every schema directly inside it changed."""
    built: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in _NAMED:
            built[keyword] = {name: change(part) for name, part in value.items()}
        elif keyword in _LISTED:
            built[keyword] = [change(part) for part in value]
        else:
            built[keyword] = change(value) if keyword in _SINGLE else value
    return built


def check_nested(schema: JsonSchema, place: Place) -> None:
    """Refuse keywords and formats that the check of nested values would pass over.

    Raises:
        SchemaError: names file, JSON pointer and keyword.
    """
    if isinstance(schema, bool):
        return
    for keyword in schema:
        if not is_annotation(keyword) and keyword not in _ASSERTIONS | _NAMED | _LISTED | _SINGLE:
            raise place.refuses(keyword, "no such keyword is supported inside objects and arrays")
    if "format" in schema and schema["format"] not in TEXT_FORMATS | NUMBER_FORMATS:
        raise place.refuses("format", f"found {schema['format']!r}, which is not a supported format")
    for way, part in subschemas(schema):
        check_nested(part, place.at(*way))
