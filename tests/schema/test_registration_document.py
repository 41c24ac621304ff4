"""The registration schema says what the API document says (an excerpt of it: first request body and its sample)."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

DOCUMENT = (Path(__file__).parent / "registrations-document.txt").read_text()
TYPE_LINE = re.compile(
    r"(?P<array>Array of )?(?P<type>string|number|boolean|object)s?"
    r"(?: <(?P<format>[\w-]+)>)?(?: \((?P<title>[^)]+)\))?(?: /(?P<pattern>.+)/)?"
)
STAMPS = {"pk", "at", "id", "record_no", "source_file"}


def documented() -> list[dict[str, Any]]:
    """Every field in the sample's order; the document names no field whose type line stands alone, the sample does."""
    body, sample = DOCUMENT.split("Request samples")
    names = re.findall(r'^  • "(\w+)"', sample, re.MULTILINE)
    lines = [line.strip() for line in body.split("be saved.")[1].split("Responses")[0].splitlines() if line.strip()]
    fields: dict[str, dict[str, Any]] = {}
    unnamed: list[dict[str, Any]] = []
    name, required = None, False
    field: dict[str, Any] = {}
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        kind = TYPE_LINE.fullmatch(line)
        is_name = line in names and (after == "required" or TYPE_LINE.fullmatch(after)) and name is None
        if is_name and not (kind and kind["title"]):
            name = line
        elif line == "required":
            required = True
        elif kind:
            field = {"required": required, **{key: found for key, found in kind.groupdict().items() if found}}
            if name:
                fields[name] = field
            else:
                unnamed.append(field)
            name, required = None, False
        elif line.startswith("Enum:"):
            field["enum"] = re.findall(r'"([^"]+)"', line)
        else:
            field["description"] = line
    rest = iter(unnamed)
    return [{"name": name, **(fields[name] if name in fields else next(rest))} for name in names]


@pytest.fixture(scope="module")
def properties() -> dict[str, Any]:
    text = files("regbulk.schemas").joinpath("registration.schema.json").read_text()
    return json.loads(text)["properties"]


def test_the_document_has_78_fields_and_the_schema_the_same_in_its_order(properties) -> None:
    assert len(documented()) == 78
    assert list(properties) == [field["name"] for field in documented()]


@pytest.mark.parametrize("field", documented(), ids=lambda field: field["name"])
def test_a_field_says_what_the_document_says(field: dict[str, Any], properties) -> None:
    schema = properties[field["name"]]
    assert schema["type"] == ("array" if "array" in field else field["type"])
    if "array" in field:
        assert "$ref" in schema["items"] or schema["items"]["type"] == field["type"]
    assert schema.get("format") == field.get("format")
    assert schema.get("enum") == field.get("enum")
    assert schema["title"] == field.get("title", schema["title"])
    assert schema["description"] == field.get("description", schema["description"])
    # In the document's notation (JavaScript) \w is ASCII.
    assert schema.get("pattern", "") == field.get("pattern", "").replace(r"\w", "A-Za-z0-9_")


def test_every_field_has_a_title_a_description_and_a_writer(properties) -> None:
    for schema in properties.values():
        assert schema["title"]
        assert schema["description"]
        assert schema["x-written-by"] in {"source", "derived", "regbulk", "server"}
        assert schema.get("readOnly", False) == (schema["x-written-by"] == "server")


def test_of_the_sys_fields_a_source_writes_the_external_id_and_regbulk_its_stamps(properties) -> None:
    stamps = {f"sys_bulk_load_{name}" for name in STAMPS}
    marks = {"sys_last_bulk_data_operation_id", "sys_last_bulk_data_operation_sys_version"}
    written = {name: schema["x-written-by"] for name, schema in properties.items() if name.startswith("sys_")}
    assert written.pop("sys_external_id") == "source"
    assert {name for name, writer in written.items() if writer == "regbulk"} == stamps | marks
    assert {writer for name, writer in written.items() if name not in stamps | marks} == {"server"}


def test_the_schemas_are_valid_draft_2020_12() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    for name in ("registration.schema.json", "registration-import.schema.json"):
        jsonschema.Draft202012Validator.check_schema(json.loads(files("regbulk.schemas").joinpath(name).read_text()))
