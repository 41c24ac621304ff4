from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from regbulk.batch import Operation, batch_body, in_groups, text_values

PATCH = Operation(
    1, "patch", "r|1", '[{"op":"add","path":"/number","value":12.5},{"op":"add","path":"/a","value":"x"}]'
)
CREATE = Operation(2, "create", None, '{"event_id":"e"}')


@given(st.lists(st.integers()), st.integers(1, 7))
def test_groups_hold_every_value_once_in_order(values: list[int], size: int) -> None:
    groups = in_groups(values, size)
    assert [value for group in groups for value in group] == values
    assert all(0 < len(group) <= size for group in groups)


def test_an_operation_is_sent_with_what_it_needs() -> None:
    body = json.loads(batch_body([PATCH, CREATE], full=False, values_as_text=False))
    assert body == {
        "operations": [
            {"id": "r|1", "operation": "patch", "patch_directives": json.loads(PATCH.document)},
            {"operation": "create", "object": {"event_id": "e"}},
        ]
    }


def test_a_full_operation_has_all_members_of_the_document() -> None:
    body = json.loads(batch_body([PATCH, CREATE], full=True, values_as_text=False))
    assert body["operations"][0]["object"] == {}
    assert body["operations"][1]["patch_directives"] == []


def test_values_as_text_are_json_in_a_text_and_texts_stay() -> None:
    assert [operation["value"] for operation in json.loads(text_values(PATCH.document))] == ["12.5", "x"]
