"""Invented members of an association; every character of theirs exists in Windows-1252."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

WORDS: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("legacy_words.json").read_text(encoding="utf-8"))
"""Names, places and remarks; what a person of this association would type."""

_PRIME: Final = 999_983
"""Members are numbered by a permutation of 1 to this, so that numbers look given out over decades."""
_LETTERS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "œ": "oe", "å": "aa"}
)


class Member(NamedTuple):
    """Somebody who registers, the same under the same index; `number` is the member number, `firm` may be absent."""

    number: int
    salutation: str
    given: str
    family: str
    email: str
    firm: str | None
    place: str
    country: str


@cache
def _plain(name: str) -> str:
    """A name as it stands in a mail address."""
    decomposed = unicodedata.normalize("NFD", name.lower().translate(_LETTERS))
    return "".join(letter for letter in decomposed if letter.isascii() and letter.isalpha())


def member(index: int) -> Member:
    """The member with this index, counted from 0; fewer than a million."""
    rng = Random(f"legacy member {index}")
    salutation = rng.choice(("Frau", "Herr"))
    given, family = rng.choice(WORDS["given"][salutation]), rng.choice(WORDS["family"])
    place, country = rng.choice(WORDS["places"])
    return Member(
        number=(index + 1) * 48_271 % _PRIME,
        salutation=salutation,
        given=given,
        family=family,
        email=f"{_plain(given)}.{_plain(family)}.{index}@{rng.choice(('example.org', 'example.com', 'example.net'))}",
        firm=rng.choice(WORDS["firms"]) if rng.random() < 0.45 else None,
        place=place,
        country=country,
    )


def contact_id(number: int) -> str:
    """The contact that stands for a member number in the new system."""
    return f"con-{number * 279_470 % _PRIME:06}"
