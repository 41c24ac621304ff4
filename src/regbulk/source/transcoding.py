"""Bytes in any encoding → UTF-8, and back without loss.

Everything behind this module reads UTF-8. A byte that its encoding has no character for becomes a lone surrogate,
U+DC00 and the byte, which no well-formed UTF-8 has: its record is found and refused later, and written back as it was.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_KEEP: Final = "regbulk-keep"
_RAW: Final = 0xDC00
_KEPT: Final = re.compile(r"[\udc00-\udcff]")
_STRETCHES: Final = re.compile(r"[\udc00-\udcff]+|[^\udc00-\udcff]+")
UTF_8: Final = "utf-8"


def _kept(error: UnicodeError) -> tuple[str, int]:
    """Undecodable bytes as surrogates."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(_RAW + octet) for octet in error.object[error.start : error.end]), error.end


codecs.register_error(_KEEP, _kept)


@dataclass(frozen=True)
class Encoding:
    """How the characters of a file are written: the name of a Python codec, and the byte order mark before them."""

    codec: str
    mark: bytes = b""

    @property
    def is_utf_8(self) -> bool:
        """Whether nothing needs to be changed."""
        return self.codec == UTF_8

    @cached_property
    def is_single_byte(self) -> bool:
        """Whether every byte is one character."""
        every = bytes(range(256))
        return not self.is_utf_8 and len(every.decode(self.codec, "replace")) == len(every)

    def to_utf_8(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The same text in UTF-8, without the byte order mark; UTF-8 passes as it is, faults and all."""
        pieces = behind(pieces, len(self.mark))
        if self.is_utf_8:
            yield from pieces
            return
        decoder = codecs.getincrementaldecoder(self.codec)(_KEEP)
        for piece in pieces:
            yield _utf_8(decoder.decode(piece))
        yield _utf_8(decoder.decode(b"", final=True))

    def from_utf_8(self, text: bytes) -> bytes:
        """What `to_utf_8` made, as it was; characters that the encoding lacks become question marks."""
        if self.is_utf_8:
            return text
        return b"".join(map(self._stored, _STRETCHES.findall(text.decode(UTF_8, "surrogatepass"))))

    def _stored(self, stretch: str) -> bytes:
        """A stretch of nothing but kept bytes, or of nothing but characters, as it stands in the file."""
        if not _KEPT.match(stretch):
            return stretch.encode(self.codec, "replace")
        kept = bytes(ord(character) - _RAW for character in stretch)
        # Half a character, where a file was cut off, would shift all behind it: it becomes a whole one, as wrong.
        return stretch.encode(self.codec, "surrogatepass") if len(kept) % len(" ".encode(self.codec)) else kept

    def stored_size(self, text: bytes) -> int:
        """How many bytes text in UTF-8 takes in the file."""
        if self.is_utf_8:
            return len(text)
        found = text.decode(UTF_8, "surrogatepass")
        if self.is_single_byte:
            return len(found)
        sound, kept = _KEPT.subn("", found)
        return len(sound.encode(self.codec)) + kept

    def fault_in(self, text: bytes) -> tuple[int, int] | None:
        """Where in text that should be UTF-8 the first stored byte without a character stands, and that byte."""
        try:
            text.decode()
        except UnicodeDecodeError as error:
            if self.is_utf_8:
                return error.start, text[error.start]
            return error.start, ord(text[error.start : error.start + 3].decode(UTF_8, "surrogatepass")) - _RAW
        return None


def behind(pieces: Iterable[bytes], length: int) -> Iterator[bytes]:
    """The bytes without the first `length`."""
    for piece in pieces:
        yield piece[length:]
        length = max(0, length - len(piece))


def _utf_8(text: str) -> bytes:
    return text.encode(UTF_8, "surrogatepass")
