"""What goes wrong with the ledger's storage, in words."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from regbulk.errors import LedgerError

_SQLITE: Final = {
    "database or disk is full": "the disk is full; make room",
    "disk I/O error": "the disk takes nothing more (it is full, over a quota, or broken); make room",
    "attempt to write a readonly database": "it may not be written; make file and folder writable",
    "unable to open database file": "it cannot be opened; make its folder writable",
    "database is locked": "another process has kept it locked for 30 seconds; look what that process does",
    "database disk image is malformed": "the file is damaged; put a copy of it back",
    "file is not a database": "the file is not a ledger; move it away or set another REGBULK_WORKSPACE",
}
_POSTGRES: Final = {
    "53100": "the server's disk is full; make room there",
    "53": "the server has no room for more (connections or memory); try again when it has",
    "42501": "its user may not do that; let it make tables and write to them",
    "25006": "the server takes no writes (a standby); name the primary in REGBULK_LEDGER",
    "55P03": "another process has kept it locked for 30 seconds; look what that process does",
}
_GO_ON: Final = "Nothing more was sent; then go on with `regbulk push LOAD`"
_LOST: Final = ("08", "57P")
_AGAIN: Final = ("40",)
"""SQLSTATE classes: of a lost connection, and of a transaction that the server wants repeated."""


def is_passing(error: sa.exc.DBAPIError) -> bool:
    """Whether the same transaction may succeed in a moment: the server went away, or asks for a repetition."""
    state = _state(error)
    if state is not None:
        return state.startswith((*_LOST, *_AGAIN))
    return _is_postgres(error) and isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError))


def explained(error: sa.exc.DBAPIError, name: str) -> LedgerError:
    """The error that a user reads; `name` says where the ledger is."""
    return LedgerError(f"ledger {name}: {reason(error)}. {_GO_ON}")


def reason(error: sa.exc.DBAPIError) -> str:
    """What the storage says, and what to do."""
    said = " ".join(str(error.orig).split())
    state = _state(error)
    if state is None and not _is_postgres(error):
        return next((f"{text} ({said})" for key, text in _SQLITE.items() if key in said), said)
    known = [text for key, text in _POSTGRES.items() if state and state.startswith(key)]
    if known:
        return f"{known[0]} ({said})"
    return f"the server does not answer ({said}); see that it runs and can be reached" if is_passing(error) else said


def _state(error: sa.exc.DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state


def _is_postgres(error: sa.exc.DBAPIError) -> bool:
    return type(error.orig).__module__.startswith("psycopg")
