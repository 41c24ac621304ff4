"""Tokens on disk: one file per OAuth client, its owner's alone, shared by all processes under a lock.

The vendor hands out 1,000 tokens a month for a tenant, so a token is fetched once and used until it ends.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import stat
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson
from pydantic import SecretStr

from regbulk.errors import SettingsError

log = logging.getLogger(__name__)

_POLL_SECONDS: Final = 0.05
_OTHERS: Final = 0o077


@dataclass(frozen=True)
class Token:
    """An access token.

    Attributes:
        secret: the token itself.
        use_until: epoch seconds after which it is not used any more.
        minted: epoch seconds at which tokens of this client were fetched within the last day, this one last.
    """

    secret: SecretStr
    use_until: float
    minted: tuple[float, ...]


@dataclass(frozen=True)
class TokenFile:
    """Where the token of one OAuth client is kept; the folder is made 0700, the file 0600, whatever the umask."""

    path: Path

    def read(self) -> Token | None:
        """The token kept, or None: absent, unreadable, or not private (then it may be anybody's, and is replaced)."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            if not _private(os.fstat(file.fileno())):
                log.warning("%s was open to others: its token is not used, a new one is fetched", self.path)
                return None
            return _parsed(file.read())

    def write(self, token: Token) -> None:
        """Replace the token kept; a reader sees the old one or the new one, never a part."""
        kept = {"access_token": token.secret.get_secret_value(), "use_until": token.use_until, "minted": token.minted}
        descriptor, temporary = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.stem)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(orjson.dumps(kept))
            Path(temporary).replace(self.path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @asynccontextmanager
    async def locked(self, *, patience: float) -> AsyncIterator[None]:
        """Hold the lock among processes (and clients of this one); the operating system drops it when a holder dies.

        Raises:
            TimeoutError: another holder kept it for `patience` seconds.
            SettingsError: the folder belongs to somebody else.
        """
        self._prepare_folder()
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self.path.with_suffix(".lock"), flags, 0o600)
        try:
            until = time.monotonic() + patience
            while not _seized(descriptor):
                if time.monotonic() > until:
                    raise TimeoutError
                await asyncio.sleep(_POLL_SECONDS)
            yield
        finally:
            os.close(descriptor)

    def _prepare_folder(self) -> None:
        folder = self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
            raise SettingsError(
                f"{folder} is not a folder of your own: tokens are not kept there; set REGBULK_WORKSPACE"
            )
        if found.st_mode & _OTHERS:
            folder.chmod(0o700)


def _private(found: os.stat_result) -> bool:
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & _OTHERS


def _parsed(kept: bytes) -> Token | None:
    try:
        match orjson.loads(kept):
            case {"access_token": str(secret), "use_until": float() | int() as until, "minted": list(minted)}:
                return Token(SecretStr(secret), float(until), tuple(float(moment) for moment in minted))
    except (orjson.JSONDecodeError, TypeError, ValueError):
        pass
    log.warning("a token file is damaged: a new token is fetched")
    return None


def _seized(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
