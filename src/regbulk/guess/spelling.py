"""Spellings of one word as one key: upper and lower case, accents and punctuation make no difference."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans({"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"})
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NOT_WORD: Final = re.compile(r"[\W_]+")
_UMLAUTS: Final = re.compile(r"([aou])e")
_BRACKETED: Final = re.compile(r"\s*[(\[{][^()\[\]{}]*[)\]}]\s*")
_NUMBERED: Final = re.compile(r"[\s_#.-]*[0-9]{1,2}\s*$")


def plain(text: str) -> str:
    """The text in small letters without accents, its spaces as one each; punctuation stays."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return " ".join("".join(letter for letter in decomposed if not unicodedata.combining(letter)).split())


def key(text: str) -> str:
    """The letters and digits alone: `E-Mail`, `e_mail` and `Email` have the same, `Größe` and `Groesse` too."""
    return _UMLAUTS.sub(r"\1", _NOT_WORD.sub("", plain(text)))


def words(text: str) -> tuple[str, ...]:
    """The words of a name, each as its key; `OrderTotal` has two."""
    return tuple(filter(None, map(key, _NOT_WORD.split(_CAMEL.sub(" ", text)))))


def without_brackets(text: str) -> str:
    """`Amount (EUR)` without the part in brackets."""
    return _BRACKETED.sub(" ", text).strip()


def without_number(text: str) -> str:
    """`Remark 2` without the number at its end."""
    return _NUMBERED.sub("", text)
