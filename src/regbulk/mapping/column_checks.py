"""Whether each column of a mapping goes somewhere, and whether what is said about it fits where it goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from regbulk.mapping.document import Document
from regbulk.mapping.entries import IGNORE, TARGETS
from regbulk.mapping.format_checks import format_problems
from regbulk.mapping.mapping import Column, Mapping, ToCustomField, ToField, ToReference
from regbulk.mapping.names import folded
from regbulk.mapping.problems import Problem, hint
from regbulk.mapping.targets import kind_of, takes_dates, why_no_reference, why_not_written
from regbulk.schema import Kind, Schema, nearest

_NUMBERS: Final = ("number", "strip")
_DATES: Final = ("dates", "time_zone", "years_from")
_MEANINGS: Final = ("values", "lookup")
_KINDS: Final = {
    Kind.STRING: "text",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.DATETIME: "a date and time",
    Kind.OBJECT: "an object",
    Kind.ARRAY: "an array",
}


def column_problems(mapping: Mapping, document: Document, schema: Schema) -> Iterator[Problem]:
    """What is wrong with the columns of a mapping."""
    yield from _same_names(mapping, document)
    yield from _references_apart(mapping, document)
    for column in mapping.columns:
        yield from format_problems(document, ("columns", column.name))
        if not isinstance(document.at("columns", column.name), str):
            yield from _meanings(column, document)
        wrong = [*_target(column, mapping, document, schema)]
        yield from wrong
        if not wrong:
            yield from _fitting(column, document, schema)


def _same_names(mapping: Mapping, document: Document) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for column in mapping.columns:
        other = seen.setdefault(folded(column.name), column.name)
        if other != column.name:
            line = document.place("columns", other).line
            told = f"differs from {other!r} in line {line} only in case or spaces; keep one"
            yield document.problem(told, "columns", column.name)


def _references_apart(mapping: Mapping, document: Document) -> Iterator[Problem]:
    """Records have one key by which others refer to them."""
    found = [column for column in mapping.columns if isinstance(column.target, ToReference)]
    keys = {folded(column.target.to) for column in found if isinstance(column.target, ToReference)}
    if len(keys) > 1:
        told = "found references to different columns, expected one key by which records are referred to"
        yield document.problem(told, "columns", found[-1].name, "reference", "to")


def _target(column: Column, mapping: Mapping, document: Document, schema: Schema) -> Iterator[Problem]:
    said = document.at("columns", column.name)
    named = [key for key in TARGETS if isinstance(said, dict) and key in said]
    if len(named) > 1:
        yield document.problem(f"found {' and '.join(named)}, expected one of them", "columns", column.name)
    elif isinstance(column.target, ToField):
        if isinstance(said, str) and nearest(said, (*schema.columns, IGNORE)) == IGNORE:
            near = f"found {said!r}, which is no field of a registration{hint(IGNORE)}"
            yield document.problem(near, "columns", column.name)
        elif told := why_not_written(column.target.name, schema):
            yield document.problem(told, "columns", column.name, *named)
    elif isinstance(column.target, ToReference):
        yield from _reference(column, mapping, document)
    elif column.target is None and not column.ignored and not _is_read_otherwise(column, mapping):
        told = f"goes nowhere; add {', '.join(TARGETS[:-1])} or {TARGETS[-1]}, name it in a join, or write: ignore"
        yield document.problem(told, "columns", column.name)
    elif column.ignored and (field := _joined_in(column, mapping)):
        told = f"found ignore, but the join {field!r} reads it; leave it out here, or there"
        yield document.problem(told, "columns", column.name)


def _reference(column: Column, mapping: Mapping, document: Document) -> Iterator[Problem]:
    assert isinstance(column.target, ToReference)
    if told := why_no_reference(column.target.field):
        yield document.problem(told, "columns", column.name, "reference", "field")
    to, ignored = column.target.to, {folded(other.name) for other in mapping.columns if other.ignored}
    if folded(to) == folded(column.name):
        told = f"found {to!r}, the column itself; expected the column that holds the key of every record"
        yield document.problem(told, "columns", column.name, "reference", "to")
    elif folded(to) in ignored:
        told = f"found {to!r}, a column that is ignored, expected one that is read; leave its entry out"
        yield document.problem(told, "columns", column.name, "reference", "to")


def _joined_in(column: Column, mapping: Mapping) -> str | None:
    name = folded(column.name)
    return next((join.field for join in mapping.joins if name in {folded(part) for part in join.columns}), None)


def _is_read_otherwise(column: Column, mapping: Mapping) -> bool:
    refers = {folded(other.target.to) for other in mapping.columns if isinstance(other.target, ToReference)}
    return folded(column.name) in refers or _joined_in(column, mapping) is not None


def _meanings(column: Column, document: Document) -> Iterator[Problem]:
    own = document.keys("columns", column.name)
    said = [key for key in _MEANINGS if key in own]
    others = [key for key in own if key in _NUMBERS + _DATES]
    if len(said) > 1:
        yield document.problem("found values and lookup, expected one of them", "columns", column.name, "lookup")
    elif said and others:
        told = f"found {others[0]} beside {said[0]}, which says already what each text becomes; keep one"
        yield document.problem(told, "columns", column.name, others[0])
    if meant := {*(column.reading.values or {})} & {*column.reading.empty, *column.reading.clear}:
        told = f"found {', '.join(map(repr, sorted(meant)))} under empty or clear too, expected one meaning; keep one"
        yield document.problem(told, "columns", column.name, "values")
    if "" in (column.reading.values or {}):
        told = "found an empty text, which never has a meaning: it is no value; take it out"
        yield document.problem(told, "columns", column.name, "values", "")


def _fitting(column: Column, document: Document, schema: Schema) -> Iterator[Problem]:
    own = document.keys("columns", column.name)
    kind, dates = kind_of(column.target, schema), takes_dates(column.target, schema)
    goes = _shown(column)
    for key in own:
        misfit = (key in _NUMBERS and kind is not Kind.NUMBER) or (key in _DATES and not dates)
        misfit = misfit or (key == "split" and kind is not Kind.ARRAY) or (key == "pad" and not _is_text(column, kind))
        if misfit:
            yield document.problem(f"does not fit: {goes} is {_KINDS[kind]}", "columns", column.name, key)
    if column.reading.split and kind is Kind.ARRAY:
        yield from _split(column, document, schema)
    if dates and _two_digit_years(column) and column.reading.years_from is None:
        told = "found %y, a year of two digits; say with years_from which hundred years they are (1950: 1950 to 2049)"
        yield document.problem(told, "columns", column.name, *(("dates",) if "dates" in own else ()))


def _is_text(column: Column, kind: Kind) -> bool:
    reading = column.reading
    if reading.values is not None or reading.lookup is not None or kind is Kind.STRING:
        return True
    return kind is Kind.ARRAY and reading.split is not None


def _two_digit_years(column: Column) -> bool:
    read = column.reading.values is None and column.reading.lookup is None
    return read and any("%y" in form for form in column.reading.dates)


def _split(column: Column, document: Document, schema: Schema) -> Iterator[Problem]:
    split = column.reading.split
    assert split is not None
    items = _items(column, schema)
    members = {name for name, asked in items.get("properties", {}).items() if asked.get("type") == "string"}
    objects = items.get("type") == "object"
    if split.member is None and objects:
        told = f"found no member, expected one: {_shown(column)} is an array of objects ({', '.join(sorted(members))})"
        yield document.problem(told, "columns", column.name, "split")
    elif split.member is not None and not objects:
        told = f"found {split.member!r}, expected none: {_shown(column)} is an array of texts"
        yield document.problem(told, "columns", column.name, "split", "member")
    elif split.member is not None and members and split.member not in members:
        told = f"found {split.member!r}, expected a text member of {_shown(column)}: {', '.join(sorted(members))}"
        yield document.problem(told + hint(nearest(split.member, members)), "columns", column.name, "split", "member")


def _items(column: Column, schema: Schema) -> dict[str, Any]:
    if isinstance(column.target, ToField):
        items: dict[str, Any] = schema.field(column.target.name).schema.get("items", {})
        return items
    is_table = isinstance(column.target, ToCustomField) and column.target.slot == "table_value"
    return {"type": "object"} if is_table else {"type": "string"}


def _shown(column: Column) -> str:
    if isinstance(column.target, ToField):
        return column.target.name
    if isinstance(column.target, ToCustomField):
        return f"{column.target.slot} of {column.target.id}"
    return "the key of a reference" if column.target else "a part of a join"
