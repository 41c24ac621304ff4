"""What a fault tells the application about the one request it struck."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from starlette.types import Scope

_KEY: Final = "fault_marks"


@dataclass(frozen=True)
class Marks:
    """How the application is to see a request.

    Attributes:
        clock: seconds the server's clock is ahead.
        expires: whether its credential ends with it.
    """

    clock: float = 0.0
    expires: bool = False


def marks_of(scope: Scope) -> Marks:
    """The marks of a request; none for one that no fault has marked."""
    marks: Marks = scope.get("state", {}).get(_KEY, Marks())
    return marks


def mark(scope: Scope, **changes: Any) -> None:  # noqa: ANN401 - checked by the dataclass
    """Add to the marks of a request."""
    scope["state"][_KEY] = replace(marks_of(scope), **changes)
