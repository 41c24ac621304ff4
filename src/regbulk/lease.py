"""The lease: one load at a time writes to the events it names.

A lease is a set of locked files in the workspace, so it ends with its process however that ends. It holds among the
processes of one machine that share a workspace.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from regbulk.errors import StopRule
from regbulk.load import Load

_MOST_EVENTS: Final = 64


@contextmanager
def leased(workspace: Path, load: Load, events: Sequence[str]) -> Iterator[None]:
    """Hold the events of a load, or its whole tenant where it names none or very many.

    Raises:
        StopRule: another load is writing to one of them; nothing was sent.
    """
    target = f"{load.manifest.api_url}\0{load.manifest.tenant}"
    whole = not events or len(events) > _MOST_EVENTS
    folder = workspace / "leases"
    folder.mkdir(mode=0o700, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(_locked(folder, target, fcntl.LOCK_EX if whole else fcntl.LOCK_SH))
            for event in () if whole else sorted(events):
                held.enter_context(_locked(folder, f"{target}\0{event}", fcntl.LOCK_EX))
        except BlockingIOError:
            raise StopRule(
                f"another load is writing to the same events of tenant {load.manifest.tenant}; nothing more of load "
                f"{load.id} was sent. When the other is done, import the source again"
            ) from None
        yield


@contextmanager
def _locked(folder: Path, name: str, kind: int) -> Iterator[None]:
    handle = os.open(folder / hashlib.sha256(name.encode()).hexdigest()[:32], os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)
