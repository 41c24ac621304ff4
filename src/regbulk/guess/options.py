"""Which words of a column stand for which option of a field that has only some, like a status."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regbulk.guess.facts import Facts
from regbulk.guess.reading import Reading, Setting, Word, number_of
from regbulk.guess.spelling import key
from regbulk.guess.vocabulary import vocabulary
from regbulk.schema import Field

_MOST: Final = 20
_LONGEST: Final = 40
"""Words that are shown are few and short: codes, not what people wrote."""


def option_reading(facts: Facts, field: Field) -> Reading:
    """How the words of a column become the options of a field."""
    words = facts.words
    if words is None:
        return Reading(agrees=False)
    options: list[str] = field.schema["enum"]
    meant = {word: _option(word, field.name, options) for word in words}
    known = sum(count for word, count in words.items() if meant[word])
    if known < facts.judged / 2:
        return Reading(agrees=False)
    ground = f"{known:,} of {number_of(facts.judged, 'value')} have a known word"
    if set(words) <= set(options):
        return Reading(grounds=(ground,))
    unknown = {word: count for word, count in words.items() if not meant[word]}
    told = [Word(word, option, f"{words[word]:,}") for word, option in meant.items() if option]
    asks: tuple[str, ...] = ()
    if unknown:
        asks = (f"{number_of(len(unknown), 'word')} in {number_of(sum(unknown.values()), 'record')} may be any option",)
        told += shown_words(unknown, f"one of: {', '.join(options)}") or ()
    return Reading(settings=(Setting("values", tuple(told)),), grounds=(ground,), asks=asks)


def shown_words(words: Mapping[str, int] | None, ground: str = "") -> tuple[Word, ...] | None:
    """Words whose meaning a person must say; None where they are too many or too long to be codes."""
    if not words or len(words) > _MOST or max(map(len, words)) > _LONGEST or any("@" in word for word in words):
        return None
    behind = f"; {ground}" if ground else ""
    return tuple(Word(word, None, f"{count:,}{behind}") for word, count in words.items())


def _option(word: str, field: str, options: list[str]) -> str | None:
    spelled = {key(option): option for option in options}
    return spelled.get(key(word)) or vocabulary().options.get(field, {}).get(key(word))
