"""Schema files as values: read, checked against the JSON Schema dialect, every `$ref` replaced by what it points to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

import jsonschema_rs
import orjson

from regbulk.errors import SchemaError
from regbulk.schema.keywords import JsonSchema, is_annotation, rebuilt
from regbulk.schema.place import Place

REGISTRATION: Final = "registration.schema.json"
IMPORT: Final = "registration-import.schema.json"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Document:
    """One schema file, free of `$ref`."""

    name: str
    schema: Mapping[str, Any]

    @property
    def place(self) -> Place:
        """The root of the document."""
        return Place(self.name)


@cache
def packaged(name: str) -> Document:
    """A schema that comes with regbulk."""
    return _document(name, _packaged_json(name))


def read(path: Path) -> Document:
    """A schema file of the user's.

    Its `$ref` may point into the file itself or into regbulk's own schemas (`registration.schema.json#/…`).

    Raises:
        SchemaError: the file cannot be read, is no draft 2020-12 schema, or a `$ref` leads nowhere or in a circle.
    """
    try:
        schema = orjson.loads(path.read_bytes())
    except OSError as error:
        raise SchemaError(f"{path}: the schema cannot be read ({error.strerror}); check --schema") from None
    except ValueError as error:
        raise SchemaError(f"{path}: found no JSON ({error}), expected a JSON Schema (draft 2020-12)") from None
    return _document(path.name, schema)


@cache
def _packaged_json(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = orjson.loads(files("regbulk.schemas").joinpath(name).read_bytes())
    return schema


def _document(name: str, schema: object) -> Document:
    if not isinstance(schema, dict) or schema.get("$schema", _DIALECT).rstrip("#") != _DIALECT:
        raise SchemaError(f'{name}: expected a JSON object with "$schema": "{_DIALECT}"')
    try:
        jsonschema_rs.meta.validate({**schema, "$schema": _DIALECT})
    except jsonschema_rs.ValidationError as error:
        place = Place(name).at(*(str(part) for part in error.instance_path))
        raise SchemaError(f"{name}#{place.pointer}: {error.message}; the file is no JSON Schema") from None
    return Document(name, _Inliner(name, schema).inlined(schema))


@dataclass(frozen=True)
class _Inliner:
    name: str
    root: Mapping[str, Any]
    followed: tuple[str, ...] = ()

    def inline(self, schema: JsonSchema) -> JsonSchema:
        return schema if isinstance(schema, bool) else self.inlined(schema)

    def inlined(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        beside = rebuilt({key: part for key, part in schema.items() if key not in {"$ref", "$defs"}}, self.inline)
        if "$ref" not in schema:
            return beside
        return _joined(self._follow(schema["$ref"]), beside)

    def _follow(self, ref: str) -> JsonSchema:
        file, _, pointer = ref.partition("#")
        name = file or self.name
        target = f"{name}#{pointer}"
        if target in self.followed:
            raise SchemaError(f"{self.name}: $ref {ref!r} leads in a circle, which rules by column cannot follow")
        root = _packaged_json(name) if file in {REGISTRATION, IMPORT} else self.root
        if file not in {"", self.name, REGISTRATION, IMPORT}:
            raise SchemaError(f"{self.name}: $ref {ref!r} leads to another file; only {REGISTRATION} and {IMPORT} can")
        return _Inliner(name, root, (*self.followed, target)).inline(self._found(root, pointer, ref))

    def _found(self, root: Mapping[str, Any], pointer: str, ref: str) -> JsonSchema:
        node: Any = root
        for part in pointer.split("/")[1:]:
            key = unquote(part).replace("~1", "/").replace("~0", "~")
            try:
                node = node[int(key)] if isinstance(node, list) else node[key]
            except (LookupError, TypeError, ValueError):
                raise SchemaError(f"{self.name}: $ref {ref!r} leads nowhere") from None
        found: JsonSchema = node
        return found


def _joined(target: JsonSchema, beside: dict[str, Any]) -> dict[str, Any]:
    """A `$ref` and its neighbours both apply: one flat schema where they do not meet, else `allOf` of the two."""
    asked = {key for key in beside if not is_annotation(key)}
    if not isinstance(target, bool) and not asked & target.keys():
        return {**target, **beside}
    return {"allOf": [target, beside]}
