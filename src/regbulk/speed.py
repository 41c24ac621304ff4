"""speed: when and why a load went faster or slower, one JSON line per change in `speed.jsonl` of its folder.

Each line holds `at` (UTC), `width` (requests at once), `rate` (requests a second, null where only the width limits) and
`reason`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from regbulk.api import SpeedChange

FILE: Final = "speed.jsonl"


def keep(folder: Path, changes: Sequence[SpeedChange]) -> None:
    """Add changes to those of a load; the file is its owner's alone."""
    if not changes:
        return
    lines = [orjson.dumps(change._asdict() | {"at": _utc(change.at)}) + b"\n" for change in changes]
    with os.fdopen(os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as file:
        file.write(b"".join(lines))


def told(folder: Path) -> str | None:
    """The last change and how often the API said 429, in one line; None where the speed never changed."""
    changes = _read(folder / FILE)
    if not changes:
        return None
    last, refused = changes[-1], sum("429" in str(change.get("reason")) for change in changes)
    rate = "" if last.get("rate") is None else f", {last['rate']:.3g} a second"
    often = "once" if refused == 1 else f"{refused:,} times"
    storms = f"; slowed down after a 429 {often}" if refused else ""
    return f"speed: {last.get('width')} requests at once{rate} since {last.get('at')} ({last.get('reason')}){storms}"


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _read(file: Path) -> list[dict[str, Any]]:
    """The changes; a line that a killed process left unfinished is left out."""
    found = list[dict[str, Any]]()
    for line in file.read_bytes().splitlines() if file.is_file() else ():
        with suppress(orjson.JSONDecodeError):
            found.append(orjson.loads(line))
    return found
