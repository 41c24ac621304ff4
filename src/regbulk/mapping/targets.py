"""Where columns go: which kind of value each place takes, and whether a source may write it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from regbulk.mapping.mapping import Slot, Target, ToCustomField, ToField
from regbulk.mapping.problems import hint
from regbulk.schema import Kind, Schema, nearest

CUSTOM_FIELD_VALUES: Final = "custom_field_values"
REFERENCES: Final = ("parent_registration_id", "modified_registration_id")
"""The fields that hold the id of another registration (API document)."""

_KINDS: Final[Mapping[Slot, Kind]] = {
    "string_value": Kind.STRING,
    "numeric_value": Kind.NUMBER,
    "boolean_value": Kind.BOOLEAN,
    "file_url_value": Kind.STRING,
    "list_value": Kind.ARRAY,
    "table_value": Kind.ARRAY,
}
_ID: Final = re.compile(r"(?:.*_)?(?:id|number)")


def kind_of(target: Target | None, schema: Schema) -> Kind:
    """The kind of value a place takes; text where a column is only part of a join, and for the key of a reference.

    Raises:
        KeyError: the field is not one of `schema.columns`.
    """
    if isinstance(target, ToField):
        return schema.field(target.name).kind
    return _KINDS[target.slot] if isinstance(target, ToCustomField) else Kind.STRING


def takes_dates(target: Target | None, schema: Schema) -> bool:
    """Whether dates can be read for a place; custom fields have no member for dates, so they travel as text."""
    text = isinstance(target, ToCustomField) and target.slot == "string_value"
    return text or kind_of(target, schema) is Kind.DATETIME


def is_written_by_sources(name: str, schema: Schema) -> bool:
    """Whether a source may have values for a field: it writes them, or they are the id of a registration."""
    return name == "id" or schema.field(name).written_by in {"source", "derived"}


def why_not_written(name: str, schema: Schema) -> str | None:
    """What is wrong with a name as the field a column becomes; None if nothing is."""
    if name not in schema.columns:
        return f"found {name!r}, which is no field of a registration{hint(schema.nearest(name))}"
    if not is_written_by_sources(name, schema):
        who = {"regbulk": "regbulk itself", "server": "the API alone"}.get(schema.field(name).written_by)
        return f"found {name!r}, which {who} writes; expected a field that a source can write"
    return None


def why_no_reference(name: str) -> str | None:
    """What is wrong with a name as a field that refers to another record; None if nothing is."""
    if name in REFERENCES:
        return None
    told = f"found {name!r}, expected a field that holds the id of another registration: {', '.join(REFERENCES)}"
    return told + hint(nearest(name, REFERENCES))


def is_id(field: str, schema: Schema) -> bool:
    """Whether a field holds ids: text in which every character counts, and which a spreadsheet takes for a number."""
    return schema.field(field).kind is Kind.STRING and is_id_name(field)


def is_id_name(name: str) -> bool:
    """Whether a field or a member is named like one that holds ids: `id`, `…_id`, `…_number`."""
    return _ID.fullmatch(name.rpartition(".")[2]) is not None
