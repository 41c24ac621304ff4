"""Which part of a mapping gives a field its value, and where two parts would give it one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from regbulk.mapping.document import Document, Way
from regbulk.mapping.mapping import Mapping, ToCustomField, ToField, ToReference
from regbulk.mapping.problems import Problem
from regbulk.mapping.targets import CUSTOM_FIELD_VALUES


class Claim(NamedTuple):
    """A part of a mapping, by its key, that gives a field its value; of several custom fields each is a field."""

    field: str
    by: Way


def claims(mapping: Mapping) -> Iterator[Claim]:
    """Every field that a mapping gives a value, with what does."""
    for column in mapping.columns:
        by: Way = ("columns", column.name)
        if isinstance(column.target, ToField):
            yield Claim(column.target.name, by)
        elif isinstance(column.target, ToReference):
            yield Claim(column.target.field, by)
        elif isinstance(column.target, ToCustomField):
            yield Claim(f"{CUSTOM_FIELD_VALUES}[{column.target.id}]", by)
    yield from (Claim(constant.field, ("constants", constant.field)) for constant in mapping.constants)
    yield from (Claim(join.field, ("joins", join.field)) for join in mapping.joins)


def overlap(field: str, other: str) -> bool:
    """Whether two fields cannot both be given: one and the same, or one is part of the other."""
    return any(
        whole == part or part.startswith((f"{whole}.", f"{whole}[")) for whole, part in ((field, other), (other, field))
    )


def claim_problems(mapping: Mapping, document: Document) -> Iterator[Problem]:
    """Each part of a mapping that gives a field a value which an earlier one gives already."""
    earlier: list[Claim] = []
    for claim in claims(mapping):
        for before in earlier:
            if overlap(claim.field, before.field):
                line = document.place(*before.by).line
                told = f"found {claim.field!r}, but line {line} gives {before.field!r} its value already; keep one"
                yield document.problem(told, *claim.by)
        earlier.append(claim)
