from __future__ import annotations

import random

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regbulk.api.answers import Answer
from regbulk.api.endpoints import Request
from regbulk.api.results import OperationResult, read_results
from regbulk.errors import Answered, InDoubt

IDS = ["a", "b", "c"]


def ok(name: str | None) -> dict[str, object]:
    return {"id": name, "success": True, "status_code": 200, "message": None}


def bad(name: str | None, status: int = 404) -> dict[str, object]:
    return {"id": name, "success": False, "status_code": status, "message": "no such registration"}


def verdicts(answered, body: object, ids: list[str | None] | None = None) -> list[str]:
    return [result.verdict for result in read_results(answered(200, body), ids or IDS)]


def counted(*results: object, done: object, failed: object) -> dict[str, object]:
    return {"success_count": done, "error_count": failed, "results": list(results)}


def test_results_follow_the_ids_and_not_the_order_of_the_answer(answered) -> None:
    results = read_results(answered(200, counted(ok("c"), bad("a"), ok("b"), done=2, failed=1)), IDS)
    assert results == [
        OperationResult("a", 404, "failed", "no such registration"),
        OperationResult("b", 200, "done", None),
        OperationResult("c", 200, "done", None),
    ]


@given(st.lists(st.booleans(), min_size=1, max_size=20), st.randoms(use_true_random=False))
def test_any_order_gives_the_same_verdicts(outcomes: list[bool], order: random.Random) -> None:
    ids = [f"r{number}" for number in range(len(outcomes))]
    elements = [ok(name) if fine else bad(name) for name, fine in zip(ids, outcomes, strict=True)]
    order.shuffle(elements)
    body = counted(*elements, done=sum(outcomes), failed=len(outcomes) - sum(outcomes))
    answer = Answer(Request("POST", "/batch"), "http://api", 200, {}, orjson.dumps(body))
    found = [result.verdict for result in read_results(answer, ids)]
    assert found == ["done" if fine else "failed" for fine in outcomes]


def test_without_ids_position_counts_and_only_if_there_is_one_element_for_each(answered) -> None:
    assert verdicts(answered, counted(ok(None), bad(None), ok(None), done=2, failed=1)) == ["done", "failed", "done"]
    assert verdicts(answered, counted(ok(None), ok(None), done=3, failed=0)) == ["in-doubt"] * 3


def test_a_create_that_was_sent_alone_gets_its_new_id(answered) -> None:
    assert read_results(answered(200, counted(ok("new1"), done=1, failed=0)), [None]) == [
        OperationResult("new1", 200, "done", None)
    ]
    assert verdicts(answered, counted(bad(None, 422), done=0, failed=1), [None]) == ["failed"]
    assert verdicts(answered, counted(ok("new1"), ok("new2"), done=1, failed=0), [None]) == ["in-doubt"]


def test_creates_are_never_told_apart_by_position(answered) -> None:
    mixed = counted(ok("new1"), bad(None, 422), done=1, failed=1)
    nothing = OperationResult(None, None, "in-doubt", "the answer has no result of its own for this operation")
    assert read_results(answered(200, mixed), [None, None]) == [nothing, nothing]
    assert verdicts(answered, counted(ok("a"), bad(None), done=1, failed=1), [None, "a"]) == ["in-doubt", "done"]


def test_creates_of_which_all_results_say_the_same_are_believed_without_their_ids(answered) -> None:
    done = counted(ok("new1"), ok("new2"), done=2, failed=0)
    assert read_results(answered(200, done), [None, None]) == [OperationResult(None, 200, "done", None)] * 2
    refused = counted(bad(None, 422), bad(None, 422), done=0, failed=2)
    assert verdicts(answered, refused, [None, None]) == ["failed"] * 2
    limited = counted(bad(None, 429), bad(None, 429), done=0, failed=2)
    assert [one.status for one in read_results(answered(200, limited), [None, None])] == [429, 429]


@pytest.mark.parametrize(
    "body",
    [
        [ok("new1"), ok("new2")],
        counted(ok("new1"), done=2, failed=0),
        counted(ok("new1"), ok("new1"), done=1, failed=1),
        counted(bad(None), bad(None, 422), done=0, failed=2),
        counted({}, {}, done=2, failed=0),
    ],
    ids=["no counts", "too few", "one twice", "other words", "no words"],
)
def test_creates_are_in_doubt_where_results_and_counts_do_not_say_the_same_for_all(answered, body) -> None:
    assert verdicts(answered, body, [None, None]) == ["in-doubt"] * 2


@pytest.mark.parametrize("status", ["9" * 20, "9" * 5000, 10**20, 0, 99, 600, "²²²"], ids=lambda each: str(each)[:8])
def test_a_number_that_is_no_http_status_is_none(answered, status) -> None:
    (result,) = read_results(answered(200, [{"id": "a", "status": status, "success": False}]), ["a"])
    assert (result.status, result.verdict) == (None, "failed")


def test_a_new_id_that_cannot_be_printed_is_not_believed(answered) -> None:
    (result,) = read_results(answered(200, counted(ok("new\0"), done=1, failed=0)), [None])
    assert (result.id, result.verdict) == (None, "done")


def test_only_the_operations_without_a_result_of_their_own_are_in_doubt(answered) -> None:
    short = counted(ok("a"), ok("c"), done=3, failed=0)
    twice = counted(ok("a"), ok("b"), ok("b"), done=3, failed=0)
    foreign = counted(ok("a"), ok("x"), ok("c"), done=3, failed=0)
    errors_only = counted(bad("b"), done=2, failed=1)
    assert verdicts(answered, short) == ["done", "in-doubt", "done"]
    assert verdicts(answered, twice) == ["done", "in-doubt", "in-doubt"]
    assert verdicts(answered, foreign) == ["done", "in-doubt", "done"]
    assert verdicts(answered, errors_only) == ["in-doubt", "failed", "in-doubt"]


@pytest.mark.parametrize(("done", "failed"), [(2, 0), (4, 0), (2, 1), (0, 3), ("3", 0), (None, 0), (True, 2)], ids=str)
def test_counts_that_cannot_be_true_put_everything_in_doubt(answered, done, failed) -> None:
    assert verdicts(answered, counted(ok("a"), ok("b"), ok("c"), done=done, failed=failed)) == ["in-doubt"] * 3


def test_a_bare_array_claims_no_counts(answered) -> None:
    assert verdicts(answered, [ok("a"), bad("b"), ok("c")]) == ["done", "failed", "done"]


@pytest.mark.parametrize(
    ("element", "verdict", "status"),
    [
        ({"success": True}, "done", None),
        ({"status": 204}, "done", 204),
        ({"statusCode": "200", "message": "OK"}, "done", 200),
        ({"id": "a", "status": "active", "first_name": "Ann"}, "done", None),
        ({}, "done", None),
        ({"success": False}, "failed", None),
        ({"status": 409, "errors": ["locked"]}, "failed", 409),
        ({"error_message": "no"}, "failed", None),
        ({"status_code": 429}, "in-doubt", 429),
        ({"status_code": 500, "success": False}, "in-doubt", 500),
        ({"success": True, "error": "no"}, "in-doubt", None),
        ({"success": True, "status": 404}, "in-doubt", 404),
        ({"success": False, "status": 200}, "in-doubt", 200),
        ("a", "in-doubt", None),
        (None, "in-doubt", None),
    ],
    ids=str,
)
def test_the_rule_for_one_element(answered, element, verdict, status) -> None:
    failed = int(verdict == "failed" or (status or 0) >= 429)
    (result,) = read_results(answered(200, counted(element, done=1 - failed, failed=failed)), ["a"])
    assert (result.verdict, result.status, result.id) == (verdict, status, "a")


def test_a_silent_element_is_in_doubt_unless_the_counts_say_that_nothing_failed(answered) -> None:
    assert verdicts(answered, counted({"id": "a"}, done=0, failed=1), ["a"]) == ["in-doubt"]
    assert verdicts(answered, [{"id": "a"}], ["a"]) == ["in-doubt"]


def test_a_message_does_not_quote_the_values_that_were_sent(answered) -> None:
    sent = b'{"operations":[{"id":"a","patch_directives":[{"op":"add","path":"/last_name","value":"Sutherland"}]}]}'
    element = {"id": "a", "status": 400, "message": "/last_name: Sutherland is taken"}
    (result,) = read_results(answered(200, [element], request=Request("POST", "/b", body=sent)), ["a"])
    assert result.message == "/last_name: *** is taken"


def test_a_batch_answered_as_a_whole_is_like_any_other_answer(answered) -> None:
    with pytest.raises(Answered):
        read_results(answered(400), IDS)
    for body in (b"", b"<html>", {"results": None}, "ok"):
        with pytest.raises(InDoubt):
            read_results(answered(200, body), IDS)
