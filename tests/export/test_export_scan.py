from __future__ import annotations

import hashlib

from regbulk.export.scan import Scan


def test_an_item_that_is_no_object_is_set_aside_and_listed() -> None:
    scan = Scan()
    scan.take("e1", [{"id": "a"}], cursor="c")
    assert scan.take("e1", ["stray", {"id": "b"}, None], cursor=None) == [{"id": "b"}]
    counts = scan.counts({})
    assert (counts.rows, counts.quarantined) == (2, 2)
    assert [item.model_dump() for item in counts.quarantine] == [
        {"event": "e1", "page": 2, "position": 1, "value": '"stray"'},
        {"event": "e1", "page": 2, "position": 3, "value": "null"},
    ]


def test_only_the_first_thousand_strays_are_listed_but_all_are_counted() -> None:
    scan = Scan()
    scan.take("e1", list(range(1_200)), cursor=None)
    counts = scan.counts({})
    assert (counts.quarantined, len(counts.quarantine), counts.rows) == (1_200, 1_000, 0)


def test_the_cursor_chain_is_hashed_with_its_events() -> None:
    scan = Scan()
    scan.take("e1", [], cursor="c1")
    scan.take("e1", [], cursor=None)
    assert scan.counts({}).cursors_sha256 == hashlib.sha256(b'["e1","c1"]\n["e1",null]\n').hexdigest()


def test_a_record_seen_in_two_events_is_written_once() -> None:
    scan = Scan()
    scan.take("e1", [{"id": "a"}], cursor=None)
    assert scan.take("e2", [{"id": "a"}, {"id": "b"}], cursor=None) == [{"id": "b"}]
    counts = scan.counts({})
    assert (counts.event_rows, counts.overlaps) == ({"e1": 1, "e2": 1}, 1)
