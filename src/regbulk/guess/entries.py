"""Decisions about columns → entries of a draft, with what is left to choose."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from regbulk.guess.candidates import Candidate, speaks_api
from regbulk.guess.case import Case
from regbulk.guess.custom_fields import custom_settings
from regbulk.guess.decisions import Decisions
from regbulk.guess.entry import IGNORE, Choice, Entry
from regbulk.guess.facts import Facts
from regbulk.guess.judge import is_foreign
from regbulk.guess.names import Level
from regbulk.guess.options import shown_words
from regbulk.guess.reading import Reading, Setting, number_of
from regbulk.mapping.targets import REFERENCES

_CUSTOM_FIELD: Final = re.compile(r"[a-z0-9:_-]{1,300}__c")
_CODES: Final = frozenset(
    f"{noun}_id" for noun in ("event", "type", "package", "process", "deadline", "coupon_code", "group")
)
"""Fields for ids of which a file has few and none of which is a person's."""
_IGNORED: Final = Choice((Setting("", IGNORE),), "")


def entry_for(column: str, case: Case, decisions: Decisions) -> Entry:
    """What the draft says about a column."""
    facts = case.columns[column]
    if not case.records:
        return Entry(
            column, (), is_decided=False, asks=("the source has no records to judge it by",), choices=(_IGNORED,)
        )
    if not facts.values:
        ground = f"no value in {number_of(case.records, 'record')}"
        return Entry(column, (Setting("", IGNORE),), is_decided=True, grounds=(ground,))
    if candidate := decisions.taken.get(column):
        return _taken(candidate, case, decisions)
    if _is_the_apis(column, case):
        told = "only the API writes the field of this name"
        return Entry(column, (Setting("", IGNORE),), is_decided=True, grounds=(told,))
    if _CUSTOM_FIELD.fullmatch(column):
        return _custom(facts)
    return _left(facts, case, decisions)


def _is_the_apis(column: str, case: Case) -> bool:
    known = column in case.schema.columns and column not in case.names.fields
    return known and speaks_api(tuple(case.columns.values()), case.schema)


def _taken(candidate: Candidate, case: Case, decisions: Decisions) -> Entry:
    facts, reading = case.columns[candidate.column], candidate.reading
    grounds = (candidate.ground, *reading.grounds, *_spaces(facts))
    if not decisions.is_open(candidate.column, case):
        return Entry(
            candidate.column,
            (_target(candidate), *reading.settings),
            is_decided=True,
            grounds=grounds,
            asks=reading.asks,
        )
    asks = reading.asks
    if not reading.withheld:
        reading, asks = _unknown_ids(candidate, facts), (*asks, _why_unknown(candidate, decisions))
    choices = (*_others(facts, case, decisions), _IGNORED)
    settings = (_target(candidate), *reading.settings)
    return Entry(
        candidate.column,
        settings,
        is_decided=False,
        grounds=grounds,
        asks=asks,
        choices=choices,
        is_held=_is_held(facts, case),
    )


def _is_held(facts: Facts, case: Case) -> bool:
    """Whether the column has the own name of a field that a source may write."""
    return facts.name in case.names.fields


def _target(candidate: Candidate) -> Setting:
    if candidate.reference is None:
        return Setting("field", candidate.field)
    return Setting("reference", {"field": candidate.field, "to": candidate.reference})


def _unknown_ids(candidate: Candidate, facts: Facts) -> Reading:
    """Values of another system where ids of the API belong: a person must say what each means."""
    kept = candidate.reading
    words = shown_words(facts.words) if candidate.field in _CODES else None
    if not words:
        return kept
    return Reading(settings=(*kept.settings, Setting("values", words)), grounds=kept.grounds)


def _why_unknown(candidate: Candidate, decisions: Decisions) -> str:
    if candidate.field in REFERENCES:
        to = f"are not numbers in column {decisions.key!r}" if decisions.key else "refer to no column of numbers"
        return f"nearly all of its values should name another record, but they {to}"
    return "its values are ids or words of another system: say what each means, or give a crosswalk with --lookup"


def _custom(facts: Facts) -> Entry:
    """A column with the id of a custom field as its name."""
    settings, reading = custom_settings(facts)
    told = ("the name is the id of a custom field", *reading.grounds, *_spaces(facts))
    target = Setting("custom_field", facts.name)
    return Entry(facts.name, (target, *settings), is_decided=True, grounds=told, asks=reading.asks)


def _left(facts: Facts, case: Case, decisions: Decisions) -> Entry:
    """A column that nothing decides: fields that it may be, a custom field, or nobody reads it."""
    settings, _ = custom_settings(facts)
    flat = tuple(setting for setting in settings if setting.chosen)
    custom = Choice((Setting("custom_field", None), *flat), "the id of a custom field of yours")
    choices = (*_others(facts, case, decisions), custom, _IGNORED)
    ask = decisions.questions.get(facts.name) or _why_left(facts, case, decisions)
    grounds = (_shape(facts), *_spaces(facts))
    return Entry(
        facts.name, (), is_decided=False, grounds=grounds, asks=(ask,), choices=choices, is_held=_is_held(facts, case)
    )


def _why_left(facts: Facts, case: Case, decisions: Decisions) -> str:
    """Why a column is nothing, though its name may say something."""
    for candidate in case.possible.sound(facts.name):
        if holder := decisions.holder(candidate.field):
            return f"column {holder!r} is {candidate.field} already"
        return "its name may mean several fields"
    if meant := [each for each in case.possible.of(facts.name) if each.level >= Level.NUMBERED]:
        return f"its name says {meant[0].field}, its values do not"
    return "no field has this name"


def _others(facts: Facts, case: Case, decisions: Decisions) -> Iterator[Choice]:
    """Other fields that a column may be by its name."""
    taken = decisions.taken.get(facts.name)
    for candidate in case.possible.of(facts.name):
        if taken and candidate.field == taken.field:
            continue
        holder = decisions.holder(candidate.field)
        also = f", but column {holder!r} is it already" if holder and holder != facts.name else ""
        also = also or ("" if candidate.reading.agrees else ", but its values are none")
        known = () if is_foreign(case.schema.field(candidate.field)) else candidate.reading.settings
        settings = tuple(setting for setting in known if setting.chosen)
        yield Choice((Setting("field", candidate.field), *settings), candidate.ground + also)


def _shape(facts: Facts) -> str:
    told = [f"{number_of(facts.judged, 'value')}"]
    if facts.words is not None:
        told.append(f"{len(facts.words):,} different")
    if facts.digits.total() == facts.judged and facts.judged:
        lengths = sorted({length for length, _ in facts.digits})
        told.append(f"digits alone, {lengths[0]} to {lengths[-1]} long" if len(lengths) > 1 else f"{lengths[0]} digits")
    return ", ".join(told)


def _spaces(facts: Facts) -> Iterator[str]:
    if facts.looks.spaced:
        yield f"{number_of(facts.looks.spaced, 'cell')} with spaces or invisible characters at an end, taken off"
