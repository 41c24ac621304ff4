"""Whether a process lives: a file that it keeps locked, which the system lets go of however the process ends."""

from __future__ import annotations

import fcntl
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from regbulk.errors import LedgerError

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
Life = Literal["alive", "dead", "out of sight"]


def uptime() -> float:
    """Seconds since this machine started, also those in which it was suspended; setting its clock does not move it."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def host() -> str:
    """The name of this machine, for people."""
    return platform.node() or "an unnamed machine"


def boot() -> str:
    """What all processes share that run under this kernel since it started; empty where that cannot be known."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return ""


@contextmanager
def locked(file: Path) -> Iterator[Path]:
    """Keep a new file locked, for its owner alone; it stays, unless it is removed.

    Raises:
        LedgerError: it cannot be made.
    """
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise LedgerError(f"{file}: cannot be made: {error.strerror}; nothing was sent") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(handle)


def life_of(file: Path) -> Life:
    """Whether the process that locked a file lives; it is out of sight where the file is not there."""
    try:
        handle = os.open(file, os.O_RDONLY)
    except OSError:
        return "out of sight"
    try:
        # Shared, so that two who look do not take each other for the process.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return "alive"
    finally:
        os.close(handle)
    return "dead"
