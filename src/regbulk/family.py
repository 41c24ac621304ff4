"""A load family: a load, and the loads of its rejects that came back corrected.

Returned rejects keep load and number of the record they were, so it can be told how many of the first load's rejects
are still open.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

import fsspec
import polars as pl

from regbulk import partitions
from regbulk.ledger import Ledger
from regbulk.load import Load, find_load
from regbulk.source.contract import LOAD_ID, RECORD_NO

_PEEKED: Final = 65_536
_ID: Final = re.compile(rb"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}")


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


def origin(location: str, workspace: Path) -> Load | None:
    """The load whose `rejects.csv` a source is; None for any other source, or when the workspace does not know it.

    The first bytes are looked at before the file's encoding is known: small files of rejects may not tell it, but the
    load that wrote them does.
    """
    try:
        with fsspec.open(location, "rb", compression="infer") as stream:
            start: bytes = stream.read(_PEEKED).replace(b"\0", b"")
    except (OSError, ValueError):
        # Why it cannot be read is told by the reader.
        return None
    head, _, rest = start.partition(LOAD_ID.encode())
    found = _ID.search(rest) if b"\n" not in head.strip() or head.lower().startswith(b"sep=") else None
    return find_load(workspace, found[0].decode()) if found else None


def members(workspace: Path, ledger: Ledger, family: str) -> list[Member]:
    """The loads of a family that have been staged, oldest first, with the rejects left open after each."""
    found = []
    open_numbers = pl.Series([], dtype=pl.Int64)
    for row in ledger.loads():
        load = find_load(workspace, row["load_id"])
        staged = ledger.steps(row["load_id"]).get("staged")
        if load is None or staged is None or load.family != family:
            continue
        refused = _refused(load)
        open_numbers = open_numbers.filter(~open_numbers.is_in(_accepted(load).implode()))
        open_numbers = pl.concat([open_numbers, refused]).unique()
        found.append(Member(load.id, staged["read"], len(refused), len(open_numbers)))
    return found


def _refused(load: Load) -> pl.Series:
    return pl.read_parquet(load.rejects_parquet, columns=["record_no"])["record_no"].unique()


def _accepted(load: Load) -> pl.Series:
    """Also those that the plan refused later; they are among the refused again."""
    parts = partitions.files(load.accepted)
    if not parts:
        return pl.Series([], dtype=pl.Int64)
    return pl.scan_parquet(parts).select(RECORD_NO).collect()[RECORD_NO]
