"""target: what the API holds now, as columns of canonical text beside the key.

The target is read once per load and event (decision 5 of the design): by one chain of pages per event, by lists of
contacts or ids where the source touches little of an event, or record by record where only ids are known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl

from regbulk import keys, partitions
from regbulk.api import Client, Page
from regbulk.batch import in_groups
from regbulk.errors import NotFound, TargetError
from regbulk.schema import Kind, Schema, canonical

ID: Final = "_id"
VERSION: Final = "_version"
LOCKED: Final = "_locked"
LOAD: Final = "_load"
ROWS: Final = 250_000
"""In one partition file of a snapshot."""
_LOAD_STAMP: Final = "sys_bulk_load_id"
_NEEDED: Final = ("id", "event_id", "contact_id", "sys_external_id", "sys_version", _LOAD_STAMP)
_LIST: Final = 100
_FEW: Final = 2 * _LIST
_CHAINS: Final = 8
_MISFIT: Final = "\x00"
_TYPES: Final = {Kind.NUMBER: (int, float), Kind.BOOLEAN: (bool,), Kind.OBJECT: (dict,), Kind.ARRAY: (list,)}


@dataclass(frozen=True)
class Shape:
    """What a load compares: its key, the source's columns and the schema that gives their kinds."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    schema: Schema


def column(field: str) -> str:
    """The name of a field's column in the snapshot."""
    return f"@{field}"


def fields_of(columns: Sequence[str]) -> list[str]:
    """The top-level fields that source columns (dotted ones too) are compared with."""
    return list(dict.fromkeys(name.partition(".")[0] for name in columns if name != "id"))


def snapshot_schema(columns: Sequence[str]) -> dict[str, pl.DataType]:
    """The columns of a snapshot: key, id, version, the load that wrote last, a text column per compared field, lock."""
    texts = [keys.KEY, ID, VERSION, LOAD, *(column(field) for field in fields_of(columns))]
    return {**{name: pl.String() for name in texts}, LOCKED: pl.Boolean()}


def asked_fields(shape: Shape) -> list[str]:
    """The fields that a snapshot is made of, to ask the API for."""
    return list(dict.fromkeys([*_NEEDED, "sys_locked", *fields_of(shape.columns)]))


def searches(accepted: pl.LazyFrame, key: Sequence[str]) -> list[dict[str, Any]]:
    """The cheapest searches for these records: one by event, or by lists where a source touches little of an event.

    None where the records name no events; then only their ids can be read, one by one.
    """
    by, name = ("id", "ids") if tuple(key) == ("id",) else ("contact_id", "contact_id")
    if "event_id" not in accepted.collect_schema().names():
        return []
    events = accepted.filter(pl.col("event_id").is_not_null()).group_by("event_id").len().sort("event_id").collect()
    found: list[dict[str, Any]] = []
    for event, count in events.iter_rows():
        if by in key and count <= _FEW:
            values = accepted.filter(pl.col("event_id") == event).select(by).collect()[by].to_list()
            found += [{"event_id": event, name: group} for group in in_groups(values, _LIST)]
        else:
            found.append({"event_id": event})
    return found


async def read_target(
    client: Client, accepted: pl.LazyFrame, folder: Path, shape: Shape, *, progress: Callable[[int], None]
) -> int:
    """Write the snapshot of the target for these records into partition files; the number of registrations read.

    Raises:
        ApiError: the target cannot be read.
        TargetError: a page cannot be understood as registrations.
    """
    fields = asked_fields(shape)
    seen: list[pl.Series] = []
    with partitions.PartitionWriter(folder, rows=ROWS) as writer:

        def keep(registrations: Sequence[Mapping[str, Any]]) -> None:
            if registrations:
                frame = snapshot(registrations, shape)
                seen.append(frame[ID].hash())
                writer.write(frame)
                progress(writer.total)

        for queries in in_groups(searches(accepted, shape.key), _CHAINS):
            await asyncio.gather(*(_search(client, query, fields, _sound(keep, shape)) for query in queries))
        for group in in_groups(_elsewhere(accepted, seen) if shape.key == ("id",) else [], _LIST):
            keep(await get_each(client, group, fields))
    return writer.total


def _elsewhere(accepted: pl.LazyFrame, seen: Sequence[pl.Series]) -> list[str]:
    """Ids that no search brought up: gone, or registered for another event than the source says."""
    ids = accepted.select("id").collect()["id"]
    found = pl.concat(seen) if seen else pl.Series([], dtype=pl.UInt64)
    return ids.filter(~ids.hash().is_in(found.implode())).to_list()


async def _search(
    client: Client,
    query: Mapping[str, Any],
    fields: Sequence[str],
    keep: Callable[[Page], None],
) -> None:
    async for page in client.pages(query, fields=fields):
        keep(page)


def _sound(keep: Callable[[Sequence[Mapping[str, Any]]], None], shape: Shape) -> Callable[[Page], None]:
    """`keep` for pages on which every value is a registration with an id.

    What cannot be read may be the registration of any record, which would then be created a second time. Records known
    by their id are never created, and those that no search brought up are read one by one.
    """

    def checked(page: Page) -> None:
        named = [found for found in page.registrations if isinstance(found.get("id"), str) and found["id"]]
        broken = len(page.strays) + len(page.registrations) - len(named)
        if broken and shape.key != ("id",):
            raise TargetError(
                f"a page of the target holds {broken} values that are no registrations with an id, so it is not known "
                "what is there and nothing was planned; try again, and if it stays so, have the target mended"
            )
        keep(named)

    return checked


async def get_each(
    client: Client, ids: Sequence[str], fields: Sequence[str], *, consistent: bool = False
) -> list[Mapping[str, Any]]:
    """Registrations by id, all at once; those that are gone are left out. `consistent` is that of `Client.get`."""

    async def one(registration_id: str) -> Mapping[str, Any] | None:
        try:
            return await client.get(registration_id, fields=fields, consistent=consistent)
        except NotFound:
            return None

    found = await asyncio.gather(*(one(registration_id) for registration_id in ids))
    return [registration for registration in found if registration is not None]


def snapshot(registrations: Sequence[Mapping[str, Any]], shape: Shape) -> pl.DataFrame:
    """Registrations as the API returned them → one row each, values in canonical text, null = absent."""
    fields = fields_of(shape.columns)
    data: dict[str, list[str | None]] = {
        name: [_text(found.get(name), shape.schema.field(name).kind) for found in registrations]
        for name in dict.fromkeys([*_NEEDED, *fields])
    }
    frame = pl.DataFrame(data, schema=dict.fromkeys(data, pl.String))
    locked = pl.Series(LOCKED, [found.get("sys_locked") is True for found in registrations], dtype=pl.Boolean)
    values = [_comparable(pl.col(field), shape.schema.field(field).kind).alias(column(field)) for field in fields]
    return frame.with_columns(locked).select(
        keys.key_text(shape.key),
        pl.col("id").alias(ID),
        pl.col("sys_version").alias(VERSION),
        pl.col(_LOAD_STAMP).alias(LOAD),
        *values,
        LOCKED,
    )


def _text(value: object, kind: Kind) -> str | None:
    """A JSON value as the text that stands for it; of another type than the field's it is marked, so it differs."""
    if value is None:
        return None
    if kind in {Kind.STRING, Kind.DATETIME}:
        return value if isinstance(value, str) else _MISFIT + orjson.dumps(value).decode()
    fits = isinstance(value, _TYPES[kind]) and (kind is Kind.BOOLEAN or not isinstance(value, bool))
    return ("" if fits else _MISFIT) + orjson.dumps(value).decode()


def _comparable(text: pl.Expr, kind: Kind) -> pl.Expr:
    """Canonical text where there is one, else the text itself (which then differs from every canonical text)."""
    if kind in {Kind.NUMBER, Kind.DATETIME}:
        return pl.coalesce(canonical(text, kind), text)
    return text
