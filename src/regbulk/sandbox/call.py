"""One admitted request and the sandbox it came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from regbulk.sandbox.credentials import Credentials
from regbulk.sandbox.options import SandboxOptions
from regbulk.sandbox.store import Store


@dataclass(frozen=True)
class Tally:
    """What came in since the start: requests by method and path, operations by kind; refused ones count too."""

    requests: Counter[str] = field(default_factory=Counter)
    operations: Counter[str] = field(default_factory=lambda: Counter(create=0, patch=0, delete=0))


@dataclass(frozen=True)
class Sandbox:
    """A running sandbox."""

    options: SandboxOptions
    store: Store
    credentials: Credentials
    tally: Tally = field(default_factory=Tally)


@dataclass(frozen=True)
class Call:
    """One admitted request.

    Attributes:
        sandbox: where it came to.
        tenant: the tenant it may use.
        actor: fingerprint of its credential.
        at: when it came, RFC 3339 in UTC.
    """

    sandbox: Sandbox
    tenant: str
    actor: str
    at: str
