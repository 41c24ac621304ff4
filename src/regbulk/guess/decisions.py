"""What each column is, as far as names, values, other columns and crosswalks decide it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regbulk.guess.candidates import Candidate, assigned
from regbulk.guess.case import Case
from regbulk.guess.judge import is_foreign
from regbulk.guess.key_column import KEY, key_column, references, referred_to
from regbulk.guess.lookups import looked_up
from regbulk.guess.second_look import Evidence
from regbulk.mapping.claims import overlap


@dataclass(frozen=True)
class Decisions:
    """What is decided.

    Attributes:
        taken: the field of each column that has one, decided or with a question left.
        key: the column of numbers by which records are told apart; None: there is none.
        questions: why a column whose name says something is not that.
    """

    taken: Mapping[str, Candidate]
    key: str | None
    questions: Mapping[str, str]

    def holder(self, field: str) -> str | None:
        """The column that is a field, or holds part of it or the whole of it."""
        return next((column for column, other in self.taken.items() if overlap(field, other.field)), None)

    def is_open(self, column: str, case: Case) -> bool:
        """Whether a column must not be read before a person has decided something about it."""
        candidate = self.taken[column]
        foreign = is_foreign(case.schema.field(candidate.field)) and column != candidate.field
        return candidate.reading.withheld or (foreign and not candidate.is_proven)


def decide(case: Case, evidence: Evidence) -> Decisions:
    """Decide what the columns are."""
    key = key_column(case, evidence.kin) or referred_to(case, evidence.kin)
    known = [*evidence.people.values(), *looked_up(evidence.lookups, case)]
    if key:
        known = [key, *references(case, evidence.kin, key.column), *known]
    chosen: dict[str, Candidate] = {}
    for candidate in known:
        if candidate.column not in chosen and not any(
            overlap(candidate.field, other.field) for other in chosen.values()
        ):
            chosen[candidate.column] = candidate
    rest = case.possible.without(KEY, set(case.columns) - set(chosen)).apart_from(evidence.in_doubt)
    taken = assigned(rest, chosen, case.schema)
    return Decisions(taken, key.column if key else None, _questions(case, evidence, taken))


def _questions(case: Case, evidence: Evidence, taken: Mapping[str, Candidate]) -> dict[str, str]:
    found = dict.fromkeys(evidence.in_doubt, "its name and its values may be several fields")
    for candidate in case.possible.for_field(KEY):
        if candidate.column not in taken and candidate.column in evidence.kin.keys:
            seen = evidence.kin.distinct(candidate.column)
            told = f"{seen.distinct:,} different values in {case.records:,} records"
            found.setdefault(candidate.column, f"{told}: not every record has a number of its own")
    return found
