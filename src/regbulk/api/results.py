"""What became of each operation of a batch, from an answer whose elements the API document does not describe.

Believed is only what fits. An element belongs to an operation by its id, where exactly one element carries that id; by
position only when there are as many elements as operations and none carries the id of another. A create has no id to
be known by, and results may come in another order or twice, so position proves nothing: it is believed when it was sent
alone, or when all elements, one for each operation, say the same and the counts say it too; the id is taken only when
it was sent alone. Any other create is `in-doubt`, with nothing of any element. The rule for one element:

* success flag true or status 2xx, and no error text: `done`
* success flag false, status 4xx, or only an error text: `failed`
* status 429, 408 or 5xx: `in-doubt` with that status, like a whole request that failed so: read back and sent again
* flag, status and error text that contradict each other: `in-doubt`
* no statement at all (as the bare record): `done` when the counts say that nothing failed, otherwise `in-doubt`

Counts that do not add up to the operations sent, or that allow fewer successes or errors than the elements state, make
the whole answer `in-doubt`. In doubt costs a read; a wrong belief costs a record.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final, Literal, NamedTuple, TypeGuard

from regbulk.api.answers import Answer, document, doubt
from regbulk.api.excerpt import presentable

Verdict = Literal["done", "failed", "in-doubt"]
_STATUS: Final = ("status_code", "statusCode", "status")
_ERROR: Final = ("error", "errors", "error_message", "message")
_PLEASANTRIES: Final = frozenset({"ok", "success", "done"})
_HTTP_STATUS: Final = re.compile("[1-5][0-9][0-9]")
_PASSING: Final = frozenset({408, 429, *range(500, 600)})


class OperationResult(NamedTuple):
    """What became of one operation of a batch.

    Attributes:
        id: the registration's id; None for a create whose id the answer does not tell for certain.
        status: the HTTP status of this operation (100 to 599), None when the answer gives none.
        verdict: `done`, `failed` (certainly without effect), or `in-doubt` (read the target back).
        message: what the API says, printable and without the values sent; None when it says nothing.
    """

    id: str | None
    status: int | None
    verdict: Verdict
    message: str | None


class _Element(NamedTuple):
    """One member of `results`, as far as it can be read; `claims` holds True for error, False for success."""

    id: str | None
    status: int | None
    claims: frozenset[bool]
    said: str


_UNREADABLE: Final = _Element(None, None, frozenset({True, False}), "it is no object")


def read_results(answer: Answer, ids: Sequence[str | None]) -> list[OperationResult]:
    """One result per operation.

    Args:
        answer: the answer to a batch.
        ids: the ids of the operations in the order sent; None for a create.

    Returns:
        Results in the order of `ids`.

    Raises:
        ApiError: the batch as a whole was refused or cannot be believed, as for any other request.
    """
    body = document(answer)
    listed = body.get("results") if isinstance(body, dict) else body
    if not isinstance(listed, list):
        raise doubt(answer, "expected a list under results")
    elements = [_element(item, answer.request.body) for item in listed]
    counts = body if isinstance(body, dict) else {}
    if problem := _misfit(counts, elements, sent=len(ids)):
        return [OperationResult(sent, None, "in-doubt", problem) for sent in ids]
    nothing_failed = "error_count" in counts and not counts["error_count"]
    matched = _matched(elements, ids, same=_unanimous(counts, elements, sent=len(ids)))
    return [_result(sent, element, nothing_failed=nothing_failed) for sent, element in zip(ids, matched, strict=True)]


def _result(sent: str | None, element: _Element | None, *, nothing_failed: bool) -> OperationResult:
    if element is None:
        return OperationResult(sent, None, "in-doubt", "the answer has no result of its own for this operation")
    name, status = sent or _new_id(element), element.status
    match sorted(element.claims):
        case [True] if status in _PASSING:
            return OperationResult(name, status, "in-doubt", element.said or f"status {status}")
        case [True]:
            return OperationResult(name, status, "failed", element.said or "refused without a reason")
        case [False, True]:
            return OperationResult(name, status, "in-doubt", f"the result contradicts itself: {element.said}")
        case []:
            return OperationResult(name, status, "done" if nothing_failed else "in-doubt", None)
        case _:
            return OperationResult(name, status, "done", None)


def _misfit(counts: dict[str, Any], elements: Sequence[_Element], *, sent: int) -> str | None:
    """Why the counts cannot be true, or None; counts that are absent claim nothing."""
    done, failed = counts.get("success_count"), counts.get("error_count")
    if done is None and failed is None:
        return None
    if not _is_count(done) or not _is_count(failed) or done + failed != sent:
        return f"the counts do not add up to the {sent} operations sent"
    claims = Counter(element.claims for element in elements)
    if claims[frozenset({False})] > done or claims[frozenset({True})] > failed:
        return "the counts contradict the results"
    return None


def _is_count(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _unanimous(counts: dict[str, Any], elements: Sequence[_Element], *, sent: int) -> _Element | None:
    """What every element says, where there is one for each operation and the counts say it too."""
    said = {element._replace(id=None) for element in elements}
    if len(said) != 1 or len(elements) != sent or 0 not in (counts.get("success_count"), counts.get("error_count")):
        return None
    (same,) = said
    return same if same.claims == {not counts.get("success_count")} else None


def _matched(
    elements: Sequence[_Element], ids: Sequence[str | None], *, same: _Element | None
) -> list[_Element | None]:
    if len(elements) == len(ids) and all(
        sent is not None and element.id in (None, sent) for element, sent in zip(elements, ids, strict=True)
    ):
        return list(elements)
    if len(elements) == len(ids) == 1 and ids[0] is None:
        return list(elements)
    seen = Counter(element.id for element in elements)
    by_id = {element.id: element for element in elements if element.id is not None and seen[element.id] == 1}
    asked = Counter(ids)
    return [same if sent is None else by_id.get(sent) if asked[sent] == 1 else None for sent in ids]


def _new_id(element: _Element) -> str | None:
    return element.id if element.id and element.id.isprintable() else None


def _element(item: object, sent: bytes | None) -> _Element:
    if not isinstance(item, dict):
        return _UNREADABLE
    name, status, flag = item.get("id"), _status(item), item.get("success")
    said = presentable(next((item[key] for key in _ERROR if item.get(key)), None), sent=sent)
    claims = {not flag} if isinstance(flag, bool) else set()
    if status is not None:
        claims.add(not 200 <= status < 300)  # noqa: PLR2004 - the class of success (RFC 9110, 15.3)
    if said and said.casefold() not in _PLEASANTRIES:
        claims |= {True}
    return _Element(name if isinstance(name, str) and name else None, status, frozenset(claims), said)


def _status(item: dict[str, Any]) -> int | None:
    """The HTTP status; a registration's own status ("active") is none, and neither is any other number."""
    found = (str(item.get(key)) for key in _STATUS)
    return next((int(text) for text in found if _HTTP_STATUS.fullmatch(text)), None)
