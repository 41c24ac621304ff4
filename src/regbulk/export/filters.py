"""Search filters from texts: typed and checked against the documented search fields before anything is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from regbulk.errors import SettingsError
from regbulk.export import fit
from regbulk.schema import nearest, registration_schema

Reader: TypeAlias = Callable[[str], Any]
Form: TypeAlias = Callable[[str, Sequence[str]], Any]
_ENDS: Final = 2


def search_filters(raw: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The filters of a search from texts, by the names of the API document (operation search, without `event_id`).

    Args:
        raw: texts by filter name; an empty sequence means not given. Lists match any of their values; the ranges
            (`date`, `order_total`, `order_balance_due`, `order_amount_paid`) take two texts, from and to; texts such
            as `city` take one. Date-times are RFC 3339 with a zone, booleans `true` or `false`.

    Returns:
        JSON values for the body of a search; date-times in UTC with `Z`.

    Raises:
        SettingsError: an unknown filter (the nearest one is given) or a text that is no such value.
    """
    return {name: _form(name)(name, texts) for name, texts in raw.items() if texts}


def _form(name: str) -> Form:
    if name in _FORMS:
        return _FORMS[name]
    if name == "event_id":
        raise SettingsError("filter 'event_id': name events with --event")
    near = nearest(name, _FORMS)
    hint = f"did you mean {near!r}?" if near else f"search knows: {', '.join(_FORMS)}"
    raise SettingsError(f"filter {name!r} is unknown; {hint}")


def _one_text(name: str, texts: Sequence[str]) -> str:
    if len(texts) != 1 or not texts[0].strip():
        found = "an empty one" if len(texts) == 1 else str(len(texts))
        raise SettingsError(f"filter {name!r} takes one text that is not empty, found {found}")
    return texts[0]


def _any_of(read: Reader) -> Form:
    def form(name: str, texts: Sequence[str]) -> list[Any]:
        return list(dict.fromkeys(_read(read, name, text=text) for text in texts))

    return form


def _range_of(read: Reader) -> Form:
    def form(name: str, texts: Sequence[str]) -> list[Any]:
        if len(texts) != _ENDS:
            raise SettingsError(f"filter {name!r} is a range and takes two values, from and to; found {len(texts)}")
        ends = [_read(read, name, text=text) for text in texts]
        if ends[0] > ends[1]:
            raise SettingsError(f"filter {name!r}: the range starts behind its end: {texts[0]!r} to {texts[1]!r}")
        return [_utc(end) if isinstance(end, datetime) else end for end in ends]

    return form


def _read(read: Reader, name: str, *, text: str) -> Any:  # noqa: ANN401 - text, number, boolean or date-time
    try:
        return read(text)
    except ValueError as error:
        raise SettingsError(f"filter {name!r}: found {text!r}, expected {error}") from None


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("a text that is not empty")
    return text


def _status(field: str) -> Reader:
    def read(text: str) -> str:
        known: Sequence[str] = registration_schema().fields[field].schema["enum"]
        if text not in known:
            raise ValueError(f"one of: {', '.join(known)}")
        return text

    return read


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ValueError("a number such as 12.5")
    return int(value) if value.is_integer() else value


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("true or false")
    return text == "true"


def _instant(text: str) -> datetime:
    moment, _ = fit.instant(text)
    if not isinstance(moment, datetime):
        raise ValueError("an RFC 3339 date-time with its zone, such as 2026-03-31T18:00:00Z")  # noqa: TRY004 - a bad text
    return moment


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_TEXTS: Final = ("first_name", "last_name", "name", "email_address", "city", "state", "country", "job_title")
_IDS: Final = (
    "ids",
    "organization_id",
    "order_id",
    "contact_id",
    "type_id",
    "package_id",
    "group_id",
    "deadline_id",
    "parent_registration_id",
)
_AMOUNTS: Final = ("order_balance_due", "order_amount_paid", "order_total")
_FORMS: Final[Mapping[str, Form]] = {
    **dict.fromkeys(_TEXTS, _one_text),
    **dict.fromkeys(_IDS, _any_of(_text)),
    **dict.fromkeys(_AMOUNTS, _range_of(_number)),
    "order_number": _any_of(_number),
    "order_status": _any_of(_status("order_status")),
    "status": _any_of(_status("status")),
    "is_guest_registration": _any_of(_flag),
    "date": _range_of(_instant),
}
"""The 25 documented filters beside `event_id`, each with the form its values take."""
