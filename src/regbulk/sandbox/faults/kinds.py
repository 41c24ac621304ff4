"""What a fault is made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random
from typing import Any, NamedTuple, TypeAlias

from regbulk.sandbox.faults.answer import Answer
from regbulk.sandbox.faults.arrival import Arrival


def no_value(value: str | None) -> None:
    """Raise ValueError when a fault that takes no value was given one."""
    if value is not None:
        raise ValueError("it takes no value")


class ContentFault(NamedTuple):
    """A fault that only changes what a well-formed answer says: the JSON object of a batch, a search or a list.

    Attributes:
        change: the parsed answer, seeded random numbers, the fault's value (None: none was given) → what is answered
            instead. The given body may be changed in place; an equal body means that the fault found nothing to do.
        about: one sentence, for a person who looks for a fault.
        scope: the scope it has unless one is given, a key of `SCOPES`.
        check: raises ValueError with what is expected when the value (None: none was given) is not one of the fault's.
    """

    change: Callable[[dict[str, Any], Random, str | None], dict[str, Any]]
    about: str
    scope: str
    check: Callable[[str | None], None] = no_value


class InnerFault(NamedTuple):
    """A fault inside an operation, which asks for it with `call.strike(name)` where there is something to strike.

    Attributes:
        about: one sentence, for a person who looks for a fault.
        scope: the scope it has unless one is given, a key of `SCOPES`; counted are the requests that asked.
        check: raises ValueError with what is expected when the value (None: none was given) is not one of the fault's.
        when: when it strikes unless that is given.
        value: how its value is written; empty for none.
    """

    about: str
    scope: str
    check: Callable[[str | None], None] = no_value
    when: str = "once"
    value: str = ""


class Strike(NamedTuple):
    """An inner fault that strikes now: its value (None: none was given) and seeded random numbers."""

    value: str | None
    chance: Random


class Hit(NamedTuple):
    """A request that a fault was chosen for.

    Attributes:
        chance: random numbers that depend on seed, fault, tenant and the request's number in scope only.
        missed: says that there was nothing to strike after all.
    """

    chance: Random
    missed: Callable[[], None]


Proceed: TypeAlias = Callable[[Arrival], Awaitable[Answer]]
"""Lets the faults behind, and then the API, answer a request."""

Respond: TypeAlias = Callable[[Arrival, Hit, Proceed], Awaitable[Answer]]
"""Answers a request that a fault was chosen for."""


class Kind(NamedTuple):
    """A fault with a name.

    Attributes:
        about: one sentence, for a person who looks for a fault.
        scope: the scope it has unless one is given, a key of `SCOPES`.
        arm: the fault's value (None: none was given) → how it strikes in one tenant, with a memory of its own; raises
            ValueError with what is expected when the value is not one of the fault's.
        when: when it strikes unless that is given.
        value: how its value is written; empty for none.
    """

    about: str
    scope: str
    arm: Callable[[str | None], Respond]
    when: str = "once"
    value: str = ""
