"""The values of faults as they are written."""

from __future__ import annotations

from collections.abc import Collection


def number(value: str | None, unit: str, *, default: float | None = None, least: float = 0.0) -> float:
    """A number of at least `least`; `default` when no value was given.

    Raises:
        ValueError: it is none, or none was given and there is no default.
    """
    if value is None and default is not None:
        return default
    try:
        found = float(value or "")
    except ValueError:
        found = float("nan")
    if not least <= found < float("inf"):
        raise ValueError(f"{unit} are expected, a number from {least:g}")
    return found


def choice(value: str | None, choices: Collection[str], *, default: str) -> str:
    """One of the choices; `default` when no value was given; raises ValueError for any other text."""
    if value is None:
        return default
    if value not in choices:
        raise ValueError(f"one of {', '.join(choices)} is expected")
    return value


def status(value: str | None, statuses: Collection[int], *, default: int) -> int:
    """One of the HTTP statuses; `default` when no value was given; raises ValueError for any other text."""
    return int(choice(value, [str(each) for each in statuses], default=str(default)))
