"""Faults of an answer's body that stay within HTTP: everything was done, and what is said is hard to believe."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from typing import Any, Final

import orjson

from regbulk.sandbox.faults.answer import Answer, page
from regbulk.sandbox.faults.kinds import Kind, Respond, no_value
from regbulk.sandbox.faults.strikes import afterwards
from regbulk.sandbox.faults.values import choice, number

_BOM: Final = b"\xef\xbb\xbf"
_NEW_FIELDS: Final[dict[str, Any]] = {"drift_note": "new", "drift_detail": {"since": 2}}
_DEPTH: Final = 100_000
_BOMB_MEGABYTES: Final = 128
_NUMBERS: Final = {"nan": b"NaN", "infinity": b"-Infinity", "huge-integer": b"9" * 5_000}
_GZIP: Final = 31


def _empty(_: Answer) -> Answer:
    return Answer(HTTPStatus.OK, ((b"content-type", b"application/json"),), b"")


def _no_content(_: Answer) -> Answer:
    return Answer(HTTPStatus.NO_CONTENT, (), b"")


def _bom(answer: Answer) -> Answer:
    return replace(answer, body=_BOM + answer.body)


def _deep(answer: Answer) -> Answer:
    return replace(answer, body=b'{"a":' * _DEPTH + answer.body + b"}" * _DEPTH)


def _duplicate_keys(answer: Answer) -> Answer | None:
    content = orjson.loads(answer.body)
    if not (isinstance(content, dict) and content):
        return None
    return replace(answer, body=answer.body[:-1] + b"," + orjson.dumps(next(iter(content))) + b":null}")


def _extra_fields(answer: Answer) -> Answer | None:
    content = orjson.loads(answer.body)
    if not isinstance(content, dict):
        return None
    return replace(answer, body=orjson.dumps(_grown(content)))


def _grown(content: dict[str, Any]) -> dict[str, Any]:
    members = {
        name: [each | _NEW_FIELDS if isinstance(each, dict) else each for each in content[name]]
        for name in ("Items", "results")
        if isinstance(content.get(name), list)
    }
    return content | members | _NEW_FIELDS


def _kept_own(change: Callable[[Answer], Answer | None]) -> Callable[[str | None], Respond]:
    def arm(value: str | None) -> Respond:
        no_value(value)
        return afterwards(lambda answer, _: change(answer))

    return arm


def _made(change: Callable[[Answer], Answer | None]) -> Callable[[str | None], Respond]:
    def disowned(answer: Answer) -> Answer | None:
        changed = change(answer)
        return replace(changed, own=False) if changed else None

    return _kept_own(disowned)


def _odd_number(value: str | None) -> Respond:
    literal = _NUMBERS[choice(value, _NUMBERS, default="nan")]

    def change(answer: Answer) -> Answer:
        content = orjson.loads(answer.body)
        if not isinstance(content, dict):
            return replace(answer, body=literal, own=False)
        numeric = [name for name, held in content.items() if isinstance(held, int | float)]
        members = (
            [
                orjson.dumps(name) + b":" + (literal if name == numeric[0] else orjson.dumps(held))
                for name, held in content.items()
            ]
            if numeric
            else [answer.body[1:-1], b'"score":' + literal]
        )
        return replace(answer, body=b"{" + b",".join(filter(None, members)) + b"}", own=False)

    return afterwards(lambda answer, _: change(answer))


def _wrong_charset(value: str | None) -> Respond:
    charset = choice(value, ("utf-16", "latin-1"), default="utf-16")
    content_type = (b"content-type", f"application/json; charset={charset}".encode())

    def change(answer: Answer) -> Answer:
        others = tuple(each for each in answer.headers if each[0] != content_type[0])
        return replace(answer, headers=(content_type, *others), own=False)

    return afterwards(lambda answer, _: change(answer))


def _gzip_bomb(value: str | None) -> Respond:
    megabytes = int(number(value, "megabytes", default=_BOMB_MEGABYTES, least=1))
    headers = ((b"content-type", b"application/json"), (b"content-encoding", b"gzip"))
    return afterwards(lambda _, __: Answer(HTTPStatus.OK, headers, _bomb(megabytes)))


@cache
def _bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    white = b" " * 2**20
    return b"".join((*(packer.compress(white) for _ in range(megabytes)), packer.compress(b"{}"), packer.flush()))


BODIES: Final[Mapping[str, Kind]] = {
    "empty": Kind("Everything is done, and the answer is 200 without a body.", "any", _made(_empty)),
    "no-content": Kind("Everything is done, and the answer is 204.", "any", _made(_no_content)),
    "html": Kind(
        "Everything is done, and the answer is 200 with a login page in HTML.",
        "any",
        _made(lambda _: page(HTTPStatus.OK, "Log in")),
    ),
    "bom": Kind("A byte order mark stands before the answer's JSON.", "any", _made(_bom)),
    "wrong-charset": Kind(
        "The answer is UTF-8, and its Content-Type says another charset.",
        "any",
        _wrong_charset,
        value="[utf-16|latin-1]",
    ),
    "gzip-bomb": Kind(
        "Everything is done, and a small gzip answer expands to many megabytes.", "any", _gzip_bomb, value="[MEGABYTES]"
    ),
    "nan": Kind(
        "A number of the answer is NaN, -Infinity, or has 5,000 digits.",
        "any",
        _odd_number,
        value="[nan|infinity|huge-integer]",
    ),
    "deep": Kind("The answer is nested 100,000 levels deep.", "any", _made(_deep)),
    "duplicate-keys": Kind("The answer's first member comes a second time, as null.", "any", _made(_duplicate_keys)),
    "extra-fields": Kind(
        "The answer, its records and its results have new fields; a client must go on.", "any", _kept_own(_extra_fields)
    ),
}
