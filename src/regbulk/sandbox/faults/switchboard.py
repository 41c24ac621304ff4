"""Which faults are switched on, for whom, and how often they struck."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from regbulk.sandbox.faults.kinds import Hit, Kind, Respond, Strike
from regbulk.sandbox.faults.spec import Fault


class Record(NamedTuple):
    """How one fault fared: the tenant it was set for (None: all), the requests it met and those it struck."""

    fault: str
    tenant: str | None
    met: int
    struck: int


class Switch:
    """One fault in one tenant: its counts, and what it remembers."""

    def __init__(self, fault: Fault, seed: str) -> None:
        """Nothing was met yet; `seed` makes the random numbers of this fault in this tenant."""
        self.fault = fault
        self.met = 0
        self.struck = 0
        self.respond: Respond | None = fault.kind.arm(fault.value) if isinstance(fault.kind, Kind) else None
        self._seed = seed

    def meet(self) -> Hit | None:
        """Count a request in scope; None for one that is let through."""
        self.met += 1
        chance = Random(f"{self._seed} {self.met}")  # noqa: S311 - chance that can be repeated
        if not self.fault.when.chooses(self.met, struck=self.struck, chance=chance):
            return None
        self.struck += 1
        return Hit(chance, self._missed)

    def _missed(self) -> None:
        self.struck -= 1


@dataclass(frozen=True)
class _Panel:
    """The faults set for one tenant, or for all (None); each tenant that they meet has switches of its own."""

    owner: str | None
    faults: tuple[Fault, ...]
    seed: int
    switches: dict[str | None, Sequence[Switch]] = field(default_factory=dict)

    def of(self, tenant: str | None) -> Sequence[Switch]:
        if tenant not in self.switches:
            self.switches[tenant] = [Switch(each, f"{self.seed} {each.text} {tenant}") for each in self.faults]
        return self.switches[tenant]

    def records(self) -> Iterator[Record]:
        for place, fault in enumerate(self.faults):
            met = sum(switches[place].met for switches in self.switches.values())
            struck = sum(switches[place].struck for switches in self.switches.values())
            yield Record(fault.text, self.owner, met, struck)


class Switchboard:
    """The faults of all tenants."""

    def __init__(self) -> None:
        """No fault is switched on."""
        self._panels: dict[str | None, _Panel] = {}

    @property
    def seed(self) -> int:
        """The seed of the faults set for all tenants."""
        return self._panels[None].seed if None in self._panels else 0

    def put(self, faults: tuple[Fault, ...], *, tenant: str | None, seed: int) -> None:
        """Set the faults of a tenant (None: those for all tenants) in place of the earlier ones; counts begin anew."""
        self._panels.pop(tenant, None)
        if faults or seed:
            self._panels[tenant] = _Panel(tenant, faults, seed)

    def switches(self, tenant: str | None, operation: str) -> list[Switch]:
        """The switches that a request meets, outermost first: those for all tenants, then its own."""
        panels = [self._panels[owner] for owner in dict.fromkeys((None, tenant)) if owner in self._panels]
        return [switch for panel in panels for switch in panel.of(tenant) if operation in switch.fault.operations]

    def strike(self, name: str, *, tenant: str, operation: str) -> Strike | None:
        """Let the inner fault of this name meet a request; None when it does not strike."""
        for switch in self.switches(tenant, operation):
            if switch.fault.name == name and (hit := switch.meet()):
                return Strike(switch.fault.value, hit.chance)
        return None

    def records(self) -> list[Record]:
        """How each fault fared since it was set."""
        return [record for panel in self._panels.values() for record in panel.records()]
