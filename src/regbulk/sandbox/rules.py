"""What a record must be: the registration schema's types, without its marks of what is required."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from importlib import resources
from typing import Any, Final

import jsonschema_rs
import orjson

from regbulk.sandbox.refusal import Refused

Record = dict[str, Any]

SCHEMA: Final[Mapping[str, Any]] = orjson.loads(
    resources.files("regbulk.schemas").joinpath("registration.schema.json").read_bytes()
)
EXTERNAL_ID: Final = "sys_external_id"
BULK_FIELDS: Final = frozenset(
    {
        "sys_bulk_load_pk",
        "sys_bulk_load_at",
        "sys_bulk_load_id",
        "sys_bulk_load_record_no",
        "sys_bulk_load_source_file",
        "sys_last_bulk_data_operation_id",
        "sys_last_bulk_data_operation_sys_version",
    }
)
_WRITABLE_SYS: Final = BULK_FIELDS | {EXTERNAL_ID}
_ALWAYS: Final = ("event_id", "contact_id", "name", "type_id", "package_id")
_MARKED: Final = ("cancellation_date", "membership_information")


def validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """A validator that checks formats and never puts a value into a message."""
    return jsonschema_rs.Draft202012Validator(dict(schema), validate_formats=True, mask="the value")


# The document's marks contradict each other (a required id must not be given): presence is `_missing`'s business.
_VALIDATOR: Final = validator(
    {key: value for key, value in SCHEMA.items() if key != "required"} | {"additionalProperties": False}
)


def server_made(field: str) -> bool:
    """Whether only the server writes this top-level field."""
    return field in ("id", "number") or (field.startswith("sys_") and field not in _WRITABLE_SYS)


def check(record: Record) -> None:
    """Refuse (400) a record that may not be stored, naming every field at fault."""
    check_depth(record)
    found = [*problems(_VALIDATOR, record), *(f"{field}: is required" for field in _missing(record))]
    if found:
        raise Refused(HTTPStatus.BAD_REQUEST, "; ".join(found))


def check_marks(record: Record) -> None:
    """Refuse (400) a new record without a field that the document marks and the server does not make itself."""
    if lacking := [field for field in (*_ALWAYS, *_MARKED) if field not in record]:
        raise Refused(HTTPStatus.BAD_REQUEST, "; ".join(f"{field}: is required" for field in lacking))


def check_depth(value: object) -> None:
    """Refuse (400) what is nested too deeply to be written out again inside a page of items."""
    try:
        orjson.dumps([[value]])
    except orjson.JSONEncodeError:
        raise Refused(HTTPStatus.BAD_REQUEST, "nested too deeply") from None


def problems(rules: jsonschema_rs.Draft202012Validator, value: object) -> list[str]:
    """One sentence per broken rule, each beginning with the dotted name of its field."""
    return [sentence for error in rules.iter_errors(value) for sentence in _sentences(error)]


def _sentences(error: jsonschema_rs.ValidationError) -> list[str]:
    where = [str(part) for part in error.instance_path]
    if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AdditionalProperties):
        return [f"{'.'.join([*where, name])}: unknown field" for name in error.kind.unexpected]
    return [f"{'.'.join(where) or 'body'}: {error.message}"]


def _missing(record: Record) -> list[str]:
    conditional = []
    if record.get("status") == "cancelled":
        conditional.append("cancellation_date")
    if record.get("add_membership_package") is True:
        conditional.append("membership_information")
    return [field for field in (*_ALWAYS, *conditional) if field not in record]


def holds_text(pointer: Sequence[str]) -> bool:
    """Whether the place that an RFC 6901 pointer names is text by the schema; a place it does not know is."""
    place: Mapping[str, Any] = SCHEMA
    for token in pointer:
        place = _resolved(place)
        place = place.get("properties", {}).get(token) or place.get("items") or {}
    return "string" in _resolved(place).get("type", "string")


def _resolved(place: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in place:
        return place
    target: Mapping[str, Any] = SCHEMA
    for token in place["$ref"].removeprefix("#/").split("/"):
        target = target[token]
    return target
