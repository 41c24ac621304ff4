"""What is wrong with single rows of the legacy export.

A lone surrogate U+DC80 to U+DCFF stands for that raw byte in the CSV. What a workbook cannot hold is sound there.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from legacy_cells import NBSP, Cell, ErrorCell, Raw, Row, Scientific
from legacy_entries import SOUND, Entry, Flaw, Kind

_IN_THE_GAP: Final = datetime(2027, 3, 28, 2, 30)  # noqa: DTZ001 (a cell has no zone; in Berlin no clock showed this)
_SOFT_HYPHEN: Final = "\xad"
_ZERO_WIDTH: Final = "\u200b"


def _flawed(csv: Flaw, sheet: Flaw | None = None) -> Kind:
    return Kind(1, lambda maker: [Entry(maker.registration(), csv, csv if sheet is None else sheet)])


def _one(error: str, column: str, *cells: Cell, beside: Row | None = None) -> list[Kind]:
    """For each cell a row in which it stands in this column, and others beside it, and breaks one rule."""
    flaws = [Flaw((error,), {column: cell} | (beside or {})) for cell in cells]
    return [_flawed(flaw) for flaw in flaws]


def _in_csv(error: str, changed: Row, surplus: int = 0) -> Kind:
    """A row that only a text file can spoil; it has no cell over several lines."""
    one_line: Row = {"Bemerkung 1": "", "Bemerkung 2": ""}
    return _flawed(Flaw((error,), one_line | changed, surplus), SOUND)


RAGGED: Final = (
    _in_csv(" ragged-row", {"Bemerkung 1": Raw("Anreise am Vorabend; bitte Hotel nennen")}),
    _in_csv(" ragged-row", {}, -9),
    _in_csv(" ragged-row", {}, -30),
    _in_csv(" ragged-row", {"Firma": Raw('"Adler" Apotheke')}),
    _in_csv(" ragged-row", {"Bemerkung 2": Raw('""Zum Löwen"" am Markt')}),
    _in_csv(" ragged-row", {"Bemerkung 1": Raw('"Hotel zum Löwen')}),
)
_UNREADABLE: Final = (
    _in_csv(" encoding-error", {"Nachname": "\udc8dapák"}),
    _in_csv(" encoding-error", {"Bemerkung 1": "Gr\udc81\udce1e aus M\udc81nchen"}),
    _in_csv(" encoding-error", {"Ort": "Kas\0sel"}),
    _in_csv(" encoding-error", {"Interne Notiz": "\0\0\0"}),
)
_DAMAGED: Final = (
    *_one("sys_external_id damaged-value", "Teilnehmer-Nr", "1,23E+15", "1,2E+05"),
    _flawed(Flaw(("order_id damaged-value",), {"Auftrags-Nr": Scientific(4_027_100_123_456)}), SOUND),
    _flawed(Flaw(("order_id damaged-value",), {"Auftrags-Nr": Scientific(4_027_100_654_321)}), SOUND),
    *_one("package_id damaged-value", "Paket", ErrorCell("#NV", "#N/A")),
    *_one("contact_id damaged-value", "Mitglied", ErrorCell("#NV", "#N/A")),
    *_one("city damaged-value", "Ort", ErrorCell("#BEZUG!", "#REF!")),
    *_one("badge.organization_name damaged-value", "Firma", ErrorCell("#BEZUG!", "#REF!")),
    *_one("order_total damaged-value", "Betrag", ErrorCell("#WERT!", "#VALUE!")),
    *(
        _flawed(
            Flaw((f"{field} damaged-value",), {column: number[:4] + sign + number[4:]}),
            Flaw((f"{field} damaged-value",), {column: number[:4] + _ZERO_WIDTH + number[4:]}),
        )
        for field, column, number, sign in (
            ("sys_external_id", "Teilnehmer-Nr", "004711", _SOFT_HYPHEN),
            ("contact_id", "Mitglied", "0047110", NBSP),
        )
    ),
)
_DATES: Final = (
    *_one("date format-error", "Angemeldet am", "31.02.2027 10:15", "29.02.2027 18:40"),
    *_one("date format-error", "Angemeldet am", "03.04.2027 24:30", "12.01.2027 25:00"),
    *_one("date format-error", "Angemeldet am", "04/25/2027 09:30", "04.25.2027 09:30"),
    *_one("date format-error", "Angemeldet am", _IN_THE_GAP, _IN_THE_GAP),
    *_one("cancellation_date format-error", "Storniert am", "31.11.2026", "demnächst", beside={"Status": "storniert"}),
)
_VALUES: Final = (
    *_one("order_total type-error", "Betrag", "12.34,5", "zwölf Euro"),
    *_one("order_amount_paid type-error", "Bezahlt", "1,234.56 €"),
    *_one("status enum-error", "Status", "bezahlt", "bestaetigt"),
    *_one("event_id enum-error", "Veranstaltung", "Herbsttagung 2026"),
    *_one("country enum-error", "Land", "BRD"),
    *_one("sessions enum-error", "Workshops", "WS-01, WS-99"),
    *_one("contact_id lookup-error", "Mitglied", 9_000_123, "0000000"),
    *_one("order_currency_code length-error", "Währung", "EURO", "€"),
    _flawed(
        Flaw(
            ("status enum-error", "date format-error"),
            {"Status": "offen", "Angemeldet am": "32.01.2027 08:00"},
        )
    ),
    _flawed(Flaw(("order_currency_code length-error", "order_total type-error"), {"Währung": "Euro", "Betrag": "?"})),
)
_ABSENT: Final = (
    *_one("sys_external_id missing-value", "Teilnehmer-Nr", "", "-"),
    *_one("contact_id missing-value", "Mitglied", "", "k.A."),
    *_one("event_id missing-value", "Veranstaltung", ""),
    *_one("type_id missing-value", "Kategorie", "-"),
    *_one("package_id missing-value", "Paket", ""),
    *_one("name missing-value", "Nachname", "", beside={"Vorname": ""}),
    *_one("cancellation_date condition-error", "Storniert am", "", "-", beside={"Status": "storniert"}),
)
ODD: Final = (
    _flawed(Flaw((), {"Angemeldet am": "12.01.2027 24:00"})),
    _flawed(Flaw((), {"Bemerkung 1": Raw('Raum 3" links, Tür 2')})),
)
"""What looks wrong and is not: the midnight at the end of a day, and a quote in a cell that no quotes enclose."""
REPEATABLE: Final = (*_UNREADABLE, *_DAMAGED, *_DATES, *_VALUES, *_ABSENT)
"""Every kind that a large file has many of."""
