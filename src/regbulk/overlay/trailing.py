"""trailing: registrations that a snapshot does not show as recent loads left them.

A registration that was created last is as it was left wherever it is there at all; one that was patched last carries
the stamp of that load, and where stamps are not sent nothing shows it, so it is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import polars as pl

from regbulk import partitions
from regbulk.batch import Operation
from regbulk.overlay.reading import Reading, Writer
from regbulk.overlay.scope import Scope
from regbulk.target import ID, LOAD

_WRITTEN: Final[dict[str, pl.DataType]] = {
    "record_no": pl.Int64(),
    "id": pl.String(),
    "outcome": pl.Enum(["created", "patched", "deleted"]),
}
_HASH: Final = "_hash"


def trailing(
    reading: Reading, others: Sequence[Writer], scope: Scope, doubts: Mapping[str, Sequence[Operation]]
) -> Iterator[str]:
    """Ids of the registrations to look at again; an id may come twice.

    Args:
        reading: whose snapshot it is.
        others: the recent loads, the one that wrote last first; of what several wrote the last one counts.
        scope: what the snapshot was asked for.
        doubts: by load id, operations that may have taken effect.
    """
    seen = _seen(reading, others)
    later = pl.Series(_HASH, [], dtype=pl.UInt64)
    for number, other in enumerate(others):
        mine = doubts.get(other.load_id, ())
        written = _written(reading, other, mine)
        last = written.filter(~pl.col(_HASH).is_in(later.implode()))
        behind = _behind(last, seen[_HASH], seen.filter(pl.col("load") == number)[_HASH])
        rows = _named(reading, other, behind, mine)
        yield from rows.filter("there")["id"]
        yield from scope.admits(rows.filter(~pl.col("there")), other.load)["id"]
        later = pl.concat([later, written[_HASH]])


def _written(reading: Reading, other: Writer, doubts: Sequence[Operation]) -> pl.DataFrame:
    """What a load wrote or may have patched, without the ids: a load may have millions of them."""
    patches = [(one.record_no, one.id, "patched") for one in doubts if one.action == "patch"]
    return pl.concat([_hashed(patches), *map(_hashed, reading.ledger.written(other.load_id))])


def _hashed(rows: Sequence[tuple[int, str | None, str]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema=_WRITTEN, orient="row")
    return frame.select("record_no", pl.col("id").hash().alias(_HASH), "outcome")


def _behind(written: pl.DataFrame, seen: pl.Series, current: pl.Series) -> pl.DataFrame:
    """Those that the snapshot does not show as they were left, and whether they are `there` at all.

    Args:
        written: in the shape of `_hashed`.
        seen: the registrations that the snapshot holds.
        current: those that show the stamp of the load that wrote.
    """
    told = written.with_columns(there=pl.col(_HASH).is_in(seen.implode()))
    left = {"created": pl.col("there"), "deleted": ~pl.col("there"), "patched": pl.col(_HASH).is_in(current.implode())}
    shown = pl.any_horizontal(pl.col("outcome").eq(outcome) & as_left for outcome, as_left in left.items())
    return told.filter(~shown).select("record_no", "there")


def _named(reading: Reading, other: Writer, behind: pl.DataFrame, doubts: Sequence[Operation]) -> pl.DataFrame:
    """The same records with the ids of their registrations."""
    known = reading.ledger.outcomes_of(other.load_id, behind["record_no"].to_list())
    ids = {one.record_no: one.id for one in doubts} | {one.record_no: one.id for one in known}
    return behind.with_columns(id=pl.col("record_no").replace_strict(ids, default=None, return_dtype=pl.String))


def _seen(reading: Reading, others: Sequence[Writer]) -> pl.DataFrame:
    """Of each registration of the snapshot the hash of its id, and which of the loads wrote it last (null: none).

    Pages may overlap: of a registration that came twice nobody knows which state is the later one.
    """
    numbers = {other.load_id: number for number, other in enumerate(others)}
    load = pl.col(LOAD).replace_strict(numbers, default=None, return_dtype=pl.Int32)
    frames = [pl.DataFrame(schema={_HASH: pl.UInt64, "load": pl.Int32})]
    frames += [
        frame.select(pl.col(ID).hash().alias(_HASH), load=load)
        for frame in partitions.frames(reading.load.target, [ID, LOAD])
    ]
    seen = pl.concat(frames)
    return seen.with_columns(load=pl.when(pl.col(_HASH).is_unique()).then("load"))
