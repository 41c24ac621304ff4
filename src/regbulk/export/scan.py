"""What the pages of a scan amount to: new records, overlaps, and what is no record at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from regbulk.export.encode import Record
from regbulk.export.fit import dump
from regbulk.export.manifest import Counts, Quarantined

if TYPE_CHECKING:
    from regbulk.api import Page, Stray

_LISTED: Final = 1_000


class Scan:
    """Counts of pages and records so far.

    Every id written is remembered (some 100 bytes each), so that a record seen on two pages is written once.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.pages = 0
        self._overlaps = 0
        self._quarantined = 0
        self._quarantine: list[Quarantined] = []
        self._event_rows: dict[str, int] = {}
        self._ids: set[str] = set()
        self._cursors = hashlib.sha256()

    def take(self, event: str, page: Page) -> list[Record]:
        """The records of one page that were not seen before, in the order of the page."""
        self.pages += 1
        self._cursors.update(dump([event, page.cursor]).encode() + b"\n")
        for stray in page.strays:
            self._set_aside(stray, event)
        new: list[Record] = [record for record in page.registrations if self._is_new(record)]
        self.rows += len(new)
        self._event_rows[event] = self._event_rows.get(event, 0) + len(new)
        return new

    def counts(self, kept_raw: Mapping[str, int]) -> Counts:
        """Everything counted so far, with what the columns could not hold."""
        return Counts(
            pages=self.pages,
            rows=self.rows,
            overlaps=self._overlaps,
            quarantined=self._quarantined,
            quarantine=tuple(self._quarantine),
            event_rows=self._event_rows,
            kept_raw=kept_raw,
            cursors_sha256=self._cursors.hexdigest(),
        )

    def _is_new(self, record: Record) -> bool:
        # A record without an id cannot be told from another: it is written, never taken for an overlap.
        if not isinstance(key := record.get("id"), str):
            return True
        if key in self._ids:
            self._overlaps += 1
            return False
        self._ids.add(key)
        return True

    def _set_aside(self, stray: Stray, event: str) -> None:
        self._quarantined += 1
        if len(self._quarantine) < _LISTED:
            position, value = stray.position, dump(stray.value)
            self._quarantine.append(Quarantined(event=event, page=self.pages, position=position, value=value))
