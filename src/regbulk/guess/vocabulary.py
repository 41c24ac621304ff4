"""The words that people use in six languages, as `synonyms.json` has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import orjson

from regbulk.guess.spelling import key, plain

_LANGUAGES: Final = {"en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "nl": "Dutch"}


class Synonym(NamedTuple):
    """A field that a name may stand for, and the language in which it does."""

    field: str
    language: str


@dataclass(frozen=True)
class Vocabulary:
    """What words mean.

    Attributes:
        fields: key of a name → the fields it stands for.
        perhaps: key of a name → the fields it may stand for, too general to decide it.
        options: field → key of a word → the option of the field it stands for.
        booleans: plain spelling of a word → what it stands for.
        signs: whole cells that are no words and mean: no value.
        technical: plain spellings of what programs and forms write for: no value.
        nothing: plain spellings of words of people that may mean: no value.
        marks: all that may mean no value, in small letters.
    """

    fields: Mapping[str, tuple[Synonym, ...]]
    perhaps: Mapping[str, tuple[Synonym, ...]]
    options: Mapping[str, Mapping[str, str]]
    booleans: Mapping[str, bool]
    signs: frozenset[str]
    technical: frozenset[str]
    nothing: frozenset[str]
    marks: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """The words that come with regbulk."""
    told: dict[str, Any] = orjson.loads(files("regbulk.guess").joinpath("synonyms.json").read_bytes())
    empty = {kind: frozenset(map(plain, words)) for kind, words in told["empty"].items()}
    return Vocabulary(
        fields=_synonyms(told["fields"]),
        perhaps=_synonyms(told["perhaps"]),
        options={field: _inverted(options, key) for field, options in told["values"].items()},
        booleans={word: meaning == "true" for word, meaning in _inverted(told["booleans"], plain).items()},
        signs=empty["signs"],
        technical=empty["technical"],
        nothing=empty["words"],
        marks=frozenset(
            spelled for words in told["empty"].values() for word in words for spelled in (word, plain(word))
        ),
    )


def _synonyms(told: Mapping[str, Mapping[str, Iterable[str]]]) -> dict[str, tuple[Synonym, ...]]:
    found: dict[str, dict[str, Synonym]] = {}
    for field, languages in told.items():
        for language, words in languages.items():
            for word in words:
                found.setdefault(key(word), {}).setdefault(field, Synonym(field, _LANGUAGES[language]))
    return {word: tuple(fields.values()) for word, fields in found.items()}


def _inverted(told: Mapping[str, Iterable[str]], spelled: Any) -> dict[str, str]:  # noqa: ANN401 - a function of text
    return {spelled(word): meaning for meaning, words in told.items() for word in words}
