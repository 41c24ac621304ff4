"""Lines at the end of a table that sum it up: "Total: 2,000", "Summe;;;12.500,00", "2 000 lignes", "Seite 1 von 1"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

LAST: Final = 5
"""Only so many records at the end of a source can be footers; further up the same cells are a record."""

_WORDS: Final = (
    *("total", "totals", "grand total", "subtotal", "sum", "sums", "count", "number of", "no. of", "end of"),
    *("summe", "summen", "gesamt", "gesamtsumme", "zwischensumme", "insgesamt", "anzahl", "ende"),
    *("somme", "total général", "sous-total", "nombre", "effectif", "fin"),
    *("suma", "total general", "recuento", "número de", "totale", "somma", "conteggio", "totaal", "aantal", "soma"),
)
_ROWS: Final = (
    *("records", "rows", "lines", "entries", "items", "registrations"),
    *("datensätze", "zeilen", "einträge", "anmeldungen", "teilnehmer"),
    *(
        "lignes",
        "enregistrements",
        "inscriptions",
        "filas",
        "líneas",
        "registros",
        "righe",
        "regels",
        "rijen",
        "linhas",
    ),
)
_PAGE: Final = r"(?:page|seite|página|pagina)"
_NUMBER: Final = r"[-+]?\d[\d.,'\u2019\s]*"
_AMOUNT: Final = re.compile(rf"[\s(]*[^\w\s]?\s*{_NUMBER}\s*(?:[^\w\s]|[a-z]{{2,3}})?[\s)]*", re.IGNORECASE)

_SUM_WORD: Final = "|".join(map(re.escape, _WORDS))
_ROW_WORD: Final = "|".join(_ROWS)
# A word for the sum alone or before a colon or a number: "Count Basie" and "Sum 41" on a full row are people and bands.
_FOOTER: Final = re.compile(
    rf"\W*(?:(?:{_SUM_WORD})(?:[\w\s./()-]{{0,60}}?[:=].*|(?:\s[\w\s]{{0,60}}?)?\s+{_NUMBER}[\w\s]{{0,60}})?"
    rf"|{_NUMBER}\s*(?:{_ROW_WORD})"
    rf"|{_PAGE}\s+\d+.*"
    rf"|end of (?:file|report|list|data)|ende der (?:liste|datei|daten))\W*",
    re.IGNORECASE | re.DOTALL,
)
_SPEAKS_FOR_ITSELF: Final = re.compile(r"[:=]|\d")


def looks_like_footer(cells: Sequence[str]) -> bool:
    """Whether the cells of a row are a footer; ask it only of the last `LAST` records of a source.

    The first cell that is not empty begins with a word for a sum or a count, every other one is an amount, and most
    are empty, unless the first says itself what it counts (a `Total: 2,000` cut apart at its comma).
    """
    first, *others = [cell.strip() for cell in cells if cell.strip()] or [""]
    if not _FOOTER.fullmatch(first) or not all(_AMOUNT.fullmatch(cell) for cell in others):
        return False
    mostly_empty = not others or 2 * (1 + len(others)) <= len(cells)
    return mostly_empty or _SPEAKS_FOR_ITSELF.search(first) is not None
