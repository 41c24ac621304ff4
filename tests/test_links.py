from __future__ import annotations

import tempfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regbulk import partitions, rejects
from regbulk.references.links import SCHEMA, Linked, link

PARENT, MODIFIED = "parent_registration_id", "modified_registration_id"
Row = tuple[str | None, str | None, str | None]
"""A record's own legacy key, and the ones it names in the two fields."""


def linked(
    rows: list[Row],
    rejected: list[int] = [],  # noqa: B006 - never changed
    *,
    rows_a_file: int = 3,
    events: list[str | None] | None = None,
) -> Linked:
    """Rows as records 1, 2, … on lines 11, 12, …, with their events where the source has any."""
    frame = pl.DataFrame(
        [(n, n + 10, *row) for n, row in enumerate(rows, 1)],
        schema={
            "_record_no": pl.Int64,
            "_line_no": pl.Int64,
            "_anchor": pl.String,
            f"_to:{PARENT}": pl.String,
            f"_to:{MODIFIED}": pl.String,
        },
        orient="row",
    )
    if events is not None:
        frame = frame.with_columns(pl.Series("event_id", events, pl.String))
    with tempfile.TemporaryDirectory() as folder:
        anchors = Path(folder) / "anchors"
        with partitions.PartitionWriter(anchors, rows=rows_a_file) as writer:
            writer.write(frame)
        return link(anchors, pl.Series("record_no", rejected), [PARENT, MODIFIED])


def told(found: Linked) -> dict[int, str]:
    return dict(found.rejects.select("record_no", "message").iter_rows())


def test_a_parent_is_found_wherever_it_stands_and_children_wait_a_wave_longer():
    found = linked([("c", "b", None), ("b", "a", None), ("x", None, None), ("a", None, None), ("d", "a", "c")])
    assert found.links.rows() == [
        (1, 11, PARENT, "b", 2, 2),
        (2, 12, PARENT, "a", 4, 1),
        (5, 15, PARENT, "a", 4, 3),
        (5, 15, MODIFIED, "c", 1, 3),
    ]
    assert not found.rejects.height
    assert found.links.schema == pl.Schema(SCHEMA)


def test_a_legacy_key_that_the_source_lacks_is_left_to_the_target():
    found = linked([("a", "elsewhere", None), ("b", "elsewhere", "a")])
    assert found.links.select("record_no", "to", "parent_no", "wave").rows() == [
        (1, "elsewhere", None, 0),
        (2, "elsewhere", None, 1),
        (2, "a", 1, 1),
    ]


def test_a_legacy_key_on_several_records_matters_only_where_it_is_referred_to():
    found = linked([("a", None, None), ("a", None, None), ("b", "a", None), ("c", None, None), ("c", None, None)])
    assert told(found) == {3: "found a legacy key that stands on 2 records (1, 2), expected it on one"}
    assert found.rejects.select("line_no", "field", "code", "value").rows() == [(13, PARENT, "reference-error", "a")]
    assert not found.links.height


def test_a_legacy_key_in_two_events_means_the_record_of_the_own_event():
    rows: list[Row] = [("1", None, None), ("1", None, None), ("a", "1", None), ("b", None, "1"), ("c", "1", None)]
    found = linked(rows, events=["e1", "e2", "e2", "e1", None])
    assert found.links.select("record_no", "field", "parent_no", "wave").rows() == [
        (3, PARENT, 2, 1),
        (4, MODIFIED, 1, 1),
    ]
    assert told(found) == {5: "found a legacy key that stands on 2 records (1, 2), expected it on one"}


def test_a_legacy_key_of_another_event_alone_is_a_reject_and_so_are_its_children():
    rows: list[Row] = [("p", None, None), ("a", "p", None), ("b", None, "p"), ("c", "a", None), ("d", "p", None)]
    found = linked(rows, events=["e1", "e2", "e2", "e2", "e1"])
    foreign = "found record 1 of another event, expected one of the record's own event"
    assert told(found) == {2: foreign, 3: foreign, 4: "its parent, record 2 (line 12), was rejected"}
    assert found.links.select("record_no", "parent_no").rows() == [(5, 1)]


def test_an_event_that_is_not_known_fits_any():
    rows: list[Row] = [("p", None, None), ("q", None, None), ("a", "p", None), ("b", "q", None)]
    found = linked(rows, events=["e1", None, None, "e2"])
    assert found.links.select("record_no", "parent_no").rows() == [(3, 1), (4, 2)]
    twice = linked([("p", None, None), ("p", None, None), ("a", "p", None)], events=["e1", None, "e1"])
    assert told(twice) == {3: "found a legacy key that stands on 2 records (1, 2), expected it on one"}


def test_the_own_legacy_key_is_no_other_record_even_where_another_event_has_it():
    found = linked([("1", "1", None), ("1", None, None)], events=["e1", "e2"])
    assert told(found) == {1: "found the record's own legacy key, expected that of another record"}


def test_a_record_that_names_itself_is_a_reject():
    assert told(linked([("a", "a", None)])) == {1: "found the record's own legacy key, expected that of another record"}


def test_a_circle_is_told_by_record_numbers_and_a_long_one_is_shortened():
    found = told(linked([("a", "c", None), ("b", "a", None), ("c", None, "b"), ("d", "b", None)]))
    circle = "found a legacy key that leads back to this record (1 -> 3 -> 2 -> 1), expected an end of it"
    assert found == {1: circle, 2: circle, 3: circle, 4: "its parent, record 2 (line 12), was rejected"}
    long = told(linked([(f"{n}", f"{(n + 1) % 50}", None) for n in range(50)]))
    assert "(1 -> 2 -> 3 -> 4 -> 5 -> ... -> 1)" in long[40]


def test_the_children_of_a_reject_are_rejects_over_any_number_of_generations():
    found = linked([("a", None, None), ("b", "a", None), ("c", None, "b"), ("d", "x", "c"), ("e", None, None)], [1])
    assert told(found) == {
        2: "its parent, record 1 (line 11), was rejected",
        3: "its parent, record 2 (line 12), was rejected",
        4: "its parent, record 3 (line 13), was rejected",
    }
    assert found.rejects.schema == pl.Schema(rejects.SCHEMA)


def test_a_reject_is_not_told_twice_and_breaks_a_circle():
    assert told(linked([("a", "b", None), ("b", "a", None)], [1])) == {
        2: "its parent, record 1 (line 11), was rejected"
    }


@pytest.mark.parametrize("rows", [[], [("a", None, None)]])
def test_a_source_without_references_has_no_links(rows):
    found = linked(rows)
    assert (found.links.height, found.rejects.height) == (0, 0)


def test_a_chain_as_long_as_the_source_is_linked_in_linear_time():
    found = linked([(f"{n}", f"{n - 1}" if n else None, None) for n in range(30_000)], rows_a_file=100_000)
    assert found.links["wave"].to_list() == list(range(1, 30_000))


names = st.none() | st.sampled_from("abcdefgh")


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.none() | st.sampled_from("abcdefghijkl"), names, names), max_size=14).flatmap(
        lambda rows: st.tuples(st.just(rows), st.sets(st.integers(1, max(1, len(rows))), max_size=2))
    )
)
def test_links_and_rejects_are_what_following_every_name_by_hand_gives(given):
    rows, rejected = given
    found = linked(rows, sorted(rejected))
    waves = by_hand(rows, rejected)
    wanted = {
        (number, field, to, waves[number])
        for number, (_, *named) in enumerate(rows, 1)
        for field, to in zip((PARENT, MODIFIED), named, strict=True)
        if to is not None and waves[number] is not None
    }
    assert set(found.links.select("record_no", "field", "to", "wave").rows()) == wanted
    assert set(found.rejects["record_no"]) == {n for n, wave in waves.items() if wave is None} - rejected
    anchors = dict(enumerate((row[0] for row in rows), 1))
    for _, _, _, to, parent, _ in found.links.rows():
        assert anchors[parent] == to if parent else to not in anchors.values()


def by_hand(rows: list[Row], rejected: set[int]) -> dict[int, int | None]:
    """The wave of each record, None for one that must not go."""
    holders: dict[str, list[int]] = {}
    for number, (anchor, *_) in enumerate(rows, 1):
        if anchor is not None:
            holders.setdefault(anchor, []).append(number)

    def wave(number: int, path: tuple[int, ...]) -> int | None:
        if number in rejected or number in path:
            return None
        deepest = 0
        for to in filter(None, rows[number - 1][1:]):
            above = [wave(parent, (*path, number)) for parent in holders.get(to, [])]
            if len(above) > 1 or None in above:
                return None
            deepest = max([deepest, *(1 + one for one in above)])
        return deepest

    return {number: wave(number, ()) for number in range(1, len(rows) + 1)}
