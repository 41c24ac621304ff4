"""A record as the rules see it, and whether it satisfies a schema.

A record that becomes a patch is not the whole registration: what it does not name may well be in the target. So the
answer has three values (true, false, null = cannot be told). Seen as a whole, as one to be created, nothing is open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from regbulk.schema.canonical import canonical
from regbulk.schema.fields import NESTED, Field, Schema
from regbulk.schema.keywords import JsonSchema, is_annotation
from regbulk.schema.place import Place
from regbulk.schema.value_rules import ValueRule, value_rules
from regbulk.source.contract import CLEARS


@dataclass(frozen=True)
class View:
    """What is known of a record.

    Attributes:
        columns: the columns there are.
        whole: whether what has no value is absent (true) or not known (false).
    """

    columns: Sequence[str]
    whole: bool

    def present(self, field: str) -> pl.Expr:
        """Whether a field (of an object field: any of its members) has a value, well-formed or not."""
        named = [pl.col(name).is_not_null() for name in self.columns if name == field or name.startswith(f"{field}.")]
        there = pl.any_horizontal(named) if named else pl.lit(value=False)
        if self.whole:
            return there
        return pl.when(there).then(statement=True).when(cleared(field)).then(statement=False)

    def keeps(self, rules: Sequence[ValueRule], field: Field) -> pl.Expr:
        """Whether a field is absent or its value keeps all rules; null for a malformed value."""
        known = field.name in self.columns
        text = canonical(pl.col(field.name), field.kind) if known else pl.lit(None, pl.String)
        return ~self.present(field.name) | every(~rule.broken(text) for rule in rules)


Holds = Callable[[View], pl.Expr]


def cleared(field: str) -> pl.Expr:
    """Whether a record asks to clear a field."""
    return pl.col(CLEARS).list.contains(field)


def every(parts: Iterable[pl.Expr]) -> pl.Expr:
    """True where all parts are true, false where any is false, else null."""
    return pl.all_horizontal([pl.lit(value=True), *parts])


def known_field(name: str, fields: Schema, place: Place) -> Field:
    """The field a schema speaks of.

    Raises:
        SchemaError: a registration has no such field.
    """
    if name in fields.fields:
        return fields.fields[name]
    near = fields.nearest(name)
    raise place.refuses(name, "a registration has no such field" + (f"; did you mean {near!r}?" if near else ""))


def truth(schema: JsonSchema, fields: Schema, place: Place) -> Holds:
    """Whether a record satisfies a schema.

    Raises:
        SchemaError: a keyword cannot be checked by column at the top level of a registration.
    """
    if isinstance(schema, bool):
        return lambda _view: pl.lit(schema)
    refuse_unknown(schema, place)
    parts = [make(schema, fields, place) for keyword, make in _TRUTHS.items() if keyword in schema]
    return lambda view: every(part(view) for part in parts)


def refuse_unknown(schema: Mapping[str, Any], place: Place) -> None:
    """SchemaError for a keyword that the rules about records would pass over."""
    for keyword, value in schema.items():
        if keyword == "type" and value != "object":
            raise place.refuses("type", f"found {value!r}, expected 'object': a registration is one")
        if not is_annotation(keyword) and keyword not in {"type", "then", "else", *_TRUTHS}:
            raise place.refuses(keyword, "not supported at the top level of a registration")


def _required(schema: Mapping[str, Any], fields: Schema, place: Place) -> Holds:
    names = [known_field(name, fields, place.at("required")).name for name in schema["required"]]
    return lambda view: every(view.present(name) for name in names)


def _properties(schema: Mapping[str, Any], fields: Schema, place: Place) -> Holds:
    rules = property_rules(schema, fields, place)
    return lambda view: every(view.keeps(found, field) for field, found in rules)


def property_rules(schema: Mapping[str, Any], fields: Schema, place: Place) -> list[tuple[Field, list[ValueRule]]]:
    """The rules under `properties` of a schema that applies under a condition; only for fields with one plain value."""
    found = []
    for name, asked in schema.get("properties", {}).items():
        field, at = known_field(name, fields, place.at("properties")), place.at("properties", name)
        if field.kind in NESTED:
            raise place.at("properties").refuses(name, f"no condition can look inside a field of kind {field.kind}")
        found.append((field, value_rules(asked, kind=field.kind, place=at)))
    return found


def _dependent(schema: Mapping[str, Any], fields: Schema, place: Place) -> Holds:
    pairs = [
        (known_field(name, fields, place.at("dependentRequired")).name, _required({"required": others}, fields, place))
        for name, others in schema["dependentRequired"].items()
    ]
    return lambda view: every(~view.present(name) | needed(view) for name, needed in pairs)


def _all(schema: Mapping[str, Any], fields: Schema, place: Place) -> Holds:
    parts = _parts("allOf", schema, fields, place)
    return lambda view: every(part(view) for part in parts)


def _any(schema: Mapping[str, Any], fields: Schema, place: Place) -> Holds:
    parts = _parts("anyOf", schema, fields, place)
    return lambda view: pl.any_horizontal([part(view) for part in parts])


def _parts(keyword: str, schema: Mapping[str, Any], fields: Schema, place: Place) -> list[Holds]:
    return [truth(part, fields, place.at(keyword, str(index))) for index, part in enumerate(schema[keyword])]


def _not(schema: Mapping[str, Any], fields: Schema, place: Place) -> Holds:
    inner = truth(schema["not"], fields, place.at("not"))
    return lambda view: ~inner(view)


def _if(schema: Mapping[str, Any], fields: Schema, place: Place) -> Holds:
    case, then, other = (truth(schema.get(word, True), fields, place.at(word)) for word in ("if", "then", "else"))
    return lambda view: (~case(view) | then(view)) & (case(view) | other(view))


# `record_rules` interprets `required`, `dependentRequired` and `if` too, but each as a rule with a field and words of
# its own, because a person must see what to correct. Inside a condition only one truth value for all of it counts.
_TRUTHS: Final[Mapping[str, Callable[[Mapping[str, Any], Schema, Place], Holds]]] = {
    "required": _required,
    "properties": _properties,
    "dependentRequired": _dependent,
    "allOf": _all,
    "anyOf": _any,
    "not": _not,
    "if": _if,
}
