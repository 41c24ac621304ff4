"""What can be wrong with the names of a source's columns; always all of it at once."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Final

from regbulk.source.contract import CLEARS, OWN_COLUMNS

_RESERVED: Final = {*OWN_COLUMNS, CLEARS}


def header_problems(columns: Sequence[str], known: Collection[str], nearest: Callable[[str], str | None]) -> list[str]:
    """Every problem of a header, one sentence each; an empty list means the columns can be read.

    Args:
        columns: the names as they stand in the source.
        known: all names a column may have: fields, and dotted members of fields that are objects.
        nearest: the known name most like an unknown one; None when none is like it.
    """
    return [*name_problems(columns), *_unknown(columns, known, nearest), *_both_ways(columns)]


def name_problems(columns: Sequence[str]) -> list[str]:
    """What is wrong with the names by themselves: blank, twice, or one of regbulk's own."""
    problems = ["no columns were found; expected a header line with the names of fields"] if not columns else []
    places: dict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(columns, 1):
        places[_folded(name)].append(number)
        if not name.strip():
            problems.append(f"column {number} has no name; name it or remove the column")
        if name == "*" or (name.startswith("^") and name.endswith("$")):
            problems.append(f"column {number} is named {name!r}, which stands for many columns; give it another name")
        if name in _RESERVED:
            own = ", ".join(OWN_COLUMNS)
            problems.append(
                f"column {number} is named {name!r}, a name of regbulk's own; remove it "
                f"(a rejects.csv has {own} as its last four columns, in this order)"
            )
    return problems + [_twice(columns, numbers) for folded, numbers in places.items() if folded and len(numbers) > 1]


def _folded(name: str) -> str:
    """What is left of a name without case, spaces around it, invisible characters, and ways to write an accent."""
    seen = "".join(sign for sign in unicodedata.normalize("NFC", name) if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFC", seen.strip().casefold())


def _twice(columns: Sequence[str], numbers: Sequence[int]) -> str:
    names = dict.fromkeys(columns[number - 1] for number in numbers)
    where = ", ".join(map(str, numbers))
    if len(names) == 1:
        return f"column {next(iter(names))!r} stands {len(numbers)} times (columns {where}); keep one"
    if len({name.strip().casefold() for name in names}) == 1:
        return f"columns {' and '.join(map(repr, names))} differ only in case or spaces (columns {where}); keep one"
    # Names that look alike are told apart by the numbers of their characters.
    shown = " and ".join(map(ascii, names))
    return f"columns {shown} differ only in invisible characters or accents (columns {where}); keep one"


def _unknown(columns: Sequence[str], known: Collection[str], nearest: Callable[[str], str | None]) -> list[str]:
    unknown = [name for name in dict.fromkeys(columns) if name.strip() and name not in known and name not in _RESERVED]
    near = {name: nearest(name) for name in unknown}
    # A first line that looks like no field at all is likely a record, and people's data belongs in no message.
    few_near = sum(1 for name in near.values() if name) * 2 < len(near)
    if unknown and few_near and not any(name in known for name in columns):
        found = f"no column has the name of a field (columns: {len(columns)})"
        reason = "the header line is missing, or the names are another system's"
        return [f"{found}: {reason}; `regbulk guess` drafts a mapping, `regbulk template` shows the names"]
    return [f"unknown column {name!r}; {_advice(near[name])}" for name in unknown]


def _advice(near: str | None) -> str:
    return f"did you mean {near!r}?" if near else "remove it, or let a mapping say what it is (see `regbulk guess`)"


def _both_ways(columns: Sequence[str]) -> list[str]:
    present = set(columns)
    dotted: dict[str, list[str]] = defaultdict(list)
    for name in dict.fromkeys(columns):
        field, dot, _ = name.partition(".")
        if dot and field in present:
            dotted[field].append(name)
    return [
        f"column {field!r} and its members {', '.join(map(repr, members))} are both there; keep the one or the others"
        for field, members in dotted.items()
    ]
