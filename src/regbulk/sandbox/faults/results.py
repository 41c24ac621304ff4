"""Faults of what a batch answers: results that are missing, strange, or not true."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from regbulk.sandbox.faults.kinds import ContentFault, InnerFault
from regbulk.sandbox.faults.values import choice

ITEM_STATUS: Final = "item-status"
ITEM_STATUS_AFTER: Final = "item-status-after"
STATUSES: Final = ("500", "404", "409", "412", "422", "429")

_SHOWN: Final = f"[{'|'.join(STATUSES)}]"

_Body = dict[str, Any]
_Results = list[Any]


def _status(value: str | None) -> None:
    choice(value, STATUSES, default=STATUSES[0])


def _of_results(change: Callable[[_Results, Random], _Results]) -> Callable[[_Body, Random, str | None], _Body]:
    """A change of the results alone; an answer that lists none stays as it is."""

    def changed(body: _Body, random: Random, _: str | None) -> _Body:
        results = body.get("results")
        if not isinstance(results, list) or not results:
            return body
        return body | {"results": change(list(results), random)}

    return changed


def _short(results: _Results, random: Random) -> _Results:
    results.pop(random.randrange(len(results)))
    return results


def _long(results: _Results, random: Random) -> _Results:
    extra = _like(random.choice(results), {})
    extra.pop("id", None)
    results.insert(random.randrange(len(results) + 1), extra)
    return results


def _duplicated(results: _Results, random: Random) -> _Results:
    twice = random.randrange(len(results))
    others = [place for place in range(len(results)) if place != twice]
    if not others:
        return results * 2
    results[random.choice(others)] = results[twice]
    return results


def _reordered(results: _Results, random: Random) -> _Results:
    shuffled = random.sample(results, len(results))
    return shuffled if shuffled != results else results[::-1]


def _without_ids(results: _Results, _: Random) -> _Results:
    return [
        {name: value for name, value in result.items() if name != "id"} if isinstance(result, dict) else result
        for result in results
    ]


def _foreign_id(results: _Results, random: Random) -> _Results:
    place = random.randrange(len(results))
    results[place] = _like(results[place], {"id": f"foreign-{random.randrange(10**9)}"})
    return results


def _contradictory(results: _Results, random: Random) -> _Results:
    place = random.randrange(len(results))
    results[place] = _like(results[place], {"success": True, "message": "could not be saved"})
    return results


def _not_objects(results: _Results, _: Random) -> _Results:
    return ["done" for _ in results]


def _like(result: object, changes: dict[str, Any]) -> dict[str, Any]:
    return {**(result if isinstance(result, dict) else {}), **changes}


def _wrong_counts(body: _Body, random: Random, _: str | None) -> _Body:
    name = random.choice(("success_count", "error_count"))
    return body | {name: body[name] + 1} if name in body else body


def _missing(body: _Body, _: Random, __: str | None) -> _Body:
    return {name: value for name, value in body.items() if name != "results"}


RESULT_FAULTS: Final[Mapping[str, ContentFault]] = {
    "results-short": ContentFault(_of_results(_short), "A batch lists one result too few.", "batch"),
    "results-long": ContentFault(_of_results(_long), "A batch lists one result more, which has no id.", "batch"),
    "results-duplicated": ContentFault(
        _of_results(_duplicated), "A batch lists one result twice, in the place of another one.", "batch"
    ),
    "results-reordered": ContentFault(_of_results(_reordered), "A batch lists its results in another order.", "batch"),
    "results-without-ids": ContentFault(_of_results(_without_ids), "The results of a batch carry no ids.", "batch"),
    "results-foreign-id": ContentFault(
        _of_results(_foreign_id), "One result of a batch carries an id that was never sent.", "batch"
    ),
    "results-contradictory": ContentFault(
        _of_results(_contradictory), "One result of a batch says success and has the text of an error.", "batch"
    ),
    "results-wrong-counts": ContentFault(_wrong_counts, "A batch counts one success or one error too many.", "batch"),
    "results-missing": ContentFault(_missing, "A batch is answered without results.", "batch"),
    "results-not-objects": ContentFault(_of_results(_not_objects), "The results of a batch are texts.", "batch"),
}
ITEM_FAULTS: Final[Mapping[str, InnerFault]] = {
    ITEM_STATUS: InnerFault(
        "One operation of a batch is not done and has this status.", "batch", _status, value=_SHOWN
    ),
    ITEM_STATUS_AFTER: InnerFault(
        "One operation of a batch is done and has this status all the same.", "batch", _status, value=_SHOWN
    ),
}
