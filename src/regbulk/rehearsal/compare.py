"""Comparing what a tenant holds with what a load sent there, record by record.

The plan says what was sent, the outcomes what the load believes became of it, and the tenant what really did.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
import polars as pl

from regbulk.load import Load
from regbulk.patch import same_value
from regbulk.references import resolved

_OF_THE_SERVER: Final = ("id", "number")
_STAMP: Final = "sys_bulk_load_"
OUTCOME: Final = "outcome"
"""Stands among the fields of a record that is there though it was reported as not applied."""


class Found(NamedTuple):
    """What came of the records that a load was to create in an empty tenant; records by their numbers.

    `lost` were reported as created and are not there, `doubled` are there more than once, `different` are there
    otherwise than they were sent (with the fields), or though they were reported as not applied (`OUTCOME`).
    `unknown` are reported as such. `strangers` are ids of registrations that no record accounts for.
    """

    right: int
    lost: list[int]
    doubled: list[int]
    different: dict[int, tuple[str, ...]]
    unknown: list[int]
    strangers: list[str]


class _Sent(NamedTuple):
    document: dict[str, Any]
    outcome: str | None
    id: str | None


def compare(load: Load, registrations: Iterable[Mapping[str, Any]]) -> Found:
    """Compare a load whose outcomes are written with all registrations of its tenant."""
    sent = _sent(load)
    there, strangers = _by_record(load, sent, registrations)
    _fill_links(load, sent, there)
    different = {no: fields for no, one in sent.items() if (fields := _differing(one, there.get(no, ())))}
    doubled = [no for no in sent if len(there.get(no, ())) > 1]
    lost = [no for no, one in sent.items() if one.outcome == "created" and no not in there]
    right = sum(
        one.outcome == "created" and len(there.get(no, ())) == 1 and no not in different for no, one in sent.items()
    )
    unknown = [no for no, one in sent.items() if one.outcome == "unknown"]
    return Found(right, lost, doubled, different, unknown, strangers)


def _sent(load: Load) -> dict[int, _Sent]:
    planned = pl.scan_parquet(sorted(load.plan.glob("part-*.parquet"))).filter(pl.col("action") == "create")
    outcomes = pl.scan_parquet(load.path / "outcomes.parquet").select("record_no", "outcome", made="id")
    rows = planned.join(outcomes, on="record_no", how="left").sort("record_no")
    found = rows.select("record_no", "document", "outcome", "made").collect()
    return {no: _Sent(orjson.loads(document), *rest) for no, document, *rest in found.iter_rows()}


def _by_record(
    load: Load, sent: Mapping[int, _Sent], registrations: Iterable[Mapping[str, Any]]
) -> tuple[dict[int, list[Mapping[str, Any]]], list[str]]:
    """Registrations by the record they stand for, as stamp, id or key say; and the ids of those that stand for none."""
    key = load.manifest.key
    keys = {tuple(one.document.get(name) for name in key): no for no, one in sent.items()}
    ids = {one.id: no for no, one in sent.items() if one.id}
    there, strangers = defaultdict[int, list[Mapping[str, Any]]](list), list[str]()
    for found in registrations:
        stamped = _number(found) if found.get(f"{_STAMP}id") == load.id else None
        number = stamped or ids.get(found["id"]) or keys.get(tuple(found.get(name) for name in key))
        if number is not None and number in sent:
            there[number].append(found)
        else:
            strangers.append(found["id"])
    return dict(there), strangers


def _number(found: Mapping[str, Any]) -> int | None:
    text = str(found.get(f"{_STAMP}record_no")).removesuffix(".0")
    return int(text) if text.isdecimal() else None


def _fill_links(load: Load, sent: Mapping[int, _Sent], there: Mapping[int, Sequence[Mapping[str, Any]]]) -> None:
    """Put the ids of the parents that are there in place of what the plan has for them."""
    file = load.plan / resolved.FILE
    if file.is_file():
        links = resolved.waiting(file).select("record_no", "field", "parent_no").collect()
        for no, field, parent in links.iter_rows():
            if no in sent and parent in there:
                sent[no].document[field] = there[parent][0]["id"]


def _differing(sent: _Sent, there: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The fields in which the first registration of a record is not what was sent."""
    if not there or sent.outcome == "unknown":
        return ()
    if sent.outcome != "created":
        return (OUTCOME,)
    found = there[0]
    wrong = [name for name, value in sent.document.items() if not _same(name, found.get(name), value)]
    own = {name for name, value in found.items() if value is not None and not name.startswith("sys_")}
    return (*wrong, *sorted(own - sent.document.keys() - set(_OF_THE_SERVER)))


def _same(name: str, kept: object, sent: object) -> bool:
    """Whether a value is what was sent; a stamp may be kept in another spelling."""
    if same_value(kept, sent):
        return True
    if not name.startswith(_STAMP):
        return False
    one, other = (str(value).removesuffix(".0") for value in (kept, sent))
    try:
        return one == other or datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except ValueError:
        return False
