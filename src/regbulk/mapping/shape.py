"""Whether a mapping file has the shape that `mapping.schema.json` describes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

import jsonschema_rs

from regbulk.mapping.document import Document
from regbulk.mapping.malformed import NO_DASH
from regbulk.mapping.problems import Problem, hint
from regbulk.schema import nearest
from regbulk.schema.documents import packaged
from regbulk.schema.phrases import as_json, expected, found

_SCHEMA: Final = "mapping.schema.json"
_TYPES: Final = {
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "keys with values",
}


def shape_problems(document: Document) -> list[Problem]:
    """Every place where a file is not as the schema of mapping files says."""
    errors = _validator().iter_errors(document.value)
    return [problem for error in errors for problem in _problems(document, error)]


@cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(dict(packaged(_SCHEMA).schema))


def _problems(document: Document, error: jsonschema_rs.ValidationError) -> Iterator[Problem]:
    way, keyword, limit = tuple(error.instance_path), error.kind.name, _limit(error)
    if keyword == "additionalProperties":
        allowed = _around(error.schema_path).get("properties", {})
        for name in limit:
            advice = hint(nearest(name, allowed), f"expected one of: {', '.join(allowed)}")
            yield document.problem(f"found no such key{advice}", *way, name)
    elif keyword == "required":
        yield document.problem(f"found nothing, expected the key {limit!r}", *way)
    elif keyword == "anyOf":
        yield document.problem("found neither record nor rejects, expected what must come of the row", *way)
    else:
        yield document.problem(_told(document, error), *way)


def _told(document: Document, error: jsonschema_rs.ValidationError) -> str:
    value, keyword, limit = error.instance, error.kind.name, _limit(error)
    way = tuple(error.instance_path)
    if keyword == "type":
        if told := _kept_open(document, error) or _listed(error):
            return told
        shown = document.texts.get(way) or "nothing" if value is None else as_json(value)
        quote = "string" in limit and not isinstance(value, dict | list)
        return f"found {shown}, expected {_either(limit)}" + ("; put it in quotes" if quote else "")
    if keyword == "enum":
        near = nearest(str(value), limit) if isinstance(value, str) else None
        return f"{found(value)}, expected one of: {', '.join(map(as_json, limit))}" + hint(near)
    return f"{found(value)}, expected {expected(keyword, limit)}"


def _kept_open(document: Document, error: jsonschema_rs.ValidationError) -> str | None:
    """What to put where a key has nothing, which most often is the rest of a draft."""
    way = tuple(error.instance_path)
    if error.instance is not None or document.texts.get(way):
        return None
    if way[:-1] == ("columns",):
        return "found nothing, expected a field, or: ignore"
    if len(way) == 1:
        return (
            f"found nothing, expected {_either(_limit(error))}; take the # off the lines below it too, or put it back"
        )
    return None


def _listed(error: jsonschema_rs.ValidationError) -> str | None:
    is_columns = list(error.instance_path) == ["columns"]
    return f"found a list; {NO_DASH}" if is_columns and isinstance(error.instance, list) else None


def _limit(error: jsonschema_rs.ValidationError) -> Any:  # noqa: ANN401 - what a keyword of JSON Schema asks for
    return getattr(error.kind, "value", None)


def _either(types: Sequence[str]) -> str:
    return " or ".join(words for name, words in _TYPES.items() if name in types)


def _around(schema_path: Sequence[str | int]) -> Any:  # noqa: ANN401 - a schema inside a schema
    """The schema that has the keyword at the end of a path."""
    node: Any = packaged(_SCHEMA).schema
    for step in schema_path[:-1]:
        node = node[step]
    return node
