"""Rows of the legacy export as they should be: registrations, their guests, and registrations that replace others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from legacy_cells import NBSP, Cell, Padded, Row, text
from legacy_people import WORDS, Member, member

MISSING_NO: Final = 999_999
"""A legacy number that no registration of any file has."""
_STATUSES: Final = ("bestätigt", "vorläufig", "storniert", "Entwurf")


class _Event(NamedTuple):
    name: str
    packages: tuple[str, ...]
    workshops: str
    guests: str


_EVENTS: Final = (
    _Event("Jahrestagung 2027", ("JT Vollkarte", "JT Tageskarte"), "WS-{:02}", "JT Begleitprogramm"),
    _Event("Sommerakademie 2027", ("SA Woche", "SA Wochenende"), "AK-{:02}", "SA Begleitprogramm"),
)


class Numbering(NamedTuple):
    """How far apart the legacy numbers of one file are."""

    step: int

    def number(self, index: int) -> int:
        """The legacy number of the registration with this index, counted from 0."""
        return 23 + index * self.step

    def registration(self, index: int) -> Row:
        """A registration that stands for itself."""
        rng = Random(f"legacy registration {index}")
        who, event = member(index), rng.choice(_EVENTS)
        row = {"Teilnehmer-Nr": keyed(self.number(index), 6, rng)} | _who(who, rng) | _chosen(event, rng)
        row |= _standing(rng) | _paid(index, rng) | {"Begleitperson": False, "Erstteilnehmer": rng.random() < 0.3}
        if who.firm is None and rng.random() < 0.3:
            row["Firma"] = "-"
        return row | _asked(rng)

    def guest(self, index: int, parent: Row) -> Row:
        """A guest of another registration, for the same event."""
        rng = Random(f"legacy guest {index}")
        event = next(event for event in _EVENTS if event.name == parent["Veranstaltung"])
        row = self.registration(index) | {
            "Veranstaltung": event.name,
            "Kategorie": "Begleitung",
            "Paket": event.guests,
            "Begleitperson": True,
            "Begleitung von": keyed(number_of(parent), 6, rng),
            "Mitgliedsjahre": "k.A.",
        }
        return without(row, "Workshops", "Firma")

    def replacement(self, index: int, original: Row) -> Row:
        """A registration of the same member that replaces an earlier one; the earlier one must be cancelled."""
        rng = Random(f"legacy replacement {index}")
        taken = ("Mitglied", "Anrede", "Vorname", "Nachname", "E-Mail", "Ort", "Land", "Veranstaltung", "Kategorie")
        same = {column: original[column] for column in (*taken, "Paket") if column in original}
        row = without(self.registration(index), "Firma", "Workshops", "Storniert am") | same
        later = {"Angemeldet am": _moment(rng) + timedelta(days=60), "Status": "bestätigt"}
        return row | later | {"Ersetzt Anmeldung": keyed(number_of(original), 6, rng)}

    def elsewhere(self, index: int, first: Row) -> Row:
        """A registration of the same member for the other event."""
        rng = Random(f"legacy elsewhere {index}")
        (other,) = (event for event in _EVENTS if event.name != first["Veranstaltung"])
        taken = ("Mitglied", "Anrede", "Vorname", "Nachname", "E-Mail", "Firma", "Ort", "Land")
        same = {column: first[column] for column in taken if column in first}
        return without(self.registration(index), "Workshops", "Firma") | same | _chosen(other, rng)


def keyed(number: int, width: int, rng: Random) -> Cell:
    """A number that once had leading zeros: as text, as a number that shows them, or as one that lost them."""
    return rng.choice((f"{number:0{width}}", f"{number:0{width}}", Padded(number, width), number))


def number_of(row: Row) -> int:
    """The legacy number of a registration."""
    return int(text(row["Teilnehmer-Nr"]))


def cancelled(row: Row) -> Row:
    """The same registration, cancelled."""
    registered = row["Angemeldet am"]
    assert isinstance(registered, datetime)
    return row | {"Status": "storniert", "Storniert am": registered.date() + timedelta(days=9)}


def without(row: Row, *columns: str) -> Row:
    """The same row with empty cells in some columns."""
    return {column: cell for column, cell in row.items() if column not in columns}


def _who(who: Member, rng: Random) -> Row:
    row: Row = {
        "Mitglied": keyed(who.number, 7, rng),
        "Anrede": who.salutation,
        "Vorname": who.given,
        "Nachname": who.family + (NBSP if rng.random() < 0.03 else ""),
        "E-Mail": who.email,
        "Ort": who.place + (" " if rng.random() < 0.03 else ""),
        "Land": who.country,
    }
    if who.firm is not None:
        row["Firma"] = who.firm
    if rng.random() < 0.2:
        row["Namensschild"] = rng.choice(WORDS["badges"]).format(f"{who.given} {who.family}")
    return row


def _chosen(event: _Event, rng: Random) -> Row:
    row: Row = {
        "Veranstaltung": event.name,
        "Kategorie": rng.choice(("Mitglied", "Mitglied", "Nichtmitglied", "Studierend", "Referent/in")),
        "Paket": rng.choice(event.packages),
    }
    if rng.random() < 0.4:
        row["Workshops"] = ", ".join(map(event.workshops.format, sorted(rng.sample(range(1, 9), 2))))
    return row


def _moment(rng: Random) -> datetime:
    """An hour of day in autumn or winter, or in spring, at which no clock is changed."""
    return datetime(2026, 10, 1, 7, 0) + timedelta(days=rng.randrange(180), minutes=rng.randrange(840))  # noqa: DTZ001


def _standing(rng: Random) -> Row:
    (status,) = rng.choices(_STATUSES, (78, 8, 10, 4))
    row: Row = {"Status": status, "Angemeldet am": _moment(rng)}
    if status == "storniert":
        return cancelled(row)
    return row | ({"Storniert am": "-"} if rng.random() < 0.1 else {})


def _paid(index: int, rng: Random) -> Row:
    if rng.random() < 0.25:
        return {}
    total = Decimal(rng.choice(("0.00", "95.00", "240.50", "390.10", "1234.56", "12180.00")))
    paid = rng.choice((total, total, total, total / 2, Decimal(0)))
    return {
        "Auftrags-Nr": Padded(4_027_100_000_000 + index * 104_729 % 10**8, 13),
        "Betrag": total,
        "Bezahlt": paid,
        "Währung": "EUR",
    }


def _asked(rng: Random) -> Row:
    shares: Sequence[tuple[float, str, Cell]] = (
        (0.6, "Newsletter", rng.random() < 0.5),
        (0.3, "Diät", rng.choice(WORDS["diets"])),
        (0.5, "Mitgliedsjahre", rng.choice((1, 3, 12, 27, 0.5, 12.5))),
        (0.2, "Bemerkung 1", rng.choice(WORDS["remarks"])),
        (0.08, "Bemerkung 2", rng.choice(WORDS["remarks"])),
        (0.08, "Interne Notiz", rng.choice(WORDS["desk_remarks"])),
    )
    return {column: cell for share, column, cell in shares if rng.random() < share}
