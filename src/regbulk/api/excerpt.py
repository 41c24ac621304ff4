"""What of an API's words may be shown: one short printable line without the values that were sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import orjson

LONGEST: Final = 300
_WORDS: Final = ("message", "error_message", "error", "errors", "detail", "error_description", "title")
_ADDRESSES: Final = frozenset({"op", "path", "from", "operation", "id"})
"""Members of a request that say where, not what: an error text may quote them."""
_SHORTEST_MASKED: Final = 3


def excerpt(body: bytes, *, sent: bytes | None) -> str:
    """What an error body says, from JSON of any shape, text or HTML; empty where it says nothing.

    Args:
        body: the body of an answer.
        sent: the body of the request; its texts are masked, since an API may quote what it refuses.
    """
    if is_html(body):
        return "an HTML page"
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = body.decode(errors="replace")
    return presentable(said, sent=sent)


def presentable(said: object, *, sent: bytes | None) -> str:
    """`excerpt` of a value that is already parsed."""
    line = " ".join("".join(c if c.isprintable() else " " for c in _text(said)).split())
    masked = _masked(line, sent)
    return masked if len(masked) <= LONGEST else masked[: LONGEST - 1] + "…"


def is_html(body: bytes) -> bool:
    """Whether a body is markup, which an API that speaks JSON never sends by itself."""
    return body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _text(said: object) -> str:
    if isinstance(said, str):
        return said
    if isinstance(said, dict):
        said = next((said[word] for word in _WORDS if said.get(word)), said)
        return said if isinstance(said, str) else _compact(said)
    return "" if said is None else _compact(said)


def _compact(value: object) -> str:
    return orjson.dumps(value).decode() if value else ""


def _masked(line: str, sent: bytes | None) -> str:
    if not line:
        return line
    try:
        values = {value for value in _texts(orjson.loads(sent or b"null")) if len(value) >= _SHORTEST_MASKED}
    except orjson.JSONDecodeError:
        return line
    quoted = [re.escape(value) for value in sorted(values, key=len, reverse=True) if value in line]
    return re.sub(rf"(?<!\w)(?:{'|'.join(quoted)})(?!\w)", "***", line) if quoted else line


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield " ".join(value.split())
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for name, item in value.items():
                if name not in _ADDRESSES or not isinstance(item, str):
                    yield from _texts(item)
