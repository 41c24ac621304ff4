from __future__ import annotations

import re
from pathlib import Path

import pytest

from regbulk.errors import SchemaError
from regbulk.schema import compile_rules, import_schema


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ({"minProperties": 3}, "own.schema.json#/minProperties: keyword 'minProperties'"),
        ({"oneOf": [{}]}, "own.schema.json#/oneOf: keyword 'oneOf'"),
        ({"additionalProperties": False}, "own.schema.json#/additionalProperties: keyword"),
        ({"type": "array"}, "own.schema.json#/type: keyword 'type': found 'array'"),
        ({"requierd": ["a"]}, "own.schema.json#/requierd: keyword 'requierd'"),
        (
            {"required": ["citty"]},
            "#/required/citty: keyword 'citty': a registration has no such field; did you mean 'city'?",
        ),
        ({"properties": {"citty": {}}}, "#/properties/citty"),
        ({"properties": {"city": False}}, "#/properties/city/false"),
        (
            {"properties": {"city": {"anyOf": [{"minLength": 1}]}}},
            "#/properties/city/anyOf: keyword 'anyOf': not supported",
        ),
        ({"properties": {"city": {"minimum": 1}}}, "#/properties/city/minimum: keyword 'minimum'"),
        ({"properties": {"city": {"type": "number"}}}, "#/properties/city/type: keyword 'type': found 'number'"),
        (
            {"properties": {"city": {"format": "postcode"}}},
            "#/properties/city/format: keyword 'format': found 'postcode'",
        ),
        ({"properties": {"order_total": {"format": "email"}}}, "#/properties/order_total/format"),
        ({"properties": {"city": {"pattern": "(?=a)"}}}, "#/properties/city/pattern: keyword 'pattern': (?=a) cannot"),
        (
            {"properties": {"badge": {"properties": {"a": {"minLenght": 1}}}}},
            "#/properties/badge/properties/a/minLenght",
        ),
        ({"properties": {"badge": {"properties": {"a": {"pattern": "("}}}}}, "the rules for badge cannot be used"),
        ({"properties": {"sessions": {"items": {"format": "nope"}}}}, "#/properties/sessions/items/format"),
        ({"allOf": [{"oneOf": [{}]}]}, "own.schema.json#/allOf/0/oneOf"),
        ({"if": {"properties": {"badge": {}}}}, "#/if/properties/badge: keyword 'badge': no condition can look inside"),
        ({"if": {"minProperties": 1}}, "#/if/minProperties"),
        ({"if": {}, "then": {"properties": {"city": {"minimum": 1}}}}, "#/then/properties/city/minimum"),
        ({"properties": {"city": {"minLength": "two"}}}, "own.schema.json#/properties/city/minLength"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, 'expected a JSON object with "$schema"'),
        ({"properties": {"city": {"$ref": "#/$defs/none"}}}, "'#/$defs/none' leads nowhere"),
        ({"properties": {"city": {"$ref": "other.json#/a"}}}, "leads to another file"),
        ({"$defs": {"a": {"$ref": "#/$defs/a"}}, "properties": {"city": {"$ref": "#/$defs/a"}}}, "leads in a circle"),
        ([1], "expected a JSON object"),
    ],
)
def test_what_cannot_be_checked_is_an_error_when_the_schema_is_read(rules, said: str, own) -> None:
    with pytest.raises(SchemaError, match=re.escape(said)):
        import_schema(own(rules))


def test_an_object_in_several_columns_cannot_be_asked_for_more_than_members(own) -> None:
    schema = import_schema(own({"properties": {"badge": {"minProperties": 2}}}))
    compile_rules(schema, ["badge"])
    with pytest.raises(SchemaError, match="give badge as JSON in one column"):
        compile_rules(schema, ["badge.first_name"])


def test_a_file_that_is_not_there_or_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"none\.json: the schema cannot be read"):
        import_schema(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(SchemaError, match=r"text\.json: found no JSON"):
        import_schema(tmp_path / "text.json")
