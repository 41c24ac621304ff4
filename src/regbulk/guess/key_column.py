"""The column that tells records apart, and the columns that refer to records by it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regbulk.guess.candidates import Candidate, Candidates
from regbulk.guess.case import Case
from regbulk.guess.facts import Facts
from regbulk.guess.ids import lost_width, zeros_reading
from regbulk.guess.judge import reading_for
from regbulk.guess.kinship import Distinct, KinWatch
from regbulk.guess.names import Level
from regbulk.guess.reading import NEARLY_ALL, Reading, Setting, number_of
from regbulk.mapping.targets import REFERENCES

KEY: Final = "sys_external_id"
_MANY: Final = 20
"""In fewer records columns hold the same numbers by chance."""


def key_column(case: Case, kin: KinWatch) -> Candidate | None:
    """The best column of numbers by its name; None where none has a number of its own for nearly every record."""
    for candidate in case.possible.for_field(KEY):
        if candidate.column in kin.keys and _is_free(candidate, case.possible):
            seen = kin.distinct(candidate.column)
            if candidate.level is Level.OWN or _tells_apart(seen, candidate.level, case.records):
                told = f"{seen.distinct:,} different in {number_of(seen.values, 'value')}"
                return _sure(candidate, f"{_by_name(candidate)}; {told}")
    return None


def _by_name(candidate: Candidate) -> str:
    """What the name says; one too general to decide is no word for it in any language."""
    if candidate.level >= Level.NUMBERED:
        return candidate.ground
    return "the name alone does not decide it, but every record has a value of its own"


def referred_to(case: Case, kin: KinWatch) -> Candidate | None:
    """A column of numbers whose name says nothing: no value occurs twice, and another column names records by it."""
    named = {candidate.column for candidate in case.possible.for_field(KEY)}
    for name in kin.keys:
        if name in named or case.records < _MANY or not _tells_apart(kin.distinct(name), Level.PART, case.records):
            continue
        if referring := next((column for column in kin.referring if _refers(kin, column, name)), None):
            reading = reading_for(case.schema.field(KEY), case.columns[name])
            told = f"no value occurs twice, and column {referring!r} names records by it"
            return _sure(Candidate(name, KEY, Level.PART, told, reading), told)
    return None


def references(case: Case, kin: KinWatch, key: str) -> Iterator[Candidate]:
    """The columns that refer to records by the numbers of a column: nearly all that they hold is one."""
    for column in kin.referring:
        if column == key or not _refers(kin, column, key):
            continue
        candidate = next(each for each in case.possible.sound(column) if each.field in REFERENCES)
        values, found = kin.kin(column, key)
        ground = f"{candidate.ground}; {found:,} of {number_of(values, 'value')} stand in column {key!r}"
        lost = f"; {number_of(values - found, 'value')} not, to be rejected" if found < values else ""
        reading = _padded(candidate.reading, case.columns[column], case.columns[key], kin.keys[key])
        yield candidate._replace(ground=ground + lost, reading=reading, reference=key, is_proven=True)


def _refers(kin: KinWatch, column: str, key: str) -> bool:
    values, found = kin.kin(column, key)
    return found >= NEARLY_ALL * values > 0


def _is_free(candidate: Candidate, possible: Candidates) -> bool:
    """Whether nothing surer is known of a column than that it may hold numbers."""
    sound = possible.sound(candidate.column)
    return not sound or candidate in sound


def _tells_apart(seen: Distinct, level: Level, records: int) -> bool:
    """A name too general to decide must be helped by values of which not one occurs twice."""
    if level < Level.NUMBERED:
        return 0 < records == seen.values == seen.distinct
    return seen.distinct >= NEARLY_ALL * seen.values > 0 and seen.values >= NEARLY_ALL * records


def _sure(candidate: Candidate, ground: str) -> Candidate:
    return candidate._replace(ground=ground, level=Level.OWN, is_proven=True)


def _padded(reading: Reading, facts: Facts, key: Facts, width: int | None) -> Reading:
    """Filled up with zeros where its own numbers are shorter than those of the key column."""
    own = {setting.key for setting in zeros_reading(facts, suspect=False).settings}
    short = width and any(length < width for length, _ in facts.digits)
    kept = tuple(setting for setting in reading.settings if setting.key != "pad")
    if not short and not own:
        return Reading(reading.agrees, kept, reading.grounds, reading.asks)
    ground = "" if own else f"the numbers of column {key.name!r} have {width} digits"
    pad = Setting("pad", lost_width(key) or width or lost_width(facts), ground=ground)
    return Reading(reading.agrees, (pad, *kept), reading.grounds, reading.asks)
