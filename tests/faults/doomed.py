"""A process whose children run the command line and die by SIGKILL where they are told to: doomed.py

Everything is imported here once and each child is forked, so that a life costs no start of an interpreter. No polars
work is done before the fork: its threads would not come along.

It reads one order per line:

    arguments, environment: of the command line
    output: path of what it prints; its stderr and the rest go beside it
    kinds, at: the instants that count, and the number (from 1) of the one to die at; null: at none
    asked: whether SIGINT comes in place of SIGKILL there
    seconds: when it is killed from outside; null: never

and answers each with `{"status": exit status or minus the signal, "seconds"}`. A life that ends by itself leaves the
instants that it met, one per line, in OUTPUT.met.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import pkgutil
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

import httpcore  # noqa: F401 - its loggers tell how far a request is
import sqlalchemy as sa

import regbulk
import regbulk.cli

_STEPS = (
    "send_request_headers.started",
    "send_request_body.complete",
    "receive_response_headers.complete",
    "receive_response_body.complete",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Watch:
    """Counts the instants of a life and ends it at one of them.

    `ledger`: before and after each commit. `file`: before each rename, removal and opening for writing in the
    workspace.
    `wire`: four steps of a request, from its first header to the last byte of its answer.
    """

    def __init__(self, order: dict[str, Any]) -> None:
        self.met: list[str] = []
        self._kinds, self._at = frozenset(order["kinds"]), order["at"]
        self._end = signal.SIGINT if order["asked"] else signal.SIGKILL
        self._workspace = order["environment"]["REGBULK_WORKSPACE"]
        self._writing = set[int]()

    def start(self) -> None:
        sa.event.listen(sa.Engine, "commit", self._before_commit)
        sa.event.listen(sa.pool.Pool, "checkin", self._after_commit)
        sys.addaudithook(self._file)
        told = logging.getLogger("httpcore")
        told.setLevel(logging.DEBUG)
        told.propagate = False
        handler = logging.Handler()
        handler.emit = self._wire  # type: ignore[method-assign]
        told.addHandler(handler)

    def _meet(self, instant: str) -> None:
        if instant.partition(" ")[0] in self._kinds:
            self.met.append(instant)
            if len(self.met) == self._at:
                os.kill(os.getpid(), self._end)

    def _wire(self, record: logging.LogRecord) -> None:
        step = record.getMessage().split(" ")[0]
        if step in _STEPS:
            self._meet(f"wire {step}")

    def _before_commit(self, connection: sa.Connection) -> None:
        self._writing.add(id(connection.connection.dbapi_connection))
        self._meet("ledger before commit")

    def _after_commit(self, driver: Any, _record: object) -> None:
        # The connection goes back to its pool right after the commit; one that only read goes back too.
        if id(driver) in self._writing:
            self._writing.discard(id(driver))
            self._meet("ledger after commit")

    def _file(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and not (isinstance(arguments[2], int) and arguments[2] & _WRITING):
            return
        if event in {"open", "os.rename", "os.remove", "os.rmdir", "os.mkdir"}:
            # Folders are removed by names relative to an open folder.
            name = os.fsdecode(arguments[0]) if isinstance(arguments[0], str | bytes | os.PathLike) else ""
            if name.startswith(self._workspace) or (name and not Path(name).is_absolute()):
                self._meet(f"file {event} {Path(name).name}")


def live(order: dict[str, Any]) -> int:
    """One life, in a process of its own: the exit status of the command."""
    output = Path(order["output"])
    for number, target in enumerate((os.devnull, output, output.with_suffix(".err"))):
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC if number else os.O_RDONLY
        os.dup2(os.open(target, flags, 0o600), number)
    os.environ.update(order["environment"])
    sys.argv = ["regbulk", *order["arguments"]]
    watch = Watch(order)
    watch.start()
    try:
        regbulk.cli.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    met = list(watch.met)
    output.with_suffix(".met").write_text("\n".join(met))
    return status


def fork(order: dict[str, Any]) -> int:
    """The id of a child that lives as ordered."""
    if child := os.fork():
        return child
    status = 1
    try:
        status = live(order)
    except BaseException:  # noqa: BLE001 - the fork must not go on as its parent
        sys.excepthook(*sys.exc_info())
        sys.stderr.flush()
    finally:
        os._exit(status)


def ended(child: int, seconds: float | None) -> int:
    """Wait for a child, kill it after so many seconds; its status, or minus the signal it died of."""
    handle = os.pidfd_open(child)
    if seconds is not None and not select.select([handle], [], [], seconds)[0]:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(handle)
    return os.waitstatus_to_exitcode(status)


def main() -> None:
    """Answer orders until there are no more."""
    for module in pkgutil.walk_packages(regbulk.__path__, "regbulk."):
        if not module.name.startswith(("regbulk.flows", "regbulk.sandbox", "regbulk.__main__")):
            importlib.import_module(module.name)
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        started = time.monotonic()
        status = ended(fork(order), order["seconds"])
        print(json.dumps({"status": status, "seconds": time.monotonic() - started}), flush=True)


if __name__ == "__main__":
    main()
