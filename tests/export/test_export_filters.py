from __future__ import annotations

import pytest

from regbulk.errors import SettingsError
from regbulk.export import search_filters


def test_filters_are_typed_as_the_search_documents_them() -> None:
    assert search_filters(
        {
            "status": ["active", "cancelled", "active"],
            "contact_id": ["0012"],
            "city": ["Aarhus"],
            "order_number": ["7", "8.5"],
            "order_total": ["0", "99.5"],
            "is_guest_registration": ["true"],
            "date": ["2026-01-01T00:00:00+01:00", "2026-02-01T00:00:00.5Z"],
            "group_id": [],
        }
    ) == {
        "status": ["active", "cancelled"],
        "contact_id": ["0012"],
        "city": "Aarhus",
        "order_number": [7, 8.5],
        "order_total": [0, 99.5],
        "is_guest_registration": [True],
        "date": ["2025-12-31T23:00:00Z", "2026-02-01T00:00:00.500000Z"],
    }


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ({"contakt_id": ["1"]}, "did you mean 'contact_id'"),
        ({"zzz": ["1"]}, "search knows: "),
        ({"event_id": ["1"]}, "--event"),
        ({"status": ["actve"]}, "found 'actve', expected one of: draft, pending approval, active, cancelled"),
        ({"order_status": ["paid"]}, "expected one of: awaiting payment"),
        ({"order_number": ["seven"]}, "expected a number"),
        ({"order_total": ["1", "nan"]}, "found 'nan', expected a number"),
        ({"order_total": ["1"]}, "takes two values, from and to; found 1"),
        ({"order_total": ["2", "1"]}, "starts behind its end"),
        ({"date": ["2026-01-01", "2026-02-01"]}, "RFC 3339 date-time with its zone"),
        ({"is_guest_registration": ["yes"]}, "expected true or false"),
        ({"city": ["a", "b"]}, "takes one text that is not empty, found 2"),
        ({"city": [" "]}, "found an empty one"),
        ({"group_id": [""]}, "a text that is not empty"),
    ],
)
def test_a_filter_that_search_does_not_know_is_refused_before_anything_is_asked(
    raw: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        search_filters(raw)
    assert said in str(refused.value)


def test_a_lists_values_keep_their_spelling_and_order() -> None:
    assert search_filters({"type_id": ["b", "a", "b"]}) == {"type_id": ["b", "a"]}
