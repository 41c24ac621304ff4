"""Finding out how the characters of a file are written.

A byte order mark decides. Without one, zero bytes tell UTF-16 and UTF-32, and the whole file is read once: text that is
well-formed UTF-8 throughout is UTF-8. Of single-byte encodings one is taken only if its letters are those of a language
and every other encoding of which that can be said gives the same text; otherwise the user is asked.
"""

from __future__ import annotations

import codecs
import re
from typing import Final, NamedTuple

from regbulk.errors import SourceError
from regbulk.source.census import Census, take_census
from regbulk.source.files import File
from regbulk.source.readings import Reading, readings
from regbulk.source.transcoding import UTF_8, Encoding

_MARKS: Final = {
    b"\xef\xbb\xbf": UTF_8,
    b"\xff\xfe\0\0": "utf-32-le",
    b"\0\0\xfe\xff": "utf-32-be",
    b"\xff\xfe": "utf-16-le",
    b"\xfe\xff": "utf-16-be",
}
_STATEFUL: Final = re.compile(r"utf-7|hz|iso2022.*|punycode|idna|(?:raw-)?unicode-escape")
"""Codecs in which a byte means one thing here and another there: no record could be told from the one before."""
_SNIFFED: Final = 4_096
_OFTEN: Final = 0.5
_STRAY: Final = 0.2
_TIMES_MORE: Final = 3
"""Zero bytes in UTF-16 are at least so much more frequent in one place than in the other, and than stray ones are."""
_FEW: Final = 0.1
"""Share of faulty bytes up to which a file counts as UTF-8 with faults: no other encoding looks like it by chance."""
_CHANCE: Final = 0.01
"""Share of the characters beyond ASCII that may look like UTF-8 by chance in another encoding."""
_DAMAGED: Final = 100
_ELSE_SOUND: Final = 1_000
"""So many bytes in a file of that many times the size are damage; the file may be read without them."""
_SHOWN: Final = 6
_ASK: Final = "say which it is with --encoding"


class Found(NamedTuple):
    """An encoding and the ground on which it was taken."""

    encoding: Encoding
    ground: str


def find_encoding(file: File, asked: str | None) -> Found:
    """The encoding of a file: its byte order mark's, the one asked for, or what its bytes prove.

    Raises:
        SourceError: it cannot be told, or the one asked for is not known or contradicts the byte order mark.
    """
    start = next(file.pieces(_SNIFFED), b"")
    mark = next((mark for mark in _MARKS if start.startswith(mark)), b"")
    if asked is not None:
        return _as_told(file, _asked(file.name, asked, mark))
    if mark:
        return Found(Encoding(_MARKS[mark], mark), f"encoding {_MARKS[mark]}: the byte order mark at its start says so")
    if codec := _wide(start):
        return Found(Encoding(codec), f"encoding {codec}: most of its characters have zero bytes in the same places")
    return _judged(file.name, take_census(file))


def _as_told(file: File, encoding: Encoding) -> Found:
    told = f"encoding {encoding.codec}: as told"
    if encoding.mark or not encoding.is_single_byte:
        return Found(encoding, told)
    census = take_census(file)
    if not census.sound or census.faulty:
        return Found(encoding, told)
    doubt = f"though all its characters beyond ASCII ({census.sound:,}) are well-formed UTF-8"
    return Found(encoding, f"{told}, {doubt}; if they look wrong, say --encoding utf-8")


def _asked(name: str, asked: str, mark: bytes) -> Encoding:
    try:
        codec = codecs.lookup(asked).name
        " ".encode(codec)
    except (LookupError, ValueError):
        problem = f"--encoding {asked!r}: found no such encoding, expected one like utf-8, cp1252 or utf-16-le"
        raise SourceError(name, [problem]) from None
    if _STATEFUL.fullmatch(codec.replace("_", "-")):
        found = "found an encoding in which no record stands by itself, expected another"
        raise SourceError(name, [f"--encoding {asked}: {found}; convert the file"])
    generic = {"utf-8-sig": UTF_8, "utf-16": _MARKS.get(mark, "utf-16-le"), "utf-32": _MARKS.get(mark, "utf-32-le")}
    codec = generic.get(codec, codec)
    if mark and codec != _MARKS[mark]:
        found = f"found the byte order mark of {_MARKS[mark]} at its start, expected none"
        raise SourceError(name, [f"--encoding {asked}: {found}; leave --encoding out"])
    return Encoding(codec, mark)


def _wide(start: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark: delimiters, digits and Latin letters leave zero bytes at fixed places."""
    if start.count(0) < _TIMES_MORE:
        return None
    one, two, three, four = (start[place::4].count(0) / max(1, len(start[place::4])) for place in range(4))
    if four == 1 and three > _OFTEN > one:
        return "utf-32-le"
    if one == 1 and two > _OFTEN > four:
        return "utf-32-be"
    even, odd = one + three, two + four
    if odd > _STRAY and odd > _TIMES_MORE * even:
        return "utf-16-le"
    return "utf-16-be" if even > _STRAY and even > _TIMES_MORE * odd else None


def _judged(name: str, census: Census) -> Found:
    sound, faulty = census.sound, census.faulty
    if not faulty:
        ground = f"its characters beyond ASCII ({sound:,}) are all well-formed" if sound else "it is all ASCII"
        return Found(Encoding(UTF_8), f"encoding {UTF_8}: {ground}")
    if faulty <= _FEW * (sound + faulty):
        ground = f"its characters beyond ASCII ({sound:,}) are well-formed but for a few bytes ({faulty:,})"
        return Found(Encoding(UTF_8), f"encoding {UTF_8}: {ground}")
    # One word alone is no evidence: its letter may be a damaged one.
    possible = readings(census.words) if len(census.words) > 1 else []
    if len({reading.text for reading in possible}) == 1:
        best = possible[0]
        ground = f"it makes letters of {best.languages} words of the bytes that are not UTF-8 ({faulty:,})"
        return Found(Encoding(best.codec), f"encoding {best.codec}: {ground}")
    if faulty <= _DAMAGED and faulty * _ELSE_SOUND <= census.size:
        ground = f"all else is ASCII; records with the bytes that are neither ({faulty:,}) are refused"
        return Found(Encoding(UTF_8), f"encoding {UTF_8}: {ground}")
    raise SourceError(name, [_undecidable(census, possible)])


def _undecidable(census: Census, possible: list[Reading]) -> str:
    found = f"found bytes that are not UTF-8 ({census.faulty:,})"
    if possible:
        return f"{found}, and several encodings make words of them ({_shown(possible)}); {_ASK}"
    if census.sound > _CHANCE * (census.sound + census.faulty):
        ways = "with utf-8 the records with other bytes are rejected, with cp1252 or another all bytes are read in it"
        return f"{found} beside characters that are ({census.sound:,}), expected one encoding; {_ASK}: {ways}"
    known = "no encoding known here makes words of them" if len(census.words) > 1 else "one word tells no encoding"
    return f"{found}, expected text: {known}; {_ASK}"


def _shown(possible: list[Reading]) -> str:
    """The encodings that give different texts, each with the first letters in which they differ; no whole words."""
    chosen = list({reading.text: reading for reading in reversed(possible)}.values())[::-1]
    differing = dict.fromkeys(letters for letters in zip(*(each.text for each in chosen), strict=True))
    letters = [each for each in differing if len(set(each)) > 1][:_SHOWN]
    return ", ".join(
        f"{each.codec}: {' '.join(letter[place] for letter in letters)} as in {each.languages}"
        for place, each in enumerate(chosen)
    )
