"""How one JSON value fits into a column: the nearest value its type can hold, and whether that is exactly the value.

Equal means equal as the field's kind: 5 and 5.0 are one number, `…T08:00:00Z`, `…T08:00:00.000Z` and `…T08:00:00+00:00`
one instant. A null below the top level never fits, because a struct cannot tell it from an absent member.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias

import orjson

Fit: TypeAlias = Callable[[Any], tuple[Any, bool]]
"""JSON value, not null → (nearest value of the column's type or None, is that exactly the value)."""

MONEY_SCALE: Final = 4
"""Digits after the point: no currency of ISO 4217 has more than four."""
MONEY_PRECISION: Final = 18

_CENT: Final = Decimal(1).scaleb(-MONEY_SCALE)
_MONEY_LIMIT: Final = Decimal(10) ** (MONEY_PRECISION - MONEY_SCALE) - 1
_INT64: Final = range(-(2**63), 2**63)
_RFC3339: Final = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.(?P<fraction>\d+))?(?P<zone>[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_FRACTION_DIGITS: Final = 6  # timestamp[us]
_NOTHING: Final = (None, False)


def text(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
    """A string that UTF-8 can write (a lone surrogate, legal in JSON, cannot be)."""
    if type(value) is not str:
        return _NOTHING
    try:
        value.encode()
    except UnicodeEncodeError:
        return _NOTHING
    return value, True


def flag(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
    """A boolean."""
    return (value, True) if type(value) is bool else _NOTHING


def count(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
    """A whole number of 64 bits, also when written with a point (5.0)."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return (value, True) if type(value) is int and value in _INT64 else _NOTHING


def number(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
    """A float64; whole numbers beyond 2^53 are rounded to the nearest."""
    if type(value) is float:
        return value, True
    if type(value) is not int:
        return _NOTHING
    try:
        return float(value), int(float(value)) == value
    except OverflowError:
        return _NOTHING


def money(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
    """An amount as decimal, rounded to `MONEY_SCALE` digits so that sums stay right where it does not fit exactly."""
    if type(value) not in (int, float):
        return _NOTHING
    exact = Decimal(repr(value))
    if not exact.is_finite() or abs(exact) > _MONEY_LIMIT:
        return _NOTHING
    nearest = exact.quantize(_CENT)
    return nearest, nearest == exact


def instant(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
    """An RFC 3339 date-time in UTC, cut to microseconds; other offsets give the same instant but do not fit exactly."""
    found = _RFC3339.fullmatch(value) if type(value) is str else None
    if not found:
        return _NOTHING
    try:
        nearest = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return _NOTHING
    plain = value[10] == "T" and found["zone"] in ("Z", "+00:00") and len(found["fraction"] or "") <= _FRACTION_DIGITS
    return nearest, plain


def json_text(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
    """Any value as JSON text: for top-level fields whose shape nobody documents."""
    return dump(value), True


def nested_json_text(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
    """Any value as JSON text inside a struct: there a reader cannot tell it from a string, so it never fits exactly."""
    return dump(value), False


def struct_of(members: Mapping[str, Fit]) -> Fit:
    """An object with no other members than these."""

    def fit(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
        if type(value) is not dict:
            return _NOTHING
        fitted = {name: members[name](item) for name, item in value.items() if name in members and item is not None}
        exact = len(fitted) == len(value) and all(exact for _, exact in fitted.values())
        return {name: nearest for name, (nearest, _) in fitted.items()}, exact

    return fit


def list_of(item: Fit) -> Fit:
    """An array of such items."""

    def fit(value: Any) -> tuple[Any, bool]:  # noqa: ANN401 - any JSON value
        if type(value) is not list:
            return _NOTHING
        fitted = [_NOTHING if element is None else item(element) for element in value]
        return [nearest for nearest, _ in fitted], all(exact for _, exact in fitted)

    return fit


def dump(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """JSON text of any value that JSON can hold."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # integers beyond 64 bits and lone surrogates: orjson refuses them
        return json.dumps(value, separators=(",", ":"))
