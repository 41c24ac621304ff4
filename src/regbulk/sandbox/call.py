"""One admitted request and the sandbox it came to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from regbulk.sandbox.credentials import Credentials
from regbulk.sandbox.dialect import LAGGING_READS, spoken
from regbulk.sandbox.faults.kinds import Strike
from regbulk.sandbox.faults.pages import LAG
from regbulk.sandbox.faults.spec import Fault
from regbulk.sandbox.faults.switchboard import Switchboard
from regbulk.sandbox.lag import DIALECT_SECONDS, Lag
from regbulk.sandbox.options import SandboxOptions
from regbulk.sandbox.rules import Record
from regbulk.sandbox.store import Store


@dataclass(frozen=True)
class Tally:
    """What came in since the start: requests by method and path, operations by kind; refused ones count too."""

    requests: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=lambda: Counter(create=0, patch=0, delete=0))


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox.

    Attributes:
        options: what it was started with.
        store: all tenants' registrations.
        credentials: who may use which tenant.
        tally: what came in.
        dialects: of the tenants whose dialects were set while it runs; the others speak those of the start.
        lag: what reads that trail behind writes still show.
        switchboard: the faults that are on.
    """

    options: SandboxOptions
    store: Store
    credentials: Credentials
    tally: Tally = field(default_factory=Tally)
    dialects: dict[str, frozenset[str]] = field(default_factory=dict)
    lag: Lag = field(default_factory=Lag)
    switchboard: Switchboard = field(default_factory=Switchboard)

    def spoken(self, tenant: str) -> frozenset[str]:
        """The dialects of a tenant, and those that they stand for."""
        return spoken(self.dialects.get(tenant, self.options.dialects))

    def set_faults(self, faults: tuple[Fault, ...], *, tenant: str | None, seed: int) -> None:
        """Switch on faults of a tenant (None: those for all tenants) in place of earlier ones and what these left."""
        self.switchboard.put(faults, tenant=tenant, seed=seed)
        self.credentials.reinstate(tenant)


def no_strike(_: str) -> Strike | None:
    """No inner fault strikes."""
    return None


@dataclass(frozen=True)
class Call:
    """One admitted request.

    Attributes:
        sandbox: where it came to.
        tenant: the tenant it may use.
        actor: fingerprint of its credential.
        at: when it came, RFC 3339 in UTC.
        strike: asks for an inner fault by its name, where there is something to strike; None when it does not strike.
    """

    sandbox: Sandbox
    tenant: str
    actor: str
    at: str
    strike: Callable[[str], Strike | None] = no_strike

    @property
    def dialects(self) -> frozenset[str]:
        """The dialects of its tenant, and those that they stand for."""
        return self.sandbox.spoken(self.tenant)

    @cached_property
    def trail_seconds(self) -> float:
        """How far the reads of its tenant trail behind writes, by its dialect and by the faults."""
        struck = self.strike(LAG)
        by_dialect = DIALECT_SECONDS if LAGGING_READS in self.dialects else 0.0
        return max(by_dialect, float(struck.value or 0) if struck else 0.0)

    def wrote(self, registration_id: str, before: Record | None) -> None:
        """Say what a write replaced (None: nothing was there), so that reads can trail it."""
        self.sandbox.lag.wrote(self.tenant, registration_id, before, seconds=self.trail_seconds)
