"""Words in the single-byte encodings in which they are words of some language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import combinations
from typing import Final, NamedTuple

from regbulk.source.alphabets import REGIONS, Region

_BEFORE: Final = "„“‘‚«»§€£$¿¡…•·–—°\N{NO-BREAK SPACE}"  # noqa: RUF001 - these signs are meant
_BEHIND: Final = "“”’‘»«©®™²³°€£ªº´…•·–—\N{NO-BREAK SPACE}"  # noqa: RUF001
_ALONE: Final = "±×½¼¾µ¥¢¶†‡‰"  # noqa: RUF001
"""What stands before words, behind them, or apart from them, in texts of any language."""
_APOSTROPHE: Final = "’´"  # noqa: RUF001
_EXPLAINED: Final = 0.995
"""Share of the words with bytes above 127 that must be words of a language (a few may be damaged)."""


class Reading(NamedTuple):
    """An encoding, the languages whose words it gives, and all words in it."""

    codec: str
    languages: str
    text: str


def readings(words: Mapping[bytes, int]) -> list[Reading]:
    """The encodings in which words are those of one language; where there are none, of two, and so on.

    Args:
        words: how often each occurs.
    """
    encodings = [_Encoding(codec, region, words) for region in REGIONS for codec in region.codecs]
    for count in range(1, max(len(region.languages) for region in REGIONS) + 1):
        if found := [reading for encoding in encodings for reading in encoding.readings(count)]:
            return found
    return []


class _Encoding:
    """Words in one encoding, and which languages have them."""

    def __init__(self, codec: str, region: Region, words: Mapping[bytes, int]) -> None:
        self._codec = codec
        self._texts = [word.decode(codec, "replace") for word in words]
        self._counts = list(words.values())
        patterns = {language: _pattern(letters, latin=region.latin) for language, letters in region.languages.items()}
        found = {language: self._explained(pattern) for language, pattern in patterns.items()}
        self._by_language = {language: places for language, places in found.items() if places}

    def readings(self, count: int) -> Iterator[Reading]:
        """One for each choice of so many languages that explain nearly all words."""
        for languages in combinations(self._by_language, count):
            places = set[int]().union(*(self._by_language[language] for language in languages))
            if sum(self._counts[place] for place in places) >= _EXPLAINED * sum(self._counts):
                yield Reading(self._codec, ", ".join(languages), " ".join(self._texts))

    def _explained(self, pattern: re.Pattern[str]) -> set[int]:
        return {place for place, text in enumerate(self._texts) if pattern.fullmatch(text)}


@cache
def _pattern(alphabet: str, *, latin: bool) -> re.Pattern[str]:
    """Words as a language writes them: no capital behind a small letter, no foreign letters, signs in their places."""
    small = "".join(letter for letter in alphabet if letter.islower() or not letter.isupper())
    # A letter without a capital of its own stands among capitals as it is: STRAßE.
    capital = {letter.upper() if len(letter.upper()) == 1 else letter for letter in small} | (
        set(alphabet) - set(small)
    )
    both = (small + "a-z", "".join(capital) + "A-Z") if latin else (small, "".join(capital))
    small_one, capital_one = (f"[{letters}]" for letters in both)
    # An ASCII capital may follow small letters (McDonald), one beyond ASCII never does.
    again = f"(?:[A-Z]{small_one}++)*+" if latin else ""
    word = f"(?:{capital_one}+|{capital_one}?{small_one}*+{again})"
    signs = f"[{re.escape(_BEFORE + _BEHIND + _ALONE)}]*+"
    words = f"[{re.escape(_BEFORE)}]*+{word}(?:[{_APOSTROPHE}]{word})*[{re.escape(_BEHIND)}]*+"
    return re.compile(f"(?:{signs}|{words})")
