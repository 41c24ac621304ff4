"""Words for: no value. Whether a column's are, depends on what else they may be: `Null` is a family, `NA` a country."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from regbulk.guess.facts import Facts
from regbulk.guess.reading import Reading, Setting, number_of
from regbulk.guess.spelling import plain
from regbulk.guess.vocabulary import vocabulary
from regbulk.schema import Field, Kind

_SHOWN: Final = 6


class Tongue(Enum):
    """What the values of a field are words of: nothing but the field's own, names of people or places, or any text."""

    STRICT = "strict"
    NAMES = "names"
    FREE = "free"


_NAMES: Final = (
    "name",
    "first_name",
    "last_name",
    "full_name",
    "organization_name",
    "city",
    "state",
    "country",
    "location",
)


def tongue(field: Field) -> Tongue:
    """What the values of a field are words of."""
    member = field.name.rpartition(".")[2]
    if field.kind is not Kind.STRING or "enum" in field.schema or member.endswith("_id") or member == "email_address":
        return Tongue.STRICT
    return Tongue.NAMES if member in _NAMES else Tongue.FREE


def mark_reading(facts: Facts, kind: Tongue) -> Reading:
    """Which words of a column mean no value, as a decision and as a choice."""
    decided = [mark for mark in _ordered(facts) if _is_certain(mark, kind)]
    doubtful = [mark for mark in _ordered(facts) if not _is_certain(mark, kind)]
    settings = []
    asks = []
    if decided:
        settings.append(Setting("empty", decided, ground=_counts(facts, decided)))
    if doubtful:
        ground = f"{_counts(facts, doubtful)}; if no value is meant"
        settings.append(Setting("empty", decided + doubtful, chosen=False, ground=ground))
    if asked := [mark for mark in doubtful if mark not in facts.errors]:
        asks.append(f"does {' or '.join(map(_quoted, asked[:_SHOWN]))} mean no value?")
    return Reading(settings=tuple(settings), grounds=tuple(_error_grounds(facts)), asks=tuple(asks))


def _ordered(facts: Facts) -> list[str]:
    return sorted(facts.marks, key=lambda mark: (-facts.marks[mark], mark))


def _is_certain(mark: str, kind: Tongue) -> bool:
    if mark in vocabulary().signs:
        return True
    # A spreadsheet's error is a value that was lost, and only perhaps one that was never there.
    return kind is not Tongue.NAMES and plain(mark) in vocabulary().technical and not mark.startswith("#")


def _counts(facts: Facts, marks: list[str]) -> str:
    return number_of(sum(facts.marks[mark] for mark in marks), "cell")


def _quoted(mark: str) -> str:
    return f'"{mark}"'


def _error_grounds(facts: Facts) -> Iterator[str]:
    if facts.errors:
        words = ", ".join(sorted(facts.errors)[:_SHOWN])
        yield f"{number_of(facts.errors.total(), 'cell')} with an error of a spreadsheet ({words}), to be rejected"
