"""Rules about one text, number, truth value or date-time, as polars expressions over its canonical text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import jsonschema_rs
import polars as pl

from regbulk.rejects import Code
from regbulk.schema import phrases
from regbulk.schema.canonical import NUMBER, canonical
from regbulk.schema.fields import Kind
from regbulk.schema.keywords import NUMBER_FORMATS, TEXT_FORMATS, JsonSchema, is_annotation
from regbulk.schema.pattern import by_column
from regbulk.schema.place import Place

Broken = Callable[[pl.Expr], pl.Expr]
"""Canonical text → true where the rule is broken, null where there is no value to judge."""

_PLAIN: Final = (Kind.STRING, Kind.NUMBER, Kind.BOOLEAN, Kind.DATETIME)
_TOLERANCE: Final = 1e-9


class ValueRule(NamedTuple):
    """One rule about a value."""

    code: Code
    expected: str
    broken: Broken


def shape(kind: Kind) -> list[tuple[Code, str, Callable[[pl.Expr, pl.Expr], pl.Expr]]]:
    """What text of a kind must look like: code, what is expected, and (text, its canonical text) → broken."""
    if kind is Kind.NUMBER:
        return [
            ("type-error", "a number as JSON writes it, like 120.5", lambda text, _: ~text.str.contains(NUMBER)),
            (
                "range-error",
                "a number that stays what it is as float64: at most 17 digits, whole numbers up to 9007199254740991",
                lambda text, value: text.str.contains(NUMBER) & value.is_null(),
            ),
        ]
    if kind is Kind.BOOLEAN:
        return [("type-error", "true or false", _lost)]
    if kind is Kind.DATETIME:
        return [("format-error", "a date and time with a zone (RFC 3339), like 2024-03-01T09:30:00Z", _lost)]
    return []


def value_rules(schema: JsonSchema, *, kind: Kind, place: Place) -> list[ValueRule]:
    """The rules of a schema for values of a kind.

    Raises:
        SchemaError: a keyword cannot be checked for values of this kind.
    """
    if isinstance(schema, bool):
        if schema:
            return []
        raise place.refuses("false", "a field that may never have a value is not supported")
    found = []
    for keyword, limit in schema.items():
        if keyword == "allOf":
            parts = [value_rules(part, kind=kind, place=place.at("allOf", str(at))) for at, part in enumerate(limit)]
            found += [rule for part in parts for rule in part]
        elif not is_annotation(keyword):
            found += _rules_of(keyword, limit, kind=kind, place=place)
    return found


def _rules_of(keyword: str, limit: object, *, kind: Kind, place: Place) -> list[ValueRule]:
    make = _MAKERS.get((kind, keyword))
    if make is None:
        raise place.refuses(keyword, f"not supported for a field of kind {kind}")
    try:
        broken = make(limit)
    except ValueError as error:
        raise place.refuses(keyword, str(error)) from None
    return [ValueRule(phrases.code(keyword), phrases.expected(keyword, limit), broken)] if broken else []


def _lost(text: pl.Expr, value: pl.Expr) -> pl.Expr:
    return text.is_not_null() & value.is_null()


def _type(kind: Kind) -> Callable[[Any], Broken | None]:
    name = "string" if kind is Kind.DATETIME else str(kind)

    def made(types: str | list[str]) -> Broken | None:
        asked = [types] if isinstance(types, str) else types
        if name in asked:
            return None
        if kind is Kind.NUMBER and "integer" in asked:
            return lambda text: text.str.contains(".", literal=True) | text.str.contains("e", literal=True)
        raise ValueError(f"found {types!r}, but the values of this field are of type {name!r}")

    return made


def _options(kind: Kind) -> Callable[[Sequence[Any]], Broken]:
    def made(options: Sequence[Any]) -> Broken:
        told = pl.Series("option", [_written(option, kind) for option in options], dtype=pl.String)
        texts = told.to_frame().select(canonical(pl.col("option"), kind)).to_series().drop_nulls().to_list()
        return lambda text: ~text.is_in(texts)

    return made


def _constant(kind: Kind) -> Callable[[Any], Broken]:
    return lambda option: _options(kind)([option])


def _written(option: object, kind: Kind) -> str | None:
    """An option as a source would write it; null for one that no value of this kind can be."""
    fits = {Kind.NUMBER: int | float, Kind.BOOLEAN: bool}.get(kind, str)
    right = isinstance(option, fits) and (kind is Kind.BOOLEAN) == isinstance(option, bool)
    return phrases.as_text(option) if right else None


def _format(name: str) -> Broken:
    if name not in TEXT_FORMATS:
        raise ValueError(f"found {name!r}, which is not a supported format")
    validator = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)

    def broken(texts: pl.Series) -> pl.Series:
        known = {text: not validator.is_valid(text) for text in texts.unique().drop_nulls()}
        return pl.Series([known.get(text) for text in texts], dtype=pl.Boolean)

    return lambda text: text.map_batches(broken, return_dtype=pl.Boolean, is_elementwise=True)


def _only_formats(*names: str) -> Callable[[str], None]:
    def made(name: str) -> None:
        if name not in names:
            raise ValueError(f"found {name!r}, expected one of: {', '.join(names)}")

    return made


def _pattern(pattern: str) -> Broken:
    translated = by_column(pattern)
    return lambda text: ~text.str.contains(translated)


def _multiple_of(step: float) -> Broken:
    def broken(text: pl.Expr) -> pl.Expr:
        times = text.cast(pl.Float64) / step
        return (times - times.round()).abs() > _TOLERANCE

    return broken


def _compared(compare: Callable[[pl.Expr, float], pl.Expr]) -> Callable[[float], Broken]:
    return lambda limit: lambda text: compare(text.cast(pl.Float64), limit)


_MAKERS: Final[Mapping[tuple[Kind, str], Callable[[Any], Broken | None]]] = {
    **{(kind, "type"): _type(kind) for kind in Kind},
    **{(kind, "enum"): _options(kind) for kind in _PLAIN},
    **{(kind, "const"): _constant(kind) for kind in _PLAIN},
    (Kind.STRING, "pattern"): _pattern,
    (Kind.STRING, "format"): _format,
    (Kind.STRING, "minLength"): lambda limit: lambda text: text.str.len_chars() < limit,
    (Kind.STRING, "maxLength"): lambda limit: lambda text: text.str.len_chars() > limit,
    (Kind.DATETIME, "format"): _only_formats("date-time"),
    (Kind.NUMBER, "format"): _only_formats(*sorted(NUMBER_FORMATS)),
    (Kind.NUMBER, "minimum"): _compared(lambda value, limit: value < limit),
    (Kind.NUMBER, "maximum"): _compared(lambda value, limit: value > limit),
    (Kind.NUMBER, "exclusiveMinimum"): _compared(lambda value, limit: value <= limit),
    (Kind.NUMBER, "exclusiveMaximum"): _compared(lambda value, limit: value >= limit),
    (Kind.NUMBER, "multipleOf"): _multiple_of,
}
