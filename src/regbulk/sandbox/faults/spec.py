"""Faults as they are written: `NAME[=VALUE][@SCOPE][:WHEN]`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from regbulk.errors import SettingsError
from regbulk.sandbox.faults.arrival import SCOPES
from regbulk.sandbox.faults.catalogue import KINDS, PRESETS, AnyKind
from regbulk.sandbox.faults.kinds import Kind
from regbulk.sandbox.faults.when import When, when_of

_WRITTEN: Final = re.compile(
    r"(?P<name>[a-z0-9-]+)(?:=(?P<value>[^@:]*))?(?:@(?P<scope>[a-z]+))?(?::(?P<when>[^@:]+))?"
)


@dataclass(frozen=True)
class Fault:
    """A fault that somebody asked for.

    Attributes:
        text: as it was written.
        name: its name in `KINDS`.
        value: its value; None when none was given.
        operations: the operations it meets.
        when: which of their requests it strikes.
    """

    text: str
    name: str
    value: str | None
    operations: frozenset[str]
    when: When

    @property
    def kind(self) -> AnyKind:
        """What it is."""
        return KINDS[self.name]


def faults_of(texts: Iterable[str]) -> tuple[Fault, ...]:
    """The faults written, presets resolved, in their order.

    Raises:
        SettingsError: one of them is malformed or not known; the message says what there is.
    """
    return tuple(_fault(part) for text in texts for part in _resolved(text))


def _resolved(text: str) -> tuple[str, ...]:
    return PRESETS[text].faults if text in PRESETS else (text,)


def _fault(text: str) -> Fault:
    written = _WRITTEN.fullmatch(text)
    if written is None:
        raise SettingsError(f"fault {text!r}: expected NAME[=VALUE][@SCOPE][:WHEN], as reset-after@write:p=0.02")
    name, value, scope, when = written.group("name", "value", "scope", "when")
    if name in PRESETS:
        raise SettingsError(f"fault {text!r}: {name} is a preset, it takes neither value nor scope nor when")
    if name not in KINDS:
        known = f"there are: {', '.join(KINDS)}; and the presets {', '.join(PRESETS)}"
        raise SettingsError(f"fault {text!r}: no fault is called {name}; {known}")
    kind = KINDS[name]
    if scope is not None and scope not in SCOPES:
        raise SettingsError(f"fault {text!r}: no scope is called {scope}; there are: {', '.join(SCOPES)}")
    try:
        (kind.arm if isinstance(kind, Kind) else kind.check)(value)
        chosen = when_of(when or kind.when)
    except ValueError as problem:
        raise SettingsError(f"fault {text!r}: {problem}") from None
    return Fault(text, name, value, SCOPES[scope or kind.scope], chosen)
