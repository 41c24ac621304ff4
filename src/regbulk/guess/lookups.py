"""Columns whose cells a crosswalk knows, and the field that it says what they mean for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from regbulk.guess.candidates import Candidate
from regbulk.guess.case import Case
from regbulk.guess.crosswalk import Found
from regbulk.guess.facts import Facts
from regbulk.guess.ids import id_reading
from regbulk.guess.judge import is_foreign
from regbulk.guess.marks import Tongue, mark_reading
from regbulk.guess.names import Level
from regbulk.guess.reading import NEARLY_ALL, Reading, Setting, number_of

_MANY: Final = 20
"""So many different texts of a column do not stand in a table by chance."""


def looked_up(found: Sequence[Found], case: Case) -> Iterator[Candidate]:
    """What crosswalks say about columns, the best of each column."""
    sure = [each for each in found if each.share >= NEARLY_ALL and _is_free(each.column, case)]
    for column in dict.fromkeys(each.column for each in sure):
        best = max((each for each in sure if each.column == column), key=lambda each: (each.share, each.found))
        if candidate := _candidate(best, case.columns[column], case):
            yield candidate


def shown_path(path: Path, beside: Path) -> str:
    """A path as a mapping file in a folder writes it."""
    return Path(os.path.relpath(path.resolve(), beside.resolve())).as_posix()


def _is_free(column: str, case: Case) -> bool:
    """Whether a column is not something else already that a table of numbers would take from it."""
    return all(is_foreign(case.schema.field(each.field)) for each in case.possible.sound(column))


def _candidate(best: Found, facts: Facts, case: Case) -> Candidate | None:
    wanted = {each.field for each in case.possible.of(facts.name)}
    fields = {name: field for name in best.table.columns if (field := _field(name, case))}
    of_key = fields.pop(best.key, None)
    ground = _ground(best)
    if of_key and of_key in wanted:
        return Candidate(facts.name, of_key, Level.OWN, ground, _reading(facts, best), is_proven=True)
    value = min(fields, key=lambda name: fields[name] not in wanted, default=None)
    many = facts.texts is None or len(facts.texts) > _MANY
    if value is None or not (many or fields[value] in wanted):
        return None
    said = {"file": shown_path(best.table.path, case.beside), "key": best.key, "value": value}
    reading = _reading(facts, best).plus(Reading(settings=(Setting("lookup", said),)))
    return Candidate(facts.name, fields[value], Level.OWN, ground, reading, is_proven=True)


def _field(column: str, case: Case) -> str | None:
    """The field for ids of the API that a column of a crosswalk holds: it must say so, a member number is none."""
    match = next(iter(case.names.matches(column)), None)
    return match.field if match and match.level is Level.OWN and is_foreign(case.schema.field(match.field)) else None


def _ground(best: Found) -> str:
    found = max(best.found, best.padded)
    lost = f"; {number_of(best.values - found, 'value')} not, to be rejected" if found < best.values else ""
    return f"{found:,} of {number_of(best.values, 'value')} in column {best.key!r} of {best.table.path.name}{lost}"


def _reading(facts: Facts, best: Found) -> Reading:
    marks = mark_reading(facts, Tongue.STRICT)
    if best.width is None:
        return marks
    ground = f"{best.padded - best.found:,} more are found with zeros in front, which they lost"
    damage = id_reading(facts).grounds
    return Reading(settings=(Setting("pad", best.width, ground=ground),), grounds=damage).plus(marks)
