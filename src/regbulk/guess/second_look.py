"""The second look at a source: what concerns several columns, or other files, once the first look says which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

import polars as pl

from regbulk.guess.candidates import Candidate, Candidates
from regbulk.guess.crosswalk import Crosswalk, Found, LookupWatch
from regbulk.guess.facts import Facts
from regbulk.guess.ids import fixed_width
from regbulk.guess.kinship import KinWatch
from regbulk.guess.people import doubts, resolved
from regbulk.guess.reading import NEARLY_ALL
from regbulk.guess.survey import Progress, Survey, gathered
from regbulk.mapping.targets import REFERENCES
from regbulk.source import Source

KEY: Final = "sys_external_id"
_MOST_KEYS: Final = 8


class Watch(Protocol):
    """Something that wants to see all records once more."""

    def see(self, records: pl.DataFrame) -> None:
        """Look at further records."""


class Evidence(NamedTuple):
    """What the second look found.

    Attributes:
        lookups: columns whose cells stand in crosswalks.
        kin: the columns of numbers, and those that may refer to them.
        people: the columns that hold names, where it was in doubt which.
        in_doubt: the columns of which it still is.
    """

    lookups: Sequence[Found]
    kin: KinWatch
    people: Mapping[str, Candidate]
    in_doubt: Sequence[str]


def look_again(
    source: Source, survey: Survey, possible: Candidates, *, tables: Sequence[Crosswalk], progress: Progress
) -> Evidence:
    """Look at the records once more, if there is anything to look for."""
    marks = {facts.name: tuple(facts.marks) for facts in survey.columns}
    open_ = doubts(possible)
    lookups = LookupWatch([facts.name for facts in survey.columns if facts.judged], tables, marks)
    kin = _kin_watch(survey, possible, marks)
    watches: list[Watch] = [doubt.watch for doubt in open_ if doubt.watch]
    watches += [lookups] if lookups.pairs else []
    watches += [kin] if kin.keys else []
    done = 0
    for block in gathered(source.blocks()) if watches else ():
        for watch in watches:
            watch.see(block.records)
        done += block.read
        progress("second look", done, survey.read)
    found = {doubt.column: resolved(doubt, possible) for doubt in open_}
    people = {column: candidate for column, candidate in found.items() if candidate}
    return Evidence(lookups.pairs, kin, people, [column for column, candidate in found.items() if not candidate])


def _kin_watch(survey: Survey, possible: Candidates, marks: Mapping[str, tuple[str, ...]]) -> KinWatch:
    by_name = {facts.name: facts for facts in survey.columns}
    referring = list(dict.fromkeys(each.column for each in possible.for_field(*REFERENCES) if each.is_sound))
    named = [each.column for each in possible.for_field(KEY) if each.column not in referring]
    keys = named or [facts.name for facts in survey.columns if referring and _may_be_key(facts, survey, referring)]
    widths = {name: fixed_width(by_name[name]) for name in dict.fromkeys(keys[:_MOST_KEYS])}
    return KinWatch(widths, referring, marks)


def _may_be_key(facts: Facts, survey: Survey, referring: Sequence[str]) -> bool:
    """Whether a column of any name may hold the numbers by which records are referred to."""
    different = facts.texts is None or len(facts.texts) >= NEARLY_ALL * facts.judged
    there = facts.judged >= NEARLY_ALL * survey.records and facts.name not in referring
    is_text = facts.looks.emails or facts.looks.several_lines or facts.dates.total() > facts.judged / 2
    return different and there and (facts.digits.total() > facts.judged / 2 or not is_text)
