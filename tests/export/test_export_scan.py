from __future__ import annotations

import hashlib

from regbulk.api import Page, Stray
from regbulk.export.scan import Scan


def test_only_the_first_thousand_strays_are_listed_but_all_are_counted() -> None:
    scan = Scan()
    scan.take("e1", Page([], None, tuple(Stray(place, None) for place in range(1, 1_201))))
    counts = scan.counts({})
    assert (counts.quarantined, len(counts.quarantine), counts.rows) == (1_200, 1_000, 0)


def test_the_cursor_chain_is_hashed_with_its_events() -> None:
    scan = Scan()
    scan.take("e1", Page([], "c1"))
    scan.take("e1", Page([], None))
    assert scan.counts({}).cursors_sha256 == hashlib.sha256(b'["e1","c1"]\n["e1",null]\n').hexdigest()


def test_a_record_seen_in_two_events_is_written_once() -> None:
    scan = Scan()
    scan.take("e1", Page([{"id": "a"}], None))
    assert scan.take("e2", Page([{"id": "a"}, {"id": "b"}], None)) == [{"id": "b"}]
    counts = scan.counts({})
    assert (counts.event_rows, counts.overlaps) == ({"e1": 1, "e2": 1}, 1)
