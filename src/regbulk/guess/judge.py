"""How a column is to be read for a field, judged on all of its values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from regbulk.guess.booleans import boolean_reading
from regbulk.guess.dates import date_reading
from regbulk.guess.facts import Facts
from regbulk.guess.ids import id_reading
from regbulk.guess.lists import list_reading, nested_reading
from regbulk.guess.marks import mark_reading, tongue
from regbulk.guess.numbers import number_reading
from regbulk.guess.options import option_reading, shown_words
from regbulk.guess.reading import Reading, Setting, number_of
from regbulk.mapping.targets import is_id_name
from regbulk.schema import Field, Kind

_PEOPLE: Final = ("first_name", "last_name", "name", "full_name")
_CODED: Final = ("country", "state")
"""Texts for which there are codes, though the field takes any."""
_CODE: Final = re.compile("[A-Z]{2,3}")
_CURRENCY: Final = 3


def reading_for(field: Field, facts: Facts) -> Reading:
    """How a column is to be read for a field, with what its marks mean and what is odd about its cells."""
    return _reading(field, facts).plus(mark_reading(facts, tongue(field)))


def is_specific(field: Field) -> bool:
    """Whether values can show by themselves that they are a field's: not every text is a date, a status, an address."""
    return field.kind is not Kind.STRING or "enum" in field.schema or field.name == "email_address"


def is_foreign(field: Field) -> bool:
    """Whether a field holds ids of the API, which no other system knows."""
    member = field.name.rpartition(".")[2]
    return field.kind is Kind.STRING and member.endswith("_id") and field.name != "sys_external_id"


def _reading(field: Field, facts: Facts) -> Reading:
    if not facts.judged:
        return Reading()
    if simple := _SIMPLE.get(field.kind):
        return simple(facts)
    if field.kind is Kind.NUMBER:
        return _number(field, facts)
    if field.kind is Kind.ARRAY:
        return list_reading(facts, field)
    return option_reading(facts, field) if "enum" in field.schema else _text(field, facts)


_SIMPLE: Final[Mapping[Kind, Callable[[Facts], Reading]]] = {
    Kind.DATETIME: date_reading,
    Kind.BOOLEAN: boolean_reading,
    Kind.OBJECT: nested_reading,
}


def _number(field: Field, facts: Facts) -> Reading:
    """A number; one that identifies something loses its leading zeros as a number, and is none then."""
    reading = number_reading(facts)
    led = sum(count for (length, zero), count in facts.digits.items() if zero and length > 1)
    if led and is_id_name(field.name):
        ground = f"{led:,} begin with 0, which a number does not keep"
        return reading.plus(Reading(grounds=(ground,), asks=(f"{ground}: is it a number?",), withheld=True))
    return reading


def _text(field: Field, facts: Facts) -> Reading:
    member = field.name.rpartition(".")[2]
    if is_id_name(member):
        return id_reading(facts)
    if member == "email_address":
        ground = f"{facts.looks.emails:,} of {number_of(facts.judged, 'value')} are e-mail addresses"
        return Reading(agrees=facts.looks.emails >= facts.judged / 2, grounds=(ground,))
    if member in _PEOPLE:
        return Reading(agrees=max(facts.looks.emails, facts.digits.total()) <= facts.judged / 2)
    if member in _CODED:
        return _as_written(facts)
    if member == "order_currency_code":
        codes = sum(count for word, count in (facts.words or {}).items() if len(word) == _CURRENCY and word.isalpha())
        return Reading(agrees=codes >= facts.judged / 2)
    return Reading()


def _as_written(facts: Facts) -> Reading:
    """Words where a code could be: nothing is wrong with them, but a person should know, and may say the codes."""
    words = facts.words
    if words is not None and all(_CODE.fullmatch(word) for word in words):
        return Reading()
    count = f"{number_of(len(words), 'value')} are" if words and len(words) > 1 else "values are"
    told = f"its {count} taken as they are"
    shown = shown_words(words)
    settings = (Setting("values", shown, chosen=False),) if shown else ()
    return Reading(settings=settings, grounds=(told,))
