"""A lease: what one process holds while it works on a load, renewed as long as it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Final
from uuid import uuid4

import sqlalchemy as sa

from regbulk.errors import LeaseLost, LedgerError, LoadError
from regbulk.ledger import holders
from regbulk.ledger.database import Database
from regbulk.ledger.holders import Holder, Resource, Terms
from regbulk.ledger.life import locked, uptime

_RENEWALS: Final = 3
"""So many times a lease is renewed while it is good."""


class LeaseTaken(LoadError):  # noqa: N818 - what another process does, not a mistake of this one
    """Another process holds what was asked for; `holder` says which."""

    def __init__(self, holder: Holder) -> None:
        """Name who holds it."""
        self.holder = holder
        self.since = f"{holder.since:%Y-%m-%d %H:%M:%S} UTC"
        super().__init__(f"load {holder.load_id} is at work on {holder.host} since {self.since}")


class Lease:
    """What one process holds; made by `held`."""

    def __init__(self, database: Database, terms: Terms) -> None:
        """Prepare a lease; it is in the ledger once it is entered."""
        self.holder: Final = uuid4().hex
        self.terms: Final = terms
        self._database = database
        self._renewed = 0.0
        self._lost = threading.Event()
        self._ended = threading.Event()

    def check(self) -> None:
        """Let a write leave: the lease is good, or is renewed now.

        Raises:
            LeaseLost: another process took it over.
            LedgerError: it has to be renewed and the ledger does not answer.
        """
        if self._lost.is_set():
            raise self._loss()
        if uptime() - self._renewed >= self.terms.seconds:
            self.renew()

    def renew(self) -> None:
        """Note in the ledger that this process is at work; raises as `check` does."""
        at = uptime()
        with self._noticed():
            self._database.write(lambda connection: holders.renew(self._database, connection, self.holder))
        self._renewed = at

    def write(self, change: Callable[[sa.Connection], None]) -> None:
        """Make a change in the ledger that is refused, in its own transaction, once the lease was taken over.

        Raises:
            LeaseLost: it was; nothing is changed.
        """

        def fenced(connection: sa.Connection) -> None:
            holders.require(connection, self.holder)
            change(connection)

        with self._noticed():
            self._database.write(fenced)

    def claim(self, resources: Sequence[Resource]) -> None:
        """Hold more resources, all or none.

        Raises:
            LeaseTaken: another process holds one of them.
            LeaseLost: this lease was taken over.
        """
        with self._noticed():
            claimed = self._database.write(
                lambda connection: holders.claim(self._database, connection, holder=self.holder, resources=resources)
            )
        # Not before the end of the transaction: a holder that is still in the table needs its file to be known as dead.
        for file in claimed.gone:
            with suppress(OSError):
                file.unlink(missing_ok=True)
        if claimed.other is not None:
            raise LeaseTaken(claimed.other)

    def begin(self) -> None:
        """Enter the ledger and stay there, from a thread of its own, until `end`."""
        at = uptime()
        self._database.write(
            lambda connection: holders.enter(self._database, connection, holder=self.holder, terms=self.terms)
        )
        self._renewed = at
        threading.Thread(target=self._keep, name="lease", daemon=True).start()

    def end(self) -> bool:
        """Let go of everything; False where the ledger does not answer, then the end of this process will do."""
        self._ended.set()
        try:
            self._database.write(lambda connection: holders.leave(connection, self.holder))
        except LedgerError:
            return False
        return True

    def _keep(self) -> None:
        while not self._ended.wait(self.terms.seconds / _RENEWALS):
            try:
                self.renew()
            except LeaseLost:
                return
            except LedgerError:
                continue  # `check` tells, once the lease is no longer good without it.

    @contextmanager
    def _noticed(self) -> Iterator[None]:
        try:
            yield
        except LeaseLost:
            self._lost.set()
            raise self._loss() from None

    def _loss(self) -> LeaseLost:
        load_id = self.terms.load_id
        return LeaseLost(
            f"load {load_id}: another process took it over while this one was not running; this one sent nothing more. "
            f"Where it stands: regbulk status {load_id}"
        )


@contextmanager
def held(database: Database, terms: Terms) -> Iterator[Lease]:
    """A lease that holds nothing yet, and at the end holds nothing again.

    Raises:
        LedgerError: the ledger or the folder of the terms cannot be written.
    """
    lease = Lease(database, terms)
    with locked(terms.folder / lease.holder) as life:
        lease.begin()
        try:
            yield lease
        finally:
            # A file that stays, locked by nobody, shows that the holder in the table is dead.
            if lease.end():
                life.unlink(missing_ok=True)
