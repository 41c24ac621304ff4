"""Holding a load: one process at a time works on it, and one load at a time writes to the events it names.

What is held stands in the ledger, so it holds among all processes and machines that share the ledger. It ends with the
process, however that ends. A process that died on this machine is taken over at once: its requests may still be under
way, so the taker waits for those before it concludes what came of them. A process that was stopped or suspended, or
died on another machine, may be taken over once its lease and one request are over, and then writes nothing more when it
wakes. One that fell asleep between the check and the send may still send that one request, on waking: the window is as
short as it can be made, but it is there.

An event is one of a tenant at an address as the settings spell it: case, a default port and a slash at the end make no
difference, but two names of one server do, so always use the same.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from regbulk.errors import LoadError, StopRule
from regbulk.ledger import Lease, LeaseTaken, Ledger, Resource, Terms, load_resource
from regbulk.load import Load
from regbulk.settings import Settings

Told = Callable[[str], None]
_MOST_EVENTS: Final = 64
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True)
class Hold:
    """A load that this process holds; made by `held`.

    Attributes:
        load: the load.
        lease: what is held, as the ledger knows it.
        seconds: how long to wait for what another process holds.
        waiting: is told once for whom; None = do not wait at all.
    """

    load: Load
    lease: Lease
    seconds: float
    waiting: Told | None

    def events(self, events: Sequence[str]) -> None:
        """Hold these events of the load's tenant as well, or the whole tenant where they are none or very many.

        Raises:
            StopRule: another load is writing to one of them; nothing was sent.
        """
        manifest = self.load.manifest
        whole = not events or len(events) > _MOST_EVENTS
        target = (manifest.api_url, manifest.tenant)
        single = [] if whole else [_resource(*target, event) for event in sorted(events)]
        try:
            self._claim([_resource(*target)._replace(exclusive=whole), *single])
        except LeaseTaken as taken:
            raise StopRule(
                f"another load is writing to the same events of tenant {manifest.tenant}: {taken}; nothing more of "
                f"load {self.load.id} was sent. When the other is done, import the source again; with --wait an "
                "import waits for it"
            ) from None

    def claim_load(self) -> None:
        """Hold the load itself.

        Raises:
            LoadError: another process is working on it.
        """
        try:
            self._claim([load_resource(self.load.id)])
        except LeaseTaken as taken:
            raise LoadError(
                f"load {self.load.id}: another process is working on it, on {taken.holder.host} since "
                f"{taken.since}; wait for it (--wait) or stop it"
            ) from None

    def _claim(self, resources: Sequence[Resource]) -> None:
        deadline, pause, waiting = time.monotonic() + self.seconds, _FIRST_PAUSE, self.waiting
        while True:
            try:
                return self.lease.claim(resources)
            except LeaseTaken as taken:
                left = deadline - time.monotonic()
                if self.waiting is None or left <= 0:
                    raise
                if waiting:
                    waiting(f"waiting for at most {self.seconds:,.0f} s: {taken}")
                    waiting = None
            time.sleep(min(pause, left))
            pause = min(1.5 * pause, _LONGEST_PAUSE)


@contextmanager
def held(load: Load, ledger: Ledger, settings: Settings, *, waiting: Told | None) -> Iterator[Hold]:
    """Hold a load for this process.

    Args:
        load: the load.
        ledger: where what is held stands.
        settings: how long the lease and a request last, and how long to wait.
        waiting: is told once for whom this process waits; None = do not wait.

    Raises:
        LoadError: another process is working on the load.
        LedgerError: the ledger cannot be written.
    """
    from regbulk.api.transport import CONNECT_SECONDS

    deadline = settings.timeout + min(settings.timeout, CONNECT_SECONDS)
    terms = Terms(load.id, settings.workspace / "holders", settings.lease_seconds, deadline)
    with ledger.hold(terms) as lease:
        hold = Hold(load, lease, settings.wait_seconds, waiting)
        hold.claim_load()
        yield hold


def _resource(*parts: str) -> Resource:
    name = "\0".join(parts).encode("utf-8", "surrogatepass")
    return Resource(f"target {hashlib.sha256(name).hexdigest()}")
