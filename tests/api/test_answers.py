from __future__ import annotations

import pytest

from regbulk.api import Page, Stray
from regbulk.api.answers import read_created, read_deleted, read_first_page, read_page, read_registration
from regbulk.api.endpoints import Request
from regbulk.errors import AccessDenied, Answered, ApiError, InDoubt, NotFound, RateLimited

CREATE = Request("POST", "/registrations/acme", body=b'{"event_id":"e1","contact_id":"c1","last_name":"Sutherland"}')


@pytest.mark.parametrize(
    ("body", "page"),
    [
        ({"Items": [{"id": "a"}], "LastEvaluatedKey": "k=="}, Page([{"id": "a"}], "k==")),
        ({"Items": [], "LastEvaluatedKey": {"id": "a", "n": 1}}, Page([], '{"id":"a","n":1}')),
        ({"Items": [], "LastEvaluatedKey": 7, "Count": 99}, Page([], "7")),
        ({"Items": [], "LastEvaluatedKey": ""}, Page([], None)),
        ({"Items": [], "LastEvaluatedKey": None}, Page([], None)),
        ({"Items": [], "LastEvaluatedKey": {}}, Page([], None)),
        ({"items": []}, Page([], None)),
        ([{"id": "a"}], Page([{"id": "a"}], None)),
    ],
)
def test_a_page_is_an_object_or_a_bare_array_and_its_cursor_opaque(answered, body, page) -> None:
    assert read_page(answered(200, body)) == page


@pytest.mark.parametrize(
    "body",
    [b"", b"  ", b"<html><title>Log in</title>", b'{"Items": [', b"Items", b"\xff\xfe[]", b'{"Items":7}', b"{}"],
)
def test_a_success_that_is_no_list_is_not_believed(answered, body) -> None:
    with pytest.raises(InDoubt):
        read_page(answered(200, body))


def test_what_is_no_object_does_not_spoil_its_page_and_is_kept_apart(answered) -> None:
    page = read_page(answered(200, {"Items": [None, {"id": "a"}, "b"], "LastEvaluatedKey": "k"}))
    assert page == Page([{"id": "a"}], "k", (Stray(1, None), Stray(3, "b")))


def test_a_byte_order_mark_and_any_2xx_are_accepted(answered) -> None:
    assert read_page(answered(206, b"\xef\xbb\xbf[]")) == Page([], None)


def test_a_list_by_key_takes_404_for_empty_unless_it_is_a_web_page(answered) -> None:
    assert read_first_page(answered(404, {"message": "none"})) == Page([], None)
    with pytest.raises(NotFound):
        read_first_page(answered(404, b"<html>no such site"))
    with pytest.raises(NotFound):
        read_page(answered(404))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Answered),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, NotFound),
        (409, Answered),
        (413, Answered),
        (422, Answered),
        (429, RateLimited),
        (408, InDoubt),
        (500, InDoubt),
        (504, InDoubt),
        (302, ApiError),
    ],
)
def test_each_status_is_one_exception_that_carries_it(answered, status, kind) -> None:
    with pytest.raises(ApiError) as caught:
        read_registration(answered(status, {"message": "why"}), registration_id="r1")
    assert (type(caught.value), caught.value.status, caught.value.method) == (kind, status, "GET")


def test_403_names_its_three_causes(answered) -> None:
    with pytest.raises(AccessDenied, match="not permitted, wrong tenant, or wrong address"):
        read_page(answered(403))


def test_a_redirect_names_the_other_host_and_nothing_else_of_the_location(answered) -> None:
    with pytest.raises(ApiError, match=r"redirected to https://other\.example: set REGBULK_API_URL") as caught:
        read_page(answered(307, location="https://u:p@other.example/x?token=abc"))
    assert "abc" not in str(caught.value)


def test_an_answer_about_another_registration_is_not_believed(answered) -> None:
    assert read_registration(answered(200, {"status": "active"}), registration_id="r1") == {"status": "active"}
    with pytest.raises(InDoubt):
        read_registration(answered(200, {"id": "r2"}), registration_id="r1")


@pytest.mark.parametrize("body", [{}, {"id": ""}, {"id": None}, {"id": "r1", "contact_id": "c2"}, [], "r1"])
def test_a_created_registration_has_an_id_and_the_contact_and_event_that_were_sent(answered, body) -> None:
    assert read_created(answered(201, {"id": "r1", "event_id": "e1"}, request=CREATE))["id"] == "r1"
    with pytest.raises(InDoubt):
        read_created(answered(200, body, request=CREATE))


def test_a_delete_answers_any_json_or_204(answered) -> None:
    assert read_deleted(answered(200, "r1")) == "r1"
    assert read_deleted(answered(200, {"id": "r1"})) == '{"id":"r1"}'
    assert read_deleted(answered(204)) == ""
    with pytest.raises(InDoubt):
        read_deleted(answered(200))


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ({"message": "no event"}, "no event"),
        ({"errors": [{"field": "date", "error": "late"}]}, '[{"field":"date","error":"late"}]'),
        ({"error": {"code": 7}}, '{"code":7}'),
        ({"anything": 1}, '{"anything":1}'),
        (b"plain\x1b[31m\r\nwords \xff", "plain [31m words �"),
        (b"<!doctype html><p>x", "an HTML page"),
        ("x" * 999, "x" * 299 + "…"),
    ],
    ids=["message", "errors", "object", "unknown", "control", "html", "long"],
)
def test_what_an_error_says_is_shown_on_one_printable_line(answered, body, shown) -> None:
    with pytest.raises(Answered) as caught:
        read_page(answered(400, body))
    assert caught.value.reason == f"refused: {shown}"


def test_an_error_that_quotes_what_was_sent_is_shown_without_it(answered) -> None:
    said = {"message": "contact c1: last_name Sutherland is too long"}
    with pytest.raises(Answered) as caught:
        read_created(answered(400, said, request=CREATE))
    assert caught.value.reason == "refused: contact c1: last_name *** is too long"
