"""What is wrong between rows of the legacy export: numbers that stand twice, guests of nobody, circles."""

from __future__ import annotations

from typing import Final

from legacy_cells import Row
from legacy_dirt import RAGGED
from legacy_entries import Entry, Flaw, Kind, Maker
from legacy_records import MISSING_NO, cancelled, number_of

_GUEST: Final = "parent_registration_id reference-error"
_DUPLICATE: Final = "sys_external_id duplicate-key"


def _same(good: Row, *errors: str, changed: Row | None = None) -> Entry:
    flaw = Flaw(errors, changed or {})
    return Entry(good, flaw, flaw)


def _guest_of_nobody(maker: Maker) -> list[Entry]:
    return [_same(maker.guest(maker.anchor), _GUEST, changed={"Begleitung von": MISSING_NO})]


def _replacement_of_nothing(maker: Maker) -> list[Entry]:
    gone: Row = {"Ersetzt Anmeldung": str(MISSING_NO)}
    return [_same(maker.replacement(maker.anchor), "modified_registration_id reference-error", changed=gone)]


def _guest_of_itself(maker: Maker) -> list[Entry]:
    guest = maker.guest(maker.anchor)
    return [_same(guest, _GUEST, changed={"Begleitung von": number_of(guest)})]


def _guests_of_each_other(maker: Maker) -> list[Entry]:
    first = maker.registration()
    second = maker.guest(first)
    return [_same(first, _GUEST, changed={"Begleitung von": number_of(second)}), _same(second, _GUEST)]


def _one_number_twice(maker: Maker) -> list[Entry]:
    """The zeros of the second are lost, so that only the repaired numbers are the same."""
    first, second = maker.registration(), maker.registration()
    padded: Row = {"Teilnehmer-Nr": f"{number_of(first):06}"}
    lost: Row = {"Teilnehmer-Nr": number_of(first)}
    return [_same(first | padded, _DUPLICATE), _same(second, _DUPLICATE, changed=lost)]


def _guest_of_two(maker: Maker) -> list[Entry]:
    first, second = _one_number_twice(maker)
    return [first, second, _same(maker.guest(first.good), _GUEST)]


def _guests_of_a_reject(maker: Maker) -> list[Entry]:
    parent = maker.registration()
    guest = maker.guest(parent)
    unknown: Row = {"Mitglied": 9_000_456}
    rejected = _same(parent, "contact_id lookup-error", changed=unknown)
    return [rejected, _same(guest, _GUEST), _same(maker.guest(guest), _GUEST)]


def _replacement_of_a_reject(maker: Maker) -> list[Entry]:
    original = cancelled(maker.registration())
    rejected = _same(original, "date format-error", changed={"Angemeldet am": "30.02.2027 11:05"})
    return [rejected, _same(maker.replacement(original), "modified_registration_id reference-error")]


def _guest_of_an_unreadable_row(maker: Maker) -> list[Entry]:
    (parent,) = RAGGED[1].make(maker)
    return [parent, Entry(maker.guest(parent.good), Flaw((_GUEST,)))]


LINKS: Final = (
    Kind(1, _guest_of_nobody),
    Kind(1, _replacement_of_nothing),
    Kind(1, _guest_of_itself),
    Kind(2, _guests_of_each_other),
    Kind(2, _one_number_twice),
    Kind(3, _guest_of_two),
    Kind(3, _guests_of_a_reject),
    Kind(2, _replacement_of_a_reject),
)
GUEST_OF_AN_UNREADABLE_ROW: Final = Kind(2, _guest_of_an_unreadable_row)
