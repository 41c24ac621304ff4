"""Invented people of many scripts; every family name is combined with given names of its own culture only."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Final

DOMAINS: Final = ("example.org", "example.com", "example.net")  # reserved by RFC 2606, so no mail reaches anybody


@dataclass(frozen=True)
class Person:
    """Somebody who registers, the same under the same number.

    Attributes:
        given_first: whether the full name is given name, space, family name, as an importer would derive it.
        zone: the offset of the place where the person lives, without summer time.
        currency: ISO 4217 code and symbol.
    """

    given: str
    family: str
    full_name: str
    given_first: bool
    email: str
    title: str
    organization: str
    organization_id: str
    city: str
    state: str | None
    country: str
    zone: timezone
    currency: tuple[str, str]


@cache
def _cultures() -> list[dict[str, Any]]:
    cultures: list[dict[str, Any]] = json.loads(Path(__file__).with_name("cultures.json").read_text(encoding="utf-8"))
    return cultures


def person(number: int) -> Person:
    """The person of a contact number."""
    rng = Random(f"person {number}")
    culture = rng.choice(_cultures())
    given, given_ascii = rng.choice(list(culture["given"].items()))
    family, family_ascii = rng.choice(list(culture["family"].items()))
    city, state, country = culture["place"]
    code, symbol = culture["currency"]
    sign, hours, minutes = culture["offset"][0], int(culture["offset"][1:3]), int(culture["offset"][4:])
    offset = timedelta(hours=hours, minutes=minutes)
    return Person(
        given=given,
        family=family,
        full_name=culture["order"].replace("given", given).replace("family", family),
        given_first=culture["order"] == "given family",
        email=f"{given_ascii}.{family_ascii}.{number}@{rng.choice(DOMAINS)}",
        title=rng.choice(culture["titles"]),
        organization=culture["organization"],
        organization_id=f"org-{culture['code']}-0{rng.randint(1, 4)}",
        city=city,
        state=state or None,
        country=country,
        zone=timezone(-offset if sign == "-" else offset),
        currency=(code, symbol),
    )
