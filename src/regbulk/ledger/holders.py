"""Who holds what: the holders of leases as the ledger knows them, and when one may be taken over.

A holder is one process at work on one load. It holds resources, each alone or together with others. A holder that is
not in the table (any more) holds nothing and can write nothing: that is the fence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from regbulk.errors import LeaseLost
from regbulk.ledger.database import Database
from regbulk.ledger.life import boot, host, life_of
from regbulk.ledger.tables import HOLDERS, LEASES, now_text

CLOCK_MARGIN: Final = 60.0
"""Seconds more for a holder on another machine: the server's clock may be set, or another server take over."""


class Resource(NamedTuple):
    """What can be held, alone (`exclusive`) or with others; the name is unique in the ledger."""

    name: str
    exclusive: bool = True


class Holder(NamedTuple):
    """A process at work on a load: its load, the machine it runs on, and since when (UTC)."""

    load_id: str
    host: str
    since: datetime


class Claimed(NamedTuple):
    """What came of a claim: who stands in the way (null: it holds), and the files of the holders it took over."""

    other: Holder | None
    gone: Sequence[Path]


class Terms(NamedTuple):
    """On which terms a load is held.

    Attributes:
        load_id: the load.
        folder: where the file lies that shows that this process lives; made if absent.
        seconds: how long the lease is good without being renewed.
        deadline: seconds that a request may take; so much later the lease may be taken over.
    """

    load_id: str
    folder: Path
    seconds: float
    deadline: float


def enter(database: Database, connection: sa.Connection, *, holder: str, terms: Terms) -> None:
    """Put a new holder into the table; it holds nothing yet."""
    row = {
        "holder": holder,
        "load_id": terms.load_id,
        "host": host(),
        "boot": boot(),
        "file": str((terms.folder / holder).absolute()),
        "since": now_text(),
        "renewed_at": database.clock(connection),
        "lasts": terms.seconds + terms.deadline,
    }
    database.put(connection, HOLDERS, row)


def require(connection: sa.Connection, holder: str) -> None:
    """Keep a holder where it is until the transaction ends.

    Raises:
        LeaseLost: it was taken over.
    """
    query = sa.select(HOLDERS.c.holder).where(HOLDERS.c.holder == holder).with_for_update(read=True)
    if connection.execute(query).first() is None:
        raise LeaseLost(holder)


def renew(database: Database, connection: sa.Connection, holder: str) -> None:
    """Note that a holder is at work.

    Raises:
        LeaseLost: it was taken over.
    """
    change = sa.update(HOLDERS).where(HOLDERS.c.holder == holder).values(renewed_at=database.clock(connection))
    if not connection.execute(change).rowcount:
        raise LeaseLost(holder)


def claim(database: Database, connection: sa.Connection, *, holder: str, resources: Sequence[Resource]) -> Claimed:
    """Hold more resources, all or none; who is gone is taken over.

    Raises:
        LeaseLost: the holder itself was taken over.
    """
    database.alone(connection)
    require(connection, holder)
    gone = list[Path]()
    for other in _in_the_way(connection, holder, resources):
        if not _is_gone(database, connection, other):
            return Claimed(_known(other), gone)
        leave(connection, other.holder)
        gone.append(Path(other.file))
    held = sa.select(LEASES.c.resource).where(LEASES.c.holder == holder, LEASES.c.exclusive)
    alone = set(connection.execute(held).scalars())
    for name, exclusive in resources:
        row = {"resource": name, "holder": holder, "exclusive": exclusive or name in alone}
        database.put(connection, LEASES, row)
    return Claimed(None, gone)


def leave(connection: sa.Connection, holder: str) -> None:
    """Take a holder out of the table with all it holds."""
    connection.execute(sa.delete(LEASES).where(LEASES.c.holder == holder))
    connection.execute(sa.delete(HOLDERS).where(HOLDERS.c.holder == holder))


def at_work(database: Database, resource: Resource) -> Holder | None:
    """Who holds a resource and is not gone."""
    query = sa.select(HOLDERS).join(LEASES, LEASES.c.holder == HOLDERS.c.holder)

    def look(connection: sa.Connection) -> Holder | None:
        rows = connection.execute(query.where(LEASES.c.resource == resource.name)).all()
        return next((_known(row) for row in rows if not _is_gone(database, connection, row)), None)

    return database.read(look)


def _in_the_way(connection: sa.Connection, holder: str, resources: Sequence[Resource]) -> Sequence[sa.Row[Any]]:
    alone = [each.name for each in resources if each.exclusive]
    shared = [each.name for each in resources if not each.exclusive]
    wanted = sa.or_(LEASES.c.resource.in_(alone), sa.and_(LEASES.c.resource.in_(shared), LEASES.c.exclusive))
    query = sa.select(HOLDERS).join(LEASES, LEASES.c.holder == HOLDERS.c.holder).distinct()
    return connection.execute(query.where(wanted, HOLDERS.c.holder != holder).order_by(HOLDERS.c.since)).all()


def _is_gone(database: Database, connection: sa.Connection, row: sa.Row[Any]) -> bool:
    """Whether a holder may be taken over: its process is dead, or was not heard of for lease and deadline.

    Where all who share the ledger run on one machine, none that was there before this machine started lives.
    """
    life = life_of(Path(row.file))
    near = row.host == host() or row.boot == boot() != ""
    if life == "dead" and near:
        return True
    silent = database.clock(connection) - row.renewed_at
    restarted = silent < 0 or "" != row.boot != boot() != ""
    if database.local and life != "alive" and restarted:
        return True
    return bool(silent > row.lasts + (0 if near else CLOCK_MARGIN))


def _known(row: sa.Row[Any]) -> Holder:
    return Holder(row.load_id, row.host, datetime.fromisoformat(row.since))
