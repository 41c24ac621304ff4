"""Rules about a record: what must be there, and what must be there when something else is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import polars as pl

from regbulk.errors import SchemaError
from regbulk.rejects import Code
from regbulk.schema import phrases
from regbulk.schema.documents import Document
from regbulk.schema.fields import Field, Schema
from regbulk.schema.keywords import JsonSchema, is_annotation
from regbulk.schema.parts import flat, parts_about, unconditional
from regbulk.schema.place import Place
from regbulk.schema.value_rules import ValueRule
from regbulk.schema.view import Holds, View, known_field, property_rules, refuse_unknown, truth

_BY_MEMBER: Final = frozenset({"type", "properties", "required", "allOf"})
"""What can be asked of an object that stands in several columns."""


class RecordRule(NamedTuple):
    """One rule about a record; `field` is where a person would look first, null for the record as a whole."""

    field: str | None
    code: Code
    expected: str
    holds: Holds


class _Case(NamedTuple):
    """A condition under which rules apply, in words and as an expression."""

    told: str
    holds: Holds


def record_rules(document: Document, fields: Schema) -> list[RecordRule]:
    """The rules a document makes about records, without those about single values.

    Raises:
        SchemaError: a keyword cannot be checked by column at the top level of a registration.
    """
    return [
        rule
        for part, place in unconditional(document.schema, document.place)
        for rule in _rules(part, fields, place, case=None)
    ]


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
        for member in _members_needed(asked, place, name)
    ]


def _members_needed(asked: Mapping[str, Any], place: Place, name: str) -> Sequence[str]:
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


def _rules(part: Mapping[str, Any], fields: Schema, place: Place, *, case: _Case | None) -> list[RecordRule]:
    refuse_unknown(part, place)
    found = [_required(known_field(name, fields, place.at("required")).name, case) for name in part.get("required", ())]
    for name, others in part.get("dependentRequired", {}).items():
        given = known_field(name, fields, place.at("dependentRequired")).name
        there = _both(case, _Case(f"{given} is given", _given(given)))
        found += [
            _required(known_field(other, fields, place.at("dependentRequired", name)).name, there) for other in others
        ]
    if case:
        found += _values(part, fields, place, case)
    if "anyOf" in part:
        found.append(_alternatives(part, fields, place, case))
    if "not" in part:
        holds = truth({"not": part["not"]}, fields, place)
        found.append(_rule(None, "condition-error", f"not: {_told(part['not'])}", holds, case))
    return found + _branches(part, fields, place, case)


def _branches(part: Mapping[str, Any], fields: Schema, place: Place, case: _Case | None) -> list[RecordRule]:
    if "if" not in part:
        return []
    told, holds = _told(part["if"]), truth(part["if"], fields, place.at("if"))
    branches = {
        "then": _Case(told, holds),
        "else": _Case(f"not: {told}", lambda view: ~holds(view)),
    }
    return [
        rule
        for keyword, branch in branches.items()
        if keyword in part
        for inner, at in unconditional(part[keyword], place.at(keyword))
        for rule in _rules(inner, fields, at, case=_both(case, branch))
    ]


def _required(name: str, case: _Case | None) -> RecordRule:
    code: Code = "condition-error" if case else "missing-value"
    return _rule(name, code, "a value", _given(name), case)


def _given(name: str) -> Holds:
    return lambda view: view.present(name)


def _keeps(rule: ValueRule, field: Field) -> Holds:
    return lambda view: view.keeps([rule], field)


def _values(part: Mapping[str, Any], fields: Schema, place: Place, case: _Case) -> list[RecordRule]:
    return [
        _rule(field.name, "condition-error", rule.expected, _keeps(rule, field), case)
        for field, found in property_rules(part, fields, place)
        for rule in found
    ]


def _alternatives(part: Mapping[str, Any], fields: Schema, place: Place, case: _Case | None) -> RecordRule:
    options = part["anyOf"]
    holds = truth({"anyOf": options}, fields, place)
    if case is None and all(isinstance(option, dict) and set(option) == {"required"} for option in options):
        told = ", or ".join(" and ".join(option["required"]) for option in options)
        return _rule(options[0]["required"][0], "missing-value", told, holds, case)
    return _rule(None, "condition-error", " or ".join(_told(option) for option in options), holds, case)


def _rule(field: str | None, code: Code, expected: str, holds: Holds, case: _Case | None) -> RecordRule:
    if case is None:
        return RecordRule(field, code, expected, holds)
    return RecordRule(field, code, f"{expected} when {case.told}", lambda view: ~case.holds(view) | holds(view))


def _both(outer: _Case | None, inner: _Case) -> _Case:
    if outer is None:
        return inner
    return _Case(f"{outer.told} and {inner.told}", lambda view: outer.holds(view) & inner.holds(view))


def _told(schema: JsonSchema) -> str:
    """A condition in words; a field that is only required beside a rule about its value goes without saying."""
    if isinstance(schema, bool):
        return str(schema)
    about = schema.get("properties", {})
    told = [
        f"{name} is {phrases.expected(keyword, limit)}"
        for name, asked in about.items()
        for keyword, limit in ({} if isinstance(asked, bool) else asked).items()
        if keyword not in {"type", "format"} and not is_annotation(keyword)
    ]
    told += [f"{name} is given" for name in schema.get("required", ()) if name not in about]
    told += [f"({' or '.join(_told(part) for part in schema['anyOf'])})"] if "anyOf" in schema else []
    told += [_told(part) for part in schema.get("allOf", ())]
    told += [f"not ({_told(schema['not'])})"] if "not" in schema else []
    return " and ".join(told) or "the condition of the schema holds"
