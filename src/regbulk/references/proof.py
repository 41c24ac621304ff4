"""proof: what the target says of registrations that other loads wrote."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

import polars as pl

from regbulk.api import Client
from regbulk.batch import in_groups
from regbulk.errors import NotFound

_AT_ONCE: Final = 100
_SECONDS: Final = len("20260102T030405Z")
_STAMP: Final = "sys_bulk_load_id"


async def prove(client: Client, found: pl.DataFrame, *, stamped: bool, progress: Callable[[int], None]) -> pl.DataFrame:
    """Read registrations back by id.

    Args:
        client: reads them.
        found: what other loads know, in the shape of `earlier.FOUND`.
        stamped: whether the tenant keeps the stamps.
        progress: is told how many were read.

    Returns:
        `to, event_id, known_id, message`: the id of a registration that exists, in that event, and carries the stamp
        of the load that wrote it or a later one; else what speaks against it.

    Raises:
        ApiError: the target cannot be read.
    """
    ids = found.filter(pl.col("count") == 1)["parent_id"].unique(maintain_order=True).to_list()
    read = await _read(client, ids, progress)
    several = pl.format("found '{}', which load {} knows of {} registrations, expected one", "to", "load_id", "count")
    fault = _fault(stamped=stamped)
    lost = pl.format("found '{}', but registration {} of load {} {}", "to", "parent_id", "load_id", fault)
    message = pl.when(pl.col("count") > 1).then(several).otherwise(lost)
    told = found.join(read, on="parent_id", how="left").with_columns(message=message)
    return told.select("to", "event_id", "message", known_id=pl.when(pl.col("message").is_null()).then("parent_id"))


def _fault(*, stamped: bool) -> pl.Expr:
    """What speaks against a registration of another load; null where it is proven.

    Load ids begin with their time, so a stamp that is not less was written by that load or after it.
    """
    since = pl.col("stamp").str.head(_SECONDS) >= pl.col("load_id").str.head(_SECONDS)
    unstamped = pl.lit(stamped) & pl.col("written") & ~since.fill_null(value=False)
    return (
        pl.when(pl.col("event").is_null())
        .then(pl.lit("is gone"))
        .when(pl.col("event") != pl.col("event_id"))
        .then(pl.lit("is of another event now"))
        .when(unstamped)
        .then(pl.lit("carries neither the stamp of that load nor a later one"))
    )


async def _read(client: Client, ids: Sequence[str], progress: Callable[[int], None]) -> pl.DataFrame:
    """The event and the stamp of registrations that exist: `parent_id, event, stamp`."""

    async def one(registration_id: str) -> tuple[str, str, str | None] | None:
        with suppress(NotFound):
            found = await client.get(registration_id, fields=["event_id", _STAMP], consistent=True)
            return registration_id, str(found.get("event_id")), found.get(_STAMP)
        return None

    found, done = [], 0
    for group in in_groups(ids, _AT_ONCE):
        found += [known for known in await asyncio.gather(*map(one, group)) if known]
        done += len(group)
        progress(done)
    return pl.DataFrame(found, schema=dict.fromkeys(("parent_id", "event", "stamp"), pl.String), orient="row")
