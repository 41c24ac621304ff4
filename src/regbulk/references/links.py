"""links: which record of a source refers to which, and in what order they can be written.

A record names the one it refers to, its parent, by a legacy key; whose legacy key that is, the source itself says. The
API wants both in one event, so the same key in two events means two parents; an event that is not known fits any.
Parents go first: a record waits one wave longer than the parent that waits longest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl

from regbulk import partitions, rejects
from regbulk.mapping import ANCHOR, TO
from regbulk.references.lineage import fallen, generations
from regbulk.source.contract import LINE_NO, RECORD_NO

ANCHORS: Final = "anchors"
"""Folder of a load: the legacy keys of all its records, rejects too; there is none without references."""
LINKS: Final = "links.parquet"
"""File of a load: the links of its accepted records; there is none without references."""
PLACEHOLDER: Final = "record:{}"
"""What stands in a document for the id of a parent that is yet to be made, by the parent's record number."""
SCHEMA: Final[dict[str, pl.DataType]] = {
    "record_no": pl.Int64(),
    "line_no": pl.Int64(),
    "field": pl.String(),
    "to": pl.String(),
    "parent_no": pl.Int64(),
    "wave": pl.Int64(),
}
_OF_EDGE: Final = ("record_no", "line_no", "field", "to")
_EVENT: Final = "event_id"
_SHOWN: Final = 5


class Linked(NamedTuple):
    """What came of linking.

    `links` has a row per accepted record and field that refers, in the shape of `SCHEMA` and in record order: `to` is
    the legacy key, `parent_no` its record (null = not in this source), `wave` is 0 for a record without a parent in
    the source, else one more than the deepest of its parents' waves, over all its fields.
    """

    links: pl.DataFrame
    rejects: pl.DataFrame


def link(anchors: Path, rejected: pl.Series, fields: Sequence[str]) -> Linked:
    """Find the parent of every record that names one.

    Args:
        anchors: partitions of `_record_no, _line_no, _anchor` (the record's own legacy key), `_to:<field>` (the one
            it names) and `event_id`, null where there is none; without `event_id` no event is known.
        rejected: numbers of the records that were refused already.
        fields: the fields that refer.

    Returns:
        The links of sound records, and a `reference-error` for every field at fault of the others: the legacy key is
        the record's own or leads back to it, it stands on several records or in another event, or its record was
        rejected. A legacy key that is not in the source is no fault here: the target may have it.
    """
    refused = rejected.cast(pl.Int64)
    edges = _edges(anchors, refused, fields)
    foreign = pl.col("parent_no").is_null() & pl.col("foreign_no").is_not_null()
    wrong = pl.col("count").gt(1) | pl.col("parent_no").eq(pl.col("record_no")) | foreign
    faulty = edges.filter(wrong)
    sound = edges.filter(~wrong.fill_null(value=False))
    depths, circles = generations(sound)
    circular = sound.join(circles, on=["record_no", "parent_no"], maintain_order="left")
    roots = pl.concat([refused, faulty["record_no"], circular["record_no"]])
    orphaned = fallen(sound, roots).join(circular, on=["record_no", "field"], how="anti")
    texts = ((faulty, _fault()), (circular, _circular()), (orphaned, parent_is("was rejected")))
    found = rejects.merge(*(refusals(links.with_columns(message=text)) for links, text in texts))
    return Linked(_in_waves(sound.join(found, on="record_no", how="anti", maintain_order="left"), depths), found)


def _in_waves(links: pl.DataFrame, depths: pl.DataFrame) -> pl.DataFrame:
    wave = pl.when(pl.col("parent_no").is_null()).then(0).otherwise(1 + pl.col("depth").fill_null(0))
    known = links.join(depths, on="parent_no", how="left", maintain_order="left")
    waves = known.with_columns(wave=wave.max().over("record_no"))
    return waves.select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def parent_is(what: str) -> pl.Expr:
    """Says of `parent_no` and `parent_line` (null = has none): `its parent, record 12 (line 13), …`."""
    line = pl.format(" (line {})", "parent_line")
    return pl.format("its parent, record {}{}, {}", "parent_no", line.fill_null(""), pl.lit(what))


def refusals(links: pl.DataFrame) -> pl.DataFrame:
    """Links with a `message` as rejects."""
    return links.select("record_no", "line_no", "field", "message", code=pl.lit("reference-error"), value="to").select(
        *rejects.SCHEMA
    )


def _edges(anchors: Path, rejected: pl.Series, fields: Sequence[str]) -> pl.DataFrame:
    """The references of all records that were not refused, with the record each names and how many have its key.

    `foreign_no` is a record with the key in whatever event.
    """
    found = [pl.DataFrame(schema={name: SCHEMA.get(name, pl.String()) for name in (*_OF_EDGE, _EVENT)})]
    for frame in _frames(anchors, [TO + field for field in fields]):
        found += [
            frame.filter(pl.col(TO + field).is_not_null()).select(
                record_no=RECORD_NO, line_no=LINE_NO, field=pl.lit(field), to=TO + field, event_id=_EVENT
            )
            for field in fields
        ]
    edges = pl.concat(found).filter(~pl.col("record_no").is_in(rejected.implode()))
    holders = _holders(anchors, edges.select("to").unique())
    foreign = holders.group_by("to").agg(foreign_no=pl.col("parent_no").min())
    meant = _meant(edges.select("to", _EVENT).unique(), holders)
    known = edges.join(meant, on=["to", _EVENT], how="left", nulls_equal=True).join(foreign, on="to", how="left")
    return known.sort("record_no", maintain_order=True).drop(_EVENT)


def _frames(anchors: Path, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Records with some of their columns and their event, null where the source does not say."""
    for frame in partitions.frames(anchors, [RECORD_NO, LINE_NO, *columns, _EVENT]):
        yield frame if _EVENT in frame.columns else frame.with_columns(pl.lit(None, pl.String).alias(_EVENT))


def _holders(anchors: Path, named: pl.DataFrame) -> pl.DataFrame:
    """Per event the record that each legacy key (`to`) stands on, and the first few where it stands on several."""
    columns = {"record_no": RECORD_NO, "line_no": LINE_NO, "to": ANCHOR, "event_id": _EVENT}
    none = pl.DataFrame(schema={name: SCHEMA.get(name, pl.String()) for name in columns})
    frames = (frame.select(**columns) for frame in _frames(anchors, [ANCHOR]))
    return (
        pl.concat([none, *(frame.join(named, on="to", how="semi") for frame in frames)])
        .sort("record_no")
        .group_by("to", _EVENT)
        .agg(
            parent_no=pl.col("record_no").first(),
            parent_line=pl.col("line_no").first(),
            count=pl.len(),
            holders=pl.col("record_no").head(_SHOWN),
        )
    )


def _meant(named: pl.DataFrame, holders: pl.DataFrame) -> pl.DataFrame:
    """Holders of the legacy keys that records name (`to`), together per event of these records (null = any)."""
    in_event, anywhere = named.filter(pl.col(_EVENT).is_not_null()), named.filter(pl.col(_EVENT).is_null())
    found = (
        in_event.join(holders, on=["to", _EVENT]),
        in_event.join(holders.filter(pl.col(_EVENT).is_null()).drop(_EVENT), on="to"),
        anywhere.join(holders.drop(_EVENT), on="to"),
    )
    first = pl.col("parent_no") == pl.col("parent_no").min()
    return (
        pl.concat(found)
        .group_by("to", _EVENT)
        .agg(
            parent_no=pl.col("parent_no").min(),
            parent_line=pl.col("parent_line").filter(first).first(),
            count=pl.col("count").sum(),
            holders=pl.col("holders").explode().sort().head(_SHOWN),
        )
    )


def _fault() -> pl.Expr:
    holders = pl.col("holders").cast(pl.List(pl.String)).list.join(", ")
    several = pl.format("found a legacy key that stands on {} records ({}), expected it on one", "count", holders)
    foreign = pl.format("found record {} of another event, expected one of the record's own event", "foreign_no")
    own = pl.lit("found the record's own legacy key, expected that of another record")
    several_or_own = pl.when(pl.col("count") > 1).then(several).otherwise(own)
    return pl.when(pl.col("parent_no").is_null()).then(foreign).otherwise(several_or_own)


def _circular() -> pl.Expr:
    return pl.format("found a legacy key that leads back to this record ({}), expected an end of it", "circle")
