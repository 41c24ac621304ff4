"""Credentials: an API key, or an OAuth token by client credentials (RFC 6749, 4.4)."""

from __future__ import annotations

import asyncio
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeGuard

from pydantic import SecretStr

from regbulk.api import endpoints
from regbulk.api.answers import Answer, document, doubt
from regbulk.api.clock import SYSTEM_CLOCK, Clock
from regbulk.api.tokens import Token, TokenFile
from regbulk.api.transport import Transport
from regbulk.errors import AccessDenied, Answered, InDoubt, NotSent, RateLimited, SettingsError
from regbulk.settings import Settings

DAY: Final = 86_400
MOST_TOKENS_A_DAY: Final = 100
"""A runaway must not use up the 1,000 tokens that a tenant has for a month."""
_LONGEST_MARGIN: Final = 300.0
_USUAL_LIFE: Final = 3_600.0
_PRINTABLE: Final = re.compile(r"[\x21-\x7e]+")
_LOCK_PATIENCE: Final = 60.0


class Credentials(Protocol):
    """What proves to the API who is asking."""

    async def header(self) -> str | None:
        """The value of the Authorization header, None to send none; raises NotSent or AccessDenied without a token."""

    def refused(self, value: str | None) -> bool:
        """Take note that `value` was answered 401; whether `header` can give another one."""

    async def close(self) -> None:
        """Let go of what was opened."""


@dataclass(frozen=True)
class OAuthClient:
    """Who asks for tokens, and where and for what (RFC 6749, 4.4; the vendor wants the audience too)."""

    id: str
    secret: SecretStr
    token_url: str
    audience: str


def credentials(settings: Settings, *, clock: Clock = SYSTEM_CLOCK) -> Credentials:
    """The credentials that are set: a key wins over an OAuth client, neither sends none.

    Raises:
        SettingsError: an OAuth client is set in part, or a key cannot be sent in a header.
    """
    if settings.api_key is not None:
        return Key(_header(settings.api_key, scheme=settings.auth_scheme, name="REGBULK_API_KEY"))
    name, secret, token_url = settings.client_id, settings.client_secret, settings.token_url
    if name and secret and token_url:
        client = OAuthClient(name, secret, token_url, settings.audience)
        folder = settings.workspace / "tokens"
        return OAuth(client, folder, timeout=settings.timeout, scheme=settings.auth_scheme, clock=clock)
    given = {"REGBULK_CLIENT_ID": name, "REGBULK_CLIENT_SECRET": secret, "REGBULK_TOKEN_URL": token_url}
    missing = [variable for variable, value in given.items() if not value]
    if len(missing) < len(given):
        raise SettingsError(f"OAuth client credentials are set in part: set {', '.join(missing)} too")
    return Key(None)


class Key:
    """A key that never changes."""

    def __init__(self, header: SecretStr | None) -> None:
        """Keep the whole header value, wrapped."""
        self._header = header

    async def header(self) -> str | None:
        """The header value, None when no credentials are set."""
        return self._header.get_secret_value() if self._header else None

    def refused(self, value: str | None) -> bool:  # noqa: ARG002 - the protocol's signature
        """Never another one."""
        return False

    async def close(self) -> None:
        """Nothing is open."""


class OAuth:
    """A token of a client, kept on disk and shared with all processes of the workspace."""

    def __init__(self, client: OAuthClient, folder: Path, *, timeout: float, scheme: str, clock: Clock) -> None:
        """Prepare to ask for tokens.

        Args:
            client: who asks.
            folder: where tokens are kept; made when the first one is.
            timeout: seconds to wait for a token.
            scheme: `bearer` or `bare`, how a token stands in the header.
            clock: what tells the time.
        """
        whose = f"{client.token_url}\n{client.id}\n{client.audience}"
        name = hashlib.sha256(whose.encode()).hexdigest()[:32]
        self._file = TokenFile(folder / f"{name}.json")
        self._client = client
        self._scheme = scheme
        self._transport = Transport(client.token_url, timeout=timeout, connections=1)
        self._url = client.token_url
        self._token: Token | None = None
        self._refused: str | None = None
        self._turn = asyncio.Lock()
        self._clock = clock

    async def header(self) -> str | None:
        """The value with a token that is still good: kept, fetched by another process since, or new."""
        return self._value(await self._good(self._refused))

    def refused(self, value: str | None) -> bool:
        """Never use this token again: of many requests in flight the first fetches another for all."""
        self._refused = value
        return True

    async def close(self) -> None:
        """Close the connection to the token endpoint."""
        await self._transport.close()

    async def _good(self, refused: str | None) -> Token:
        if self._usable(self._token, refused):
            return self._token
        async with self._turn:
            if not self._usable(self._token, refused):
                self._token = await self._shared(refused)
            return self._token

    def _usable(self, token: Token | None, refused: str | None) -> TypeGuard[Token]:
        return token is not None and token.use_until > self._clock.epoch() and self._value(token) != refused

    async def _shared(self, refused: str | None) -> Token:
        try:
            async with self._file.locked(patience=_LOCK_PATIENCE):
                kept = self._file.read()
                if self._usable(kept, refused):
                    return kept
                token = await self._mint(kept.minted if kept else ())
                self._file.write(token)
                return token
        except TimeoutError:
            problem = f"another process keeps the lock beside {self._file.path}"
            raise NotSent(problem, method="POST", url=self._url) from None
        except OSError as error:
            problem = f"a token cannot be kept in {self._file.path.parent} ({error.strerror}): set REGBULK_WORKSPACE"
            raise SettingsError(problem) from None

    async def _mint(self, before: tuple[float, ...]) -> Token:
        now = self._clock.epoch()
        minted = tuple(moment for moment in before if moment > now - DAY)
        if len(minted) >= MOST_TOKENS_A_DAY:
            problem = f"{len(minted)} tokens were fetched within a day: find out why, then remove {self._file.path}"
            raise AccessDenied(problem, method="POST", url=self._url)
        secret, life = await self._fetch()
        return Token(secret, now + life - min(_LONGEST_MARGIN, life / 10), (*minted, now))

    async def _fetch(self) -> tuple[SecretStr, float]:
        """A new token and its life in seconds; whatever goes wrong here, nothing of the caller's request was sent."""
        client = self._client
        grant = endpoints.token(client.id, client.secret.get_secret_value(), audience=client.audience)
        try:
            return _read_token(await self._transport.send(grant))
        except (NotSent, InDoubt, RateLimited) as failure:
            why = (
                "too many were asked for" if isinstance(failure, RateLimited) else "its endpoint gives no usable answer"
            )
            raise NotSent(f"no token: {why}", method="POST", url=self._url, status=failure.status) from None
        except Answered as refusal:
            problem = "no token: check REGBULK_CLIENT_ID, REGBULK_CLIENT_SECRET and REGBULK_AUDIENCE"
            raise AccessDenied(problem, method="POST", url=self._url, status=refusal.status) from None

    def _value(self, token: Token) -> str:
        return _header(token.secret, scheme=self._scheme, name="the token").get_secret_value()


def _header(secret: SecretStr, *, scheme: str, name: str) -> SecretStr:
    value = secret.get_secret_value().strip()
    if not _PRINTABLE.fullmatch(value):
        raise SettingsError(f"{name} is empty or holds characters that a header cannot carry")
    return SecretStr(f"Bearer {value}" if scheme == "bearer" else value)


def _read_token(answer: Answer) -> tuple[SecretStr, float]:
    """The token and its life in seconds (an hour where `expires_in` is missing, as it may be by RFC 6749, 5.1)."""
    match document(answer):
        case {"access_token": str(value), "expires_in": float() | int() as life} if _PRINTABLE.fullmatch(value):
            return SecretStr(value), float(life)
        case {"access_token": str(value)} if _PRINTABLE.fullmatch(value):
            return SecretStr(value), _USUAL_LIFE
    raise doubt(answer, "expected an access_token")
