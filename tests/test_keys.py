from __future__ import annotations

import polars as pl
import pytest

from regbulk import keys
from regbulk.errors import SettingsError

BOTH = ("event_id", "contact_id")


@pytest.mark.parametrize(
    ("columns", "asked", "chosen"),
    [
        (("id", "sys_external_id", *BOTH), None, ("id",)),
        (("sys_external_id", *BOTH), None, ("sys_external_id",)),
        (("sys_external_id", "contact_id", "event_id"), BOTH, BOTH),
        (BOTH, None, BOTH),
    ],
)
def test_the_key_is_the_first_that_the_source_has_or_the_one_asked_for(columns, asked, chosen) -> None:
    assert keys.choose_key(columns, asked) == chosen


@pytest.mark.parametrize(
    ("columns", "asked", "message"),
    [
        (("name",), None, "no key"),
        (("sys_external_id",), None, "also needs the columns sys_external_id, event_id"),
        (BOTH, ("id",), "none of its columns is id"),
        (BOTH, ("name",), "no such key"),
    ],
)
def test_a_source_without_a_key_is_refused_with_what_is_missing(columns, asked, message) -> None:
    with pytest.raises(SettingsError, match=message):
        keys.choose_key(columns, asked)


def test_every_empty_key_field_of_every_record_is_a_reject() -> None:
    records = pl.DataFrame(
        {"_record_no": [1, 2, 3], "_line_no": [2, 3, 4], "event_id": ["e", None, None], "contact_id": ["c", "c", None]}
    )
    found = keys.missing(records, BOTH)
    assert found.select("record_no", "field", "code").rows() == [
        (2, "event_id", "missing-value"),
        (3, "event_id", "missing-value"),
        (3, "contact_id", "missing-value"),
    ]


def test_all_records_that_share_a_key_are_rejects_and_name_each_other() -> None:
    shared = pl.DataFrame({"record_no": [1, 2, 3], "line_no": [2, 3, 4], "_key": ["a", "b", "a"]})
    found = keys.duplicates(shared, ("sys_external_id",))
    assert found["record_no"].to_list() == [1, 3]
    assert found["message"][0] == "found the same sys_external_id in records 1, 3, expected it once in the source"


def test_the_parts_of_a_key_do_not_run_together() -> None:
    frame = pl.DataFrame({"event_id": ["a", "ab"], "contact_id": ["bc", "c"]})
    assert frame.select(keys.key_text(BOTH))["_key"].n_unique() == 2
