"""Who a request comes from, in the tenant's dialects."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from regbulk.sandbox.call import Sandbox
from regbulk.sandbox.dialect import BARE_AUTHORIZATION, BEARER_ONLY, DENIED_404
from regbulk.sandbox.refusal import Refused

_BEARER: Final = "bearer "


def actor(sandbox: Sandbox, authorization: str | None, *, tenant: str, now: float) -> str:
    """A fingerprint of the credential in the header `Authorization` (None: it is absent).

    Args:
        sandbox: where the request came to.
        authorization: the header's value.
        tenant: the tenant asked for.
        now: seconds since the epoch, for the expiry of tokens.

    Raises:
        Refused: 401 without a valid credential, 403 (or 404 by dialect) when it opens another tenant.
    """
    dialects = sandbox.spoken(tenant)
    bearer = (authorization or "").lower().startswith(_BEARER)
    if (bearer and BARE_AUTHORIZATION in dialects) or (not bearer and BEARER_ONLY in dialects):
        raise Refused(HTTPStatus.UNAUTHORIZED, "the credential is not in the form that is taken here")
    try:
        return sandbox.credentials.actor(authorization, tenant, now=now)
    except Refused as refusal:
        if refusal.status == HTTPStatus.FORBIDDEN and DENIED_404 in dialects:
            raise Refused(HTTPStatus.NOT_FOUND, "the resource could not be found") from None
        raise
