"""Text that only this sandbox can have written: cursors and tokens."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from typing import Any, Final

import orjson

_SIGNATURE_BYTES: Final = 12


def sealed(content: object, *, purpose: object, secret: bytes) -> str:
    """`content` as opaque text (base64, so it needs percent-encoding) that holds for one purpose only."""
    payload = orjson.dumps(content)
    return b64encode(_signature(payload, purpose, secret) + payload).decode()


def opened(text: str, *, purpose: object, secret: bytes) -> Any:  # noqa: ANN401 - JSON of whatever was sealed
    """The content of a sealed text; None for one that was made up, changed, or sealed for another purpose."""
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        return None
    signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
    return orjson.loads(payload) if hmac.compare_digest(signature, _signature(payload, purpose, secret)) else None


def _signature(payload: bytes, purpose: object, secret: bytes) -> bytes:
    return hmac.digest(secret, orjson.dumps(purpose) + b"\0" + payload, "sha256")[:_SIGNATURE_BYTES]
