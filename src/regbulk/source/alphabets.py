"""Letters beyond ASCII by language and the single-byte encodings that write them: ground for telling one from another.

The letters are those of the languages' own alphabets as Unicode's CLDR lists them ("main" exemplar characters). Rare
encodings are here too: each one that is missing could be taken for another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple


class Region(NamedTuple):
    """Languages that share encodings, the more common encoding first."""

    codecs: tuple[str, ...]
    languages: dict[str, str]
    latin: bool = True
    """Whether ASCII letters stand in the same words."""


REGIONS: Final[dict[str, Region]] = {
    "Western European": Region(
        ("cp1252", "iso8859-15", "cp850", "mac_roman", "mac_iceland"),
        {
            "German": "äöüß",
            "French": "àâæçéèêëîïôœùûüÿ",
            "Spanish": "áéíñóúü¿¡ºª",
            "Portuguese": "áâãàçéêíóôõúºª",
            "Italian": "àèéìíîòóùú",
            "Dutch": "áäéëíïóöúü",
            "Nordic": "åäöæøéà",
            "Finnish": "åäöšž",
            "Estonian": "äõöüšž",
            "Icelandic": "áðéíóúýþæö",
        },
    ),
    "Central European": Region(
        ("cp1250", "iso8859-2", "cp852", "mac_latin2"),
        {
            "Polish": "ąćęłńóśźż",
            "Czech": "áčďéěíňóřšťúůýž",
            "Slovak": "áäčďéíĺľňóôŕšťúýž",
            "Hungarian": "áéíóöőúüű",
            "Romanian": "ăâîşţ",
            "South Slavic": "čćđšž",
        },
    ),
    "Turkish": Region(("cp1254", "iso8859-9", "cp857", "mac_turkish"), {"Turkish": "âçğıîöşüûİ"}),
    "Baltic": Region(
        ("cp1257", "iso8859-13", "cp775"), {"Lithuanian": "ąčęėįšųūž", "Latvian": "āčēģīķļņšūž", "Estonian": "äõöüšž"}
    ),
    "Cyrillic": Region(
        ("cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp866", "mac_cyrillic"),
        {"Russian": "абвгдежзийклмнопрстуфхцчшщъыьэюяё№", "Ukrainian": "абвгдежзийклмнопрстуфхцчшщьюяєіїґ№"},
        latin=False,
    ),
    "Greek": Region(
        ("cp1253", "iso8859-7", "cp737", "mac_greek"), {"Greek": "αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ"}, latin=False
    ),
}
_BEFORE: Final = "„“‘‚«»§€£$¿¡…•·–—°\N{NO-BREAK SPACE}"
_BEHIND: Final = "“”’‘»«©®™²³°€£ªº´…•·–—\N{NO-BREAK SPACE}"
_ALONE: Final = "±×½¼¾µ¥¢¶†‡‰"
"""What stands before words, behind them, or apart from them, in texts of any language."""
_APOSTROPHE: Final = "’´"
_EXPLAINED: Final = 0.995
"""Share of the words with bytes above 127 that must be words of a language (a few may be damaged)."""


class Reading(NamedTuple):
    """An encoding, the language whose words it gives, and all words in it."""

    codec: str
    language: str
    text: str


def readings(words: Mapping[bytes, int]) -> list[Reading]:
    """The encodings in which words are those of one language; where there are none, of one region.

    Args:
        words: how often each occurs.
    """
    by_language, by_region = [], []
    for name, region in REGIONS.items():
        for codec in region.codecs:
            texts = {word.decode(codec, "replace"): count for word, count in words.items()}
            whole = " ".join(word.decode(codec, "replace") for word in words)
            by_language += [
                Reading(codec, language, whole)
                for language, alphabet in region.languages.items()
                if _explained(texts, _pattern(alphabet, latin=region.latin))
            ]
            if _explained(texts, _pattern("".join(region.languages.values()), latin=region.latin)):
                by_region.append(Reading(codec, name, whole))
    return by_language or by_region


def _explained(texts: Mapping[str, int], pattern: re.Pattern[str]) -> bool:
    explained = sum(count for text, count in texts.items() if pattern.fullmatch(text))
    return explained >= _EXPLAINED * sum(texts.values())


@cache
def _pattern(alphabet: str, *, latin: bool) -> re.Pattern[str]:
    """Words as a language writes them: no capital behind a small letter, no foreign letters, symbols at the ends."""
    small = "".join(letter for letter in alphabet if letter.islower() or not letter.isupper())
    # A letter without a capital of its own stands among capitals as it is: STRAßE.
    capital = "".join(
        {letter.upper() if len(letter.upper()) == 1 else letter for letter in small} | set(alphabet) - set(small)
    )
    small, capital = (f"[{small}a-z]", f"[{capital}A-Z]") if latin else (f"[{small}]", f"[{capital}]")
    # An ASCII capital may follow small letters (McDonald), one beyond ASCII never does.
    again = f"(?:[A-Z]{small}++)*+" if latin else ""
    word = f"(?:{capital}+|{capital}?{small}*+{again})"
    symbols = f"[{re.escape(_BEFORE + _BEHIND + _ALONE)}]*+"
    words = f"[{re.escape(_BEFORE)}]*+{word}(?:[{_APOSTROPHE}]{word})*[{re.escape(_BEHIND)}]*+"
    return re.compile(f"(?:{symbols}|{words})")
