"""A load family: a load, and the loads of its rejects that came back corrected.

Returned rejects keep load and number of the record they were, so it can be told how many of the first load's rejects
are still open: neither refused for good as no records, nor in the target by now.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from regbulk.errors import LoadError
from regbulk.ledger import Ledger
from regbulk.load import Load, find_load

_APPLIED: Final = ("created", "patched", "unchanged", "deleted")
_NO_RECORDS: Final = ("footer-row", "blank-row")


class Member(NamedTuple):
    """One load of a family.

    Attributes:
        load_id: its id.
        read: how many records its source had.
        rejects: how many of them it refused.
        open: how many rejects of the family were open when it was done.
    """

    load_id: str
    read: int
    rejects: int
    open: int


def members(workspace: Path, ledger: Ledger, family: str) -> list[Member]:
    """The loads of a family that have been staged, oldest first, with the rejects left open after each."""
    found = []
    known, closed = (pl.Series([], dtype=pl.Int64) for _ in range(2))
    for load in _loads(workspace, ledger, family):
        staged = ledger.steps(load.id).get("staged")
        if staged is not None:
            refused = pl.read_parquet(load.rejects_parquet, columns=["record_no", "code"])
            # What a load of the family has applied stays applied, also when its record is refused once more.
            closed = pl.concat([closed, _applied(known, load)]).unique()
            known = pl.concat([known, refused.filter(~pl.col("code").is_in(_NO_RECORDS))["record_no"]]).unique()
            open_numbers = known.filter(~known.is_in(closed.implode()))
            found.append(Member(load.id, staged["read"], refused["record_no"].n_unique(), len(open_numbers)))
    return found


def _loads(workspace: Path, ledger: Ledger, family: str) -> list[Load]:
    found = []
    for row in ledger.loads():
        # A load of another version, or one whose folder was pruned, cannot tell what it belongs to.
        with suppress(LoadError):
            load = find_load(workspace, row["load_id"])
            if load is not None and load.family == family:
                found.append(load)
    return found


def _applied(numbers: pl.Series, load: Load) -> pl.Series:
    """Those of some records that a load has put into the target."""
    outcomes = load.path / "outcomes.parquet"
    if numbers.is_empty() or not outcomes.is_file():
        return numbers.clear()
    applied = pl.scan_parquet(outcomes).filter(pl.col("outcome").is_in(_APPLIED)).select("record_no")
    return applied.join(numbers.to_frame("record_no").lazy(), on="record_no", how="semi").collect()["record_no"]
