"""Who may use which tenant: keys as given at the start, and tokens bound to what their client may use."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.seal import opened, sealed

TOKEN_SECONDS: Final = 24 * 60 * 60
_TOKEN_PREFIX: Final = "sandbox-token."  # noqa: S105 - marks our tokens, not a secret
_PURPOSE: Final = "token"


@dataclass(frozen=True)
class Credentials:
    """The keys of a sandbox and the secret its tokens are signed with.

    Attributes:
        api_keys: the tenant each key opens; empty lets any non-empty credential open any tenant.
        secret: what makes a token one of ours.
        ended: credentials that a tenant takes no more, before their time.
    """

    api_keys: Mapping[str, str]
    secret: bytes
    ended: set[tuple[str, str]] = field(default_factory=set)

    def actor(self, authorization: str | None, tenant: str, *, now: float) -> str:
        """A fingerprint of the credential in the header `Authorization`, `KEY` or `Bearer KEY`.

        Args:
            authorization: the header's value; None when it is absent.
            tenant: the tenant asked for.
            now: seconds since the epoch, for the expiry of tokens.

        Raises:
            Refused: 401 without a valid credential, 403 when it opens another tenant.
        """
        credential = _bare(authorization or "")
        if not credential:
            raise Refused(HTTPStatus.UNAUTHORIZED, "no credential: send the header Authorization: Bearer KEY")
        if (tenant, credential) in self.ended:
            raise Refused(HTTPStatus.UNAUTHORIZED, "the credential has expired")
        if self._tenant(credential, now) not in (None, tenant):
            raise Refused(HTTPStatus.FORBIDDEN, "the credential belongs to another tenant")
        return "key-" + hashlib.sha256(credential.encode()).hexdigest()[:12]

    def end(self, authorization: str | None, tenant: str) -> None:
        """Take a credential no more for a tenant; others that the same client has or gets stay good."""
        self.ended.add((tenant, _bare(authorization or "")))

    def reinstate(self, tenant: str | None) -> None:
        """Take the ended credentials of a tenant (None: of all tenants) again."""
        self.ended.difference_update([each for each in self.ended if tenant in (None, each[0])])

    def token(self, request: Mapping[str, Any], *, now: float) -> dict[str, Any]:
        """The answer to a client credentials request (RFC 6749, 4.4), for the tenant of the client's secret.

        Raises:
            Refused: 400 for another grant or missing members, 401 for an unknown client.
        """
        if request.get("grant_type") != "client_credentials":
            raise Refused(HTTPStatus.BAD_REQUEST, "unsupported_grant_type")
        client, client_secret = request.get("client_id"), request.get("client_secret")
        if not (isinstance(client, str) and isinstance(client_secret, str) and client and client_secret):
            raise Refused(HTTPStatus.BAD_REQUEST, "invalid_request")
        if self.api_keys and client_secret not in self.api_keys:
            raise Refused(HTTPStatus.UNAUTHORIZED, "invalid_client")
        # Two tokens of one second must differ, or the end of one would be the end of both.
        content = [self.api_keys.get(client_secret), int(now) + TOKEN_SECONDS, client, secrets.token_hex(4)]
        token = _TOKEN_PREFIX + sealed(content, purpose=_PURPOSE, secret=self.secret)
        return {"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS}

    def _tenant(self, credential: str, now: float) -> str | None:
        if credential.startswith(_TOKEN_PREFIX):
            return self._tenant_of_token(credential.removeprefix(_TOKEN_PREFIX), now)
        if self.api_keys and credential not in self.api_keys:
            raise Refused(HTTPStatus.UNAUTHORIZED, "the key is not known")
        return self.api_keys.get(credential)

    def _tenant_of_token(self, token: str, now: float) -> str | None:
        content = opened(token, purpose=_PURPOSE, secret=self.secret)
        if content is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "the token was not issued here")
        tenant, expires, *_ = content
        if now >= expires:
            raise Refused(HTTPStatus.UNAUTHORIZED, "the token has expired")
        return str(tenant) if tenant is not None else None


def _bare(authorization: str) -> str:
    scheme, _, rest = authorization.strip().partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else authorization.strip()
