from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbulk.sandbox.patching import patched
from regbulk.sandbox.refusal import Refused

# Documents, patches and results after RFC 6902, appendix A; None = refused. They live under an open nested object.
RFC = {
    "A1 add member": ({"foo": "bar"}, [("add", "/baz", "qux")], {"baz": "qux", "foo": "bar"}),
    "A2 add element": ({"foo": ["bar", "baz"]}, [("add", "/foo/1", "qux")], {"foo": ["bar", "qux", "baz"]}),
    "A3 remove member": ({"baz": "qux", "foo": "bar"}, [("remove", "/baz")], {"foo": "bar"}),
    "A4 remove element": ({"foo": ["bar", "qux", "baz"]}, [("remove", "/foo/1")], {"foo": ["bar", "baz"]}),
    "A5 replace": ({"baz": "qux", "foo": "bar"}, [("replace", "/baz", "boo")], {"baz": "boo", "foo": "bar"}),
    "A8 test holds": (
        {"baz": "qux", "foo": ["a", 2, "c"]},
        [("test", "/baz", "qux"), ("test", "/foo/1", 2)],
        {"baz": "qux", "foo": ["a", 2, "c"]},
    ),
    "A9 test fails": ({"baz": "qux"}, [("test", "/baz", "bar")], None),
    "A10 nested": ({"foo": "bar"}, [("add", "/child", {"g": {}})], {"foo": "bar", "child": {"g": {}}}),
    "A12 no target": ({"foo": "bar"}, [("add", "/baz/bat", "qux")], None),
    "A14 escapes": ({"/": 9, "~1": 10}, [("test", "/~01", 10)], {"/": 9, "~1": 10}),
    "A15 types differ": ({"~1": 10}, [("test", "/~01", "10")], None),
    "A16 append": ({"foo": ["bar"]}, [("add", "/foo/-", ["abc"])], {"foo": ["bar", ["abc"]]}),
    "true is not 1": ({"a": True}, [("test", "/a", 1)], None),
    "1 is 1.0": ({"a": 1}, [("test", "/a", 1.0)], {"a": 1}),
    "index behind the end": ({"a": [1]}, [("add", "/a/2", 2)], None),
    "leading zero": ({"a": [1, 2]}, [("replace", "/a/01", 3)], None),
    "bad escape": ({"a": 1}, [("replace", "/~2", 3)], None),
    "replace nothing": ({}, [("replace", "/a", 3)], None),
    "remove nothing": ({}, [("remove", "/a")], None),
    "atomic": ({"a": 1}, [("replace", "/a", 2), ("test", "/a", 1)], None),
    "in order": ({"a": 1}, [("replace", "/a", 2), ("test", "/a", 2)], {"a": 2}),
    "slash in name": ({}, [("add", "/x~1y", 1)], {"x/y": 1}),
}


@pytest.mark.parametrize(("document", "patch", "expected"), RFC.values(), ids=RFC.keys())
def test_rfc_6902_as_it_stands(api, document, patch, expected):
    record = api.created(functions=[document])
    members = ("op", "path", "value")
    directives = [dict(zip(members, directive, strict=False)) for directive in patch]
    response = api.patch(record["id"], *[each | {"path": f"/functions/0{each['path']}"} for each in directives])
    after = api.get(record["id"]).json()
    if expected is None:
        assert (response.status_code, after) == (400, record)
    else:
        assert (response.status_code, after) == (200, response.json())
        assert after["functions"] == [expected]
        assert after["sys_version"] == 2


def test_move_and_copy_need_from_and_work_with_it(api):
    record = api.created(city="Ulm", notes="n")
    for op in ("move", "copy"):
        assert "from" in api.patch(record["id"], {"op": op, "path": "/state", "value": "/city"}).json()["message"]
    copy = {"op": "copy", "from": "/city", "path": "/state"}
    move = {"op": "move", "from": "/notes", "path": "/internal_notes"}
    after = api.patch(record["id"], copy, move).json()
    assert (after["state"], after["city"], after["internal_notes"], "notes" in after) == ("Ulm", "Ulm", "n", False)


def test_the_version_may_be_tested_and_server_made_fields_copied_but_not_moved(api):
    record = api.created()
    assert api.patch(record["id"], {"op": "test", "path": "/sys_version", "value": 1}).json()["sys_version"] == 2
    assert api.patch(record["id"], {"op": "test", "path": "/sys_version", "value": 1}).status_code == 400
    assert api.patch(record["id"], {"op": "copy", "from": "/id", "path": "/notes"}).json()["notes"] == record["id"]
    assert api.patch(record["id"], {"op": "move", "from": "/id", "path": "/notes"}).status_code == 400


@pytest.mark.parametrize(
    "directives",
    [
        {},
        None,
        "x",
        [5],
        [{}],
        [{"op": "spam", "path": "/city"}],
        [{"op": ["add"], "path": "/city", "value": "x"}],
        [{"op": "add", "path": "/city"}],
        [{"op": "add", "value": "x"}],
        [{"op": "add", "path": "city", "value": "x"}],
        [{"op": "add", "path": 5, "value": "x"}],
        [{"op": "add", "path": "", "value": {}}],
        [{"op": "remove", "path": ""}],
        [{"op": "replace", "path": "/city", "value": 5}],
        [{"op": "add", "path": "/unknown", "value": 5}],
        [{"op": "copy", "from": "", "path": "/city"}],
        [{"op": "move", "from": "/badge", "path": "/badge/first_name"}],
    ],
)
def test_a_malformed_patch_is_400_and_changes_nothing(api, directives):
    record = api.created(badge={"first_name": "Z"})
    assert api.request("PATCH", f"/{record['id']}", json=directives).status_code == 400
    assert api.get(record["id"]).json() == record


def test_a_patch_that_nests_deeper_and_deeper_is_400(api):
    record = api.created(functions=[{}])
    deep: dict = {}
    for _ in range(240):
        deep = {"a": deep}
    path = "/functions/0/a"
    steps = [{"op": "add", "path": path + "/a" * 240 * step, "value": deep} for step in range(4)]
    response = api.patch(record["id"], *steps, {"op": "copy", "from": "/functions/0", "path": "/functions/1"})
    assert response.status_code == 400
    assert api.get(record["id"]).json() == record


def test_who_and_when_change_with_a_patch(api, http):
    record = api.created()
    url = f"{api.sandbox.url}/registrations/{api.name}/{record['id']}"
    after = http.patch(url, json=[], headers={"Authorization": "another"}).json()
    assert after["sys_last_modified_by_id"] != record["sys_last_modified_by_id"] == after["sys_created_by_id"]
    assert after["sys_last_modified_at"] >= record["sys_created_at"] == after["sys_created_at"]


TOKENS = st.sampled_from(["", "city", "badge", "functions", "0", "-", "01", "a", "~", "~0", "~1", "first_name", "1"])
POINTERS = st.lists(TOKENS, max_size=4).map(lambda tokens: "".join(f"/{token}" for token in tokens))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab0"), inner, max_size=2),
    max_leaves=4,
)
OPS = st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "spam"])
DIRECTIVES = st.fixed_dictionaries({"op": OPS, "path": POINTERS}, optional={"from": POINTERS, "value": VALUES})


@given(st.lists(DIRECTIVES, max_size=5), st.booleans())
def test_any_patch_is_applied_or_refused_and_the_given_record_stays_as_it_was(directives, text_values):
    record = {"id": "x", "city": "Ulm", "badge": {"first_name": "Z"}, "functions": [{"a": [1, {"b": None}]}]}
    before = repr(record)
    with suppress(Refused):
        assert patched(record, directives, text_values=text_values)["id"] == "x"
    assert repr(record) == before
