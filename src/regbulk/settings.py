"""Settings: flags win over the environment (`REGBULK_…`), which wins over a profile in `regbulk.toml`.

Read once at the edge, validated, frozen. Secrets are wrapped so that they do not print.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from regbulk.errors import SettingsError

PROFILE_FILE = Path("regbulk.toml")
SECRETS = ("api_key", "client_secret", "ledger")
_PORTS = {"http": 80, "https": 443}


class Settings(BaseSettings):
    """Everything that can be set; the README has the same table, a test compares them."""

    model_config = SettingsConfigDict(env_prefix="REGBULK_", frozen=True, extra="forbid", env_ignore_empty=True)

    api_url: str | None = Field(None, description="address of the API, without /registrations; no default for writes")
    tenant: str | None = Field(None, description="tenant that is read and written")
    workspace: Path = Field(Path(".regbulk"), description="folder of loads, ledger and token cache")

    ledger: SecretStr | None = Field(
        None, description="URL of a ledger to share, as postgresql://… (environment only); else a file in the workspace"
    )
    lease_seconds: float = Field(
        30.0, gt=0, description="seconds after which a process that stopped answering may be taken over, plus a request"
    )
    wait_seconds: float = Field(3600.0, ge=0, description="seconds that --wait waits at most")

    api_key: SecretStr | None = Field(None, description="API key (environment or Prefect Secret block only)")
    client_id: str | None = Field(None, description="OAuth client id, for client credentials instead of a key")
    client_secret: SecretStr | None = Field(None, description="OAuth client secret (environment or block only)")
    token_url: str | None = Field(None, description="OAuth token endpoint")
    audience: str = Field("https://api.rhythmsoftware.com", description="OAuth audience")

    concurrency: int = Field(8, ge=1, le=64, description="requests in flight at most")
    timeout: float = Field(30.0, gt=0, description="seconds to wait for an answer")
    attempts: int = Field(5, ge=1, le=20, description="times a request is tried when it is safe to try again")
    rate: float | None = Field(None, gt=0, description="requests per second at most; a lower pace is found by itself")
    outage_seconds: float = Field(
        600.0, ge=0, description="seconds to go on by itself when the API is gone or refuses every call for its limit"
    )
    settle_seconds: float = Field(
        8.0, ge=0, description="seconds to go on looking for a create whose answer was lost, before it is sent again"
    )
    lag_seconds: float = Field(
        60.0, ge=0, description="seconds that searches may trail writes: what loads wrote since is read one by one"
    )
    batch_size: int = Field(100, ge=1, le=100, description="operations in one batch; the API takes 100 at most")
    canary: int = Field(
        10, ge=0, le=100, description="records of each kind sent ahead and read back; 0 switches it off"
    )

    max_rejects: str | None = Field(
        None,
        description="stop before the first write at more rejects than this: a number, or a share of the records as 1%",
    )

    auth_scheme: Literal["bearer", "bare"] = Field("bearer", description="Authorization: Bearer KEY, or the bare KEY")
    batch_operation: Literal["minimal", "full"] = Field(
        "minimal", description="full adds an empty object to a patch and an empty patch_directives to a delete"
    )
    create_in_batch: bool = Field(default=False, description="send creates into /batch instead of one POST each")
    patch_values: Literal["native", "text"] = Field(
        "native", description="patch values as JSON values, or as JSON in a string"
    )
    stamps: Literal["send", "omit"] = Field(
        "send", description="omit leaves the sys_bulk_load_* fields out, where a tenant does not keep them"
    )
    search_name: str | None = Field(None, description="value for `name` in every search, where a tenant requires one")

    @field_validator("max_rejects")
    @classmethod
    def _is_a_limit(cls, limit: str | None) -> str | None:
        if limit is not None and not re.fullmatch(r"[0-9]+|(?:[0-9]|[1-9][0-9]|100)(?:\.[0-9]+)?%", limit):
            raise ValueError(f"found {limit!r}, expected a number of records like 20, or a share like 1% or 0.5%")
        return limit

    @field_validator("api_url", "token_url")
    @classmethod
    def _is_http(cls, url: str | None) -> str | None:
        """An address in one spelling, as loads to one address are told by its text."""
        if url is None:
            return None
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("must start with http:// or https:// and the name of a host")
        path = parts.path.rstrip("/")
        if path.endswith("/registrations"):
            raise ValueError("must stop before /registrations, which is added to it")
        return urlunsplit(parts._replace(netloc=_one_spelling(parts), path=path))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the signature is pydantic-settings' own
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags and environment only; the profile is merged below them by `load_settings`."""
        return (init_settings, env_settings)

    def require_credentials(self) -> None:
        """Raise SettingsError where neither a key nor OAuth client credentials are set."""
        if self.api_key is None and self.client_id is None:
            raise SettingsError(
                "no credentials: set REGBULK_API_KEY, or REGBULK_CLIENT_ID, _CLIENT_SECRET and _TOKEN_URL"
            )

    def require_api(self) -> tuple[str, str]:
        """The address and the tenant, or SettingsError saying how to set what is missing."""
        if not self.api_url:
            raise SettingsError(
                "no API address: pass --api URL or set REGBULK_API_URL; for a local API run `regbulk sandbox`"
            )
        if not self.tenant:
            raise SettingsError("no tenant: pass --tenant NAME or set REGBULK_TENANT")
        return self.api_url, self.tenant


def load_settings(flags: Mapping[str, Any] | None = None, *, profile: str | None = None) -> Settings:
    """Settings from flags (None = not given), the environment and a profile of `regbulk.toml`.

    Args:
        flags: values given on the command line or as flow parameters, by setting name.
        profile: name of a table in `regbulk.toml`; None takes `[default]` where the file has one.

    Raises:
        SettingsError: a value is malformed, a profile is missing, or a profile holds a secret.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    try:
        from_environment = Settings.model_validate({}).model_dump(exclude_unset=True)
        return Settings.model_validate({**_profile(profile), **from_environment, **given})
    except ValidationError as error:
        told = [(".".join(map(str, each["loc"])), each["msg"]) for each in error.errors(include_input=False)]
        named = [(name, f"REGBULK_{name.replace('.', '_').upper()}", message) for name, message in told]
        problems = "; ".join(
            f"{name} ({variable}): {message.removeprefix('Value error, ')}" for name, variable, message in named
        )
        raise SettingsError(f"settings: {problems}") from None


def _profile(name: str | None) -> dict[str, Any]:
    if not PROFILE_FILE.is_file():
        if name:
            raise SettingsError(f"profile {name!r} asked for, but there is no {PROFILE_FILE} in this folder")
        return {}
    try:
        tables = tomllib.loads(PROFILE_FILE.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{PROFILE_FILE}: {error}") from None
    if name and name not in tables:
        raise SettingsError(f"{PROFILE_FILE} has no profile {name!r}; it has: {', '.join(tables) or 'none'}")
    profile: dict[str, Any] = tables.get(name or "default", {})
    if secrets := [key for key in SECRETS if key in profile]:
        raise SettingsError(f"{PROFILE_FILE}: {', '.join(secrets)} may not stand in a file; use the environment")
    return profile


def _one_spelling(url: SplitResult) -> str:
    """User, host and port of an address: the host in lower case without a dot at its end, no port that is implied."""
    user, at, _ = url.netloc.rpartition("@")
    host = (url.hostname or "").rstrip(".")
    port = "" if url.port in {None, _PORTS[url.scheme]} else f":{url.port}"
    return f"{user}{at}[{host}]{port}" if ":" in host else f"{user}{at}{host}{port}"


def is_loopback(url: str) -> bool:
    """Whether an address is this machine itself."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
