"""What a sandbox is started with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from regbulk.errors import SettingsError
from regbulk.sandbox.dialect import known
from regbulk.sandbox.faults.spec import faults_of


@dataclass(frozen=True)
class SandboxOptions:
    """How to run a sandbox.

    Attributes:
        port: port on 127.0.0.1; 0 takes a free one.
        data: SQLite file that keeps everything; None keeps it in a temporary file that goes with the process.
        api_keys: the tenant each key opens; empty lets any non-empty credential open any tenant.
        page_size: records read for one page.
        dialects: names out of `DIALECTS`; any other raises SettingsError.
        faults: faults for all tenants, as they are written; a malformed one raises SettingsError.
        seed: what their random numbers come from.
    """

    port: int = 0
    data: Path | None = None
    api_keys: Mapping[str, str] = field(default_factory=dict)
    page_size: int = 100
    dialects: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no sandbox can be started with."""
        known(self.dialects)
        faults_of(self.faults)
        if self.page_size < 1:
            raise SettingsError(f"sandbox: page size is {self.page_size}, it must be at least 1")
        if not all(self.api_keys) or not all(self.api_keys.values()):
            raise SettingsError("sandbox: an API key is written KEY=TENANT, neither of them empty")
