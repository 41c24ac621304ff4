"""What the documents of a schema say about one column, each part with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from regbulk.errors import SchemaError
from regbulk.schema.conditions import RecordRule, unconditional
from regbulk.schema.documents import Document
from regbulk.schema.fields import Schema
from regbulk.schema.place import Place
from regbulk.schema.view import View, known_field
from regbulk.schema.vocabulary import JsonSchema, is_annotation

_BY_MEMBER: Final = frozenset({"type", "properties", "required", "allOf"})
"""What can be asked of an object that stands in several columns."""


class Part(NamedTuple):
    """A schema and where it stands."""

    schema: JsonSchema
    place: Place


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


def member_rules(columns: Sequence[str], schema: Schema) -> list[RecordRule]:
    """The rules about objects that stand in several columns: which members must be there if any is.

    Raises:
        SchemaError: more is asked of such an object; it must be given as JSON in one column.
    """
    objects = dict.fromkeys(column.partition(".")[0] for column in columns if "." in column)
    return [
        _member_needed(f"{name}.{member}", name)
        for name in objects
        for whole in parts_about(name, schema)
        for asked, place in flat(whole)
        for member in _required(asked, place, name)
    ]


def _required(asked: Mapping[str, Any], place: Place, name: str) -> Sequence[str]:
    for keyword in asked:
        if keyword not in _BY_MEMBER and not is_annotation(keyword):
            raise SchemaError(
                f"{place.refuses(keyword, 'cannot be checked')} while {name} stands in several columns;"
                f" give {name} as JSON in one column"
            )
    needed: Sequence[str] = asked.get("required", ())
    return needed


def _member_needed(member: str, whole: str) -> RecordRule:
    def holds(view: View) -> pl.Expr:
        return ~view.present(whole) | view.present(member)

    return RecordRule(member, "missing-value", f"a value: {whole} must have it", holds)


def _named(whole: Part, name: str) -> Iterator[Part]:
    for asked, place in flat(whole):
        if name in asked.get("properties", {}):
            yield Part(asked["properties"][name], place.at("properties", name))
