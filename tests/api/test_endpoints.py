from __future__ import annotations

from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbulk.api import endpoints
from regbulk.errors import ApiError

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(TEXTS, TEXTS)
def test_every_path_part_comes_back_as_it_was_after_httpx_and_one_decoding(tenant: str, name: str) -> None:
    request = endpoints.get(tenant, name, fields=None, consistent=False)
    on_the_wire = httpx.URL("http://api/v1" + request.path).raw_path.decode()
    assert [unquote(part) for part in on_the_wire.split("/")] == ["", "v1", "registrations", tenant, name]


@given(TEXTS)
def test_a_cursor_comes_back_as_it_was_after_httpx_and_one_decoding(cursor: str) -> None:
    request = endpoints.search("acme", {"event_id": "e"}, fields=None, cursor=cursor)
    query = httpx.URL("http://api" + request.path + "?" + request.query).query.decode()
    assert parse_qsl(query, keep_blank_values=True) == [("exclusiveStartKey", cursor)]


def test_an_empty_id_or_half_a_surrogate_is_refused_before_anything_is_sent() -> None:
    for broken in ("", "\ud800"):
        with pytest.raises(ApiError, match="nothing was sent"):
            endpoints.delete("acme", broken)


def test_search_selects_with_fields_to_return_and_other_reads_with_fields_and_always_asks_for_the_id_once() -> None:
    search = endpoints.search("acme", {}, fields=["status", "id", "status"], cursor="c")
    get = endpoints.get("acme", "r1", fields=["status"], consistent=True)
    listed = endpoints.by_key("acme", ("eventContact", "e1", "c1"), fields=["id"], cursor=None)
    assert dict(parse_qsl(search.query)) == {"fieldsToReturn": "id,status", "exclusiveStartKey": "c"}
    assert dict(parse_qsl(get.query)) == {"fields": "id,status", "consistentRead": "true"}
    assert dict(parse_qsl(listed.query)) == {"fields": "id"}


def test_only_what_changes_something_counts_as_a_write() -> None:
    writes = [
        endpoints.create("t", b""),
        endpoints.patch("t", "r", b""),
        endpoints.delete("t", "r"),
        endpoints.batch("t", b""),
    ]
    reads = [
        endpoints.get("t", "r", fields=None, consistent=False),
        endpoints.search("t", {}, fields=None, cursor=None),
    ]
    assert [request.writes for request in [*writes, *reads]] == [True] * 4 + [False] * 2


def test_a_request_does_not_print_its_body() -> None:
    assert "secret" not in repr(endpoints.token("client", "secret-1", audience="a"))
    assert "Ann" not in repr(endpoints.create("acme", b'{"first_name": "Ann"}'))
