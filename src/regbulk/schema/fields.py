"""The fields of a registration, as a schema gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Literal

from regbulk.schema.documents import Document

WrittenBy = Literal["source", "derived", "regbulk", "server"]


class Kind(StrEnum):
    """What a value is; `datetime` is a JSON string of format date-time (RFC 3339)."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    OBJECT = "object"
    ARRAY = "array"


NESTED: Final = frozenset({Kind.OBJECT, Kind.ARRAY})


@dataclass(frozen=True)
class Field:
    """One field of a registration.

    Attributes:
        name: the API's name; of a member of an object field its path, like `badge.first_name`.
        kind: what its values are.
        title: its name for people.
        written_by: who gives it its value: `source` a source file, `derived` the API from another record (a source
            may), `regbulk` bulk operations, `server` the API alone. A member has what its object has.
        schema: what the registration schema says of it, free of `$ref`.
    """

    name: str
    kind: Kind
    title: str
    written_by: WrittenBy
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class Schema:
    """The fields of a registration in the API document's order, and the documents whose rules apply to their values."""

    fields: Mapping[str, Field]
    documents: tuple[Document, ...]

    @cached_property
    def members(self) -> Mapping[str, Field]:
        """The members of object fields of documented shape by their paths."""
        found = (member for field in self.fields.values() for member in _members(field))
        return MappingProxyType({member.name: member for member in found})

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Every column a source may have: each field, behind an object field the paths of its members."""
        members: dict[str, list[str]] = {}
        for path in self.members:
            members.setdefault(path.partition(".")[0], []).append(path)
        return tuple(column for name in self.fields for column in (name, *members.get(name, ())))

    @cached_property
    def writable(self) -> tuple[str, ...]:
        """The fields a source may write, without the members of objects."""
        return tuple(name for name, field in self.fields.items() if field.written_by in {"source", "derived"})

    def field(self, path: str) -> Field:
        """The field of a column; KeyError for a name that is not one of `columns`."""
        return self.members[path] if "." in path else self.fields[path]

    def nearest(self, name: str) -> str | None:
        """The column whose name is most like this one; null when none is near."""
        return nearest(name, self.columns)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like this one, upper and lower case alike; null when none is near."""
    folded = {each.casefold(): each for each in known}
    near = get_close_matches(name.strip().casefold(), folded, n=1)
    return folded[near[0]] if near else None


def fields_of(document: Document) -> Mapping[str, Field]:
    """The fields of a registration schema in its order."""
    properties: Mapping[str, Any] = document.schema["properties"]
    return MappingProxyType(
        {
            name: Field(name, _kind(schema), schema["title"], schema["x-written-by"], schema)
            for name, schema in properties.items()
        }
    )


def _members(field: Field) -> list[Field]:
    if field.kind is not Kind.OBJECT:
        return []
    return [
        Field(f"{field.name}.{name}", _kind(schema), name.replace("_", " ").title(), field.written_by, schema)
        for name, schema in field.schema.get("properties", {}).items()
    ]


def _kind(schema: Mapping[str, Any]) -> Kind:
    return Kind.DATETIME if schema.get("format") == "date-time" else Kind(schema["type"])
