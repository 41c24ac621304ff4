"""How a registration looks when it leaves the sandbox: the fields asked for, values in the tenant's dialects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime
from typing import Any, Final

from regbulk.sandbox.dialect import FIELDS_IGNORED, FLOAT_COUNTS, NULL_FIELDS, REWRITTEN_TIMES, TEXT_STAMPS
from regbulk.sandbox.rules import BULK_FIELDS, SCHEMA, Record

_FIELDS: Final[Mapping[str, Mapping[str, Any]]] = SCHEMA["properties"]
_NUMBERS: Final = frozenset(name for name, rules in _FIELDS.items() if rules.get("type") == "number")
# The document types this stamp as text, yet it is a time.
_TIMES: Final = frozenset(name for name, rules in _FIELDS.items() if rules.get("format") == "date-time") | {
    "sys_bulk_load_at"
}


def shown(record: Record, dialects: AbstractSet[str], *, fields: str | None = None) -> Record:
    """A stored record as it is answered.

    Args:
        record: as it is stored.
        dialects: of the tenant.
        fields: names joined by commas; None or empty: all. Unknown ones are ignored.
    """
    for name, shape in _SHAPES.items():
        if name in dialects:
            record = shape(record)
    names = {name.strip() for name in (fields or "").split(",")} - {""}
    if not names or FIELDS_IGNORED in dialects:
        return record
    return {name: value for name, value in record.items() if name in names}


def _float_counts(record: Record) -> Record:
    return record | _changed(record, _NUMBERS, float)


def _text_stamps(record: Record) -> Record:
    return record | _changed(record, BULK_FIELDS, str)


def _rewritten_times(record: Record) -> Record:
    return record | _changed(record, _TIMES, _rewritten)


def _null_fields(record: Record) -> Record:
    return dict.fromkeys(_FIELDS) | record


_SHAPES: Final[Mapping[str, Callable[[Record], Record]]] = {
    FLOAT_COUNTS: _float_counts,
    TEXT_STAMPS: _text_stamps,
    REWRITTEN_TIMES: _rewritten_times,
    NULL_FIELDS: _null_fields,
}


def _changed(record: Record, names: Iterable[str], change: Callable[[Any], Any]) -> Record:
    return {name: change(record[name]) for name in names if name in record}


def _rewritten(text: str) -> str:
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError):
        return text  # a leap second, which Python does not have, or a stamp that was never a time
