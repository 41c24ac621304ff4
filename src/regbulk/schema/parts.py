"""What the documents of a schema say about one column, each part with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from regbulk.schema.documents import Document
from regbulk.schema.fields import Schema
from regbulk.schema.keywords import JsonSchema
from regbulk.schema.place import Place
from regbulk.schema.view import known_field


class Part(NamedTuple):
    """A schema and where it stands."""

    schema: JsonSchema
    place: Place


def unconditional(schema: JsonSchema, place: Place) -> Iterator[tuple[Mapping[str, Any], Place]]:
    """A schema and everything it puts under `allOf`; `true` and `false` as the schemas they stand for."""
    if isinstance(schema, bool):
        schema = {} if schema else {"not": {}}
    yield schema, place
    for index, part in enumerate(schema.get("allOf", ())):
        yield from unconditional(part, place.at("allOf", str(index)))


def properties_known(document: Document, schema: Schema) -> None:
    """SchemaError if a document has rules for a field that a registration does not have."""
    for part, place in unconditional(document.schema, document.place):
        for name in part.get("properties", {}):
            known_field(name, schema, place.at("properties"))


def parts_about(column: str, schema: Schema) -> list[Part]:
    """The schemas that apply to the values of a column: a field, or a member of an object field."""
    name, _, member = column.partition(".")
    found = [part for document in schema.documents for part in _named(Part(document.schema, document.place), name)]
    return [part for whole in found for part in _named(whole, member)] if member else found


def flat(part: Part) -> list[tuple[Mapping[str, Any], Place]]:
    """A part and everything it puts under `allOf`, each with its place."""
    return list(unconditional(part.schema, part.place))


def _named(whole: Part, name: str) -> Iterator[Part]:
    for asked, place in flat(whole):
        if name in asked.get("properties", {}):
            yield Part(asked["properties"][name], place.at("properties", name))
