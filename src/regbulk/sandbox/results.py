"""What a batch answers: counts, and a result per operation in the tenant's dialects."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from http import HTTPStatus
from random import Random
from typing import Any, NamedTuple

from regbulk.sandbox.dialect import (
    RESULTS_BARE_RECORDS,
    RESULTS_ERRORS_ONLY,
    RESULTS_UNORDERED,
    RESULTS_WITHOUT_IDS,
)
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import Record
from regbulk.sandbox.shapes import shown


class Outcome(NamedTuple):
    """What became of one operation of a batch.

    Attributes:
        id: of its registration; as it was sent where there is none.
        operation: its verb as it was sent.
        record: what it left; the id alone after a delete, None when it was refused.
        refusal: why it was refused; None when it was done.
    """

    id: Any
    operation: Any
    record: Record | None = None
    refusal: Refused | None = None


def told(outcomes: Sequence[Outcome], dialects: AbstractSet[str]) -> dict[str, Any]:
    """`{success_count, error_count, results}` for outcomes in the order of their operations."""
    failed = [outcome for outcome in outcomes if outcome.refusal]
    listed = failed if RESULTS_ERRORS_ONLY in dialects else outcomes
    if RESULTS_UNORDERED in dialects:
        listed = _in_another_order(listed)
    results = [_bare(each, dialects) if RESULTS_BARE_RECORDS in dialects else _result(each) for each in listed]
    if RESULTS_WITHOUT_IDS in dialects:
        results = [{name: value for name, value in result.items() if name != "id"} for result in results]
    return {"success_count": len(outcomes) - len(failed), "error_count": len(failed), "results": results}


def _result(outcome: Outcome) -> dict[str, Any]:
    refusal = outcome.refusal
    return {
        "id": outcome.id,
        "operation": outcome.operation,
        "success": refusal is None,
        "status_code": refusal.status if refusal else HTTPStatus.OK,
        "message": refusal.message if refusal else None,
    }


def _bare(outcome: Outcome, dialects: AbstractSet[str]) -> dict[str, Any]:
    if outcome.refusal:
        return {"message": outcome.refusal.message, "status_code": outcome.refusal.status}
    return shown(outcome.record or {}, dialects)


def _in_another_order(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The same order for as many outcomes, never that of two or more as they stand."""
    order = list(range(len(outcomes)))
    Random(len(order)).shuffle(order)  # noqa: S311 - any order will do, as long as it is always the same
    if order == sorted(order):
        order.reverse()
    return [outcomes[place] for place in order]
