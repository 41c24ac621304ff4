"""Counting what stands in a file beyond ASCII: characters in UTF-8, bytes that are none, and words with such bytes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

import pyarrow as pa

from regbulk.source.files import File
from regbulk.source.octets import octets
from regbulk.source.transcoding import UTF_8

_PIECE: Final = 1 << 20
# Tried at the beginning of a word alone: a cell of a million letters would be tried a million times.
_WORD: Final = re.compile(rb"(?<![A-Za-z\x80-\xff])[A-Za-z]*+[\x80-\xff][A-Za-z\x80-\xff]*+")
_WORDS: Final = 3_000
"""Distinct words that are enough to judge by."""
_FIRST_OF_TWO, _FIRST_OF_THREE, _FIRST_OF_FOUR = 0xC0, 0xE0, 0xF0


class Census(NamedTuple):
    """What was counted.

    Attributes:
        size: all bytes.
        sound: well-formed characters beyond ASCII.
        faulty: bytes that belong to no well-formed character.
        words: how often each word with bytes beyond ASCII occurs, from the pieces of the file that have faulty ones.
    """

    size: int
    sound: int
    faulty: int
    words: Mapping[bytes, int]


def take_census(file: File) -> Census:
    """Read a whole file as UTF-8 with faults."""
    size = sound = faulty = 0
    words: Counter[bytes] = Counter()
    for text in _whole_characters(file.pieces(_PIECE)):
        size += len(text)
        if text.isascii():
            continue
        if _is_utf_8(text):
            sound += _characters(text)
            continue
        well_formed = text.decode(UTF_8, "ignore").encode()
        sound += _characters(well_formed)
        faulty += len(text) - len(well_formed)
        if len(words) < _WORDS:
            words.update(_WORD.findall(text))
    return Census(size, sound, faulty, words)


def _characters(text: bytes) -> int:
    return int((octets(text) >= _FIRST_OF_TWO).sum())


def _is_utf_8(text: bytes) -> bool:
    """Whether all is well-formed."""
    # Arrow looks at it in place, where Python would build a string of four times its size.
    bounds = pa.py_buffer(len(text).to_bytes(8, "little").rjust(16, b"\0"))
    try:
        pa.Array.from_buffers(pa.large_string(), 1, [None, bounds, pa.py_buffer(text)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _whole_characters(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes, no character torn apart between two pieces."""
    held = b""
    for piece in pieces:
        text = held + piece if held else piece
        length = len(text) - _begun(text)
        held = text[length:]
        yield text[:length] if held else text
    yield held


def _begun(text: bytes) -> int:
    """How many bytes at the end begin a character that goes on behind them."""
    for length, octet in enumerate(reversed(text[-3:]), 1):
        if octet >= _FIRST_OF_TWO:
            needed = 2 + (octet >= _FIRST_OF_THREE) + (octet >= _FIRST_OF_FOUR)
            return length if length < needed else 0
        if octet < 0x80:  # noqa: PLR2004 - ASCII
            return 0
    return 0
