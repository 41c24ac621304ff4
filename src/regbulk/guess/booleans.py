"""Which words of a column mean true and which false."""

from __future__ import annotations

from typing import Final

from regbulk.guess.facts import Facts
from regbulk.guess.reading import NEARLY_ALL, Reading, Setting, Word, number_of
from regbulk.guess.spelling import plain
from regbulk.guess.vocabulary import vocabulary

_OWN: Final = frozenset({"true", "false"})


def boolean_reading(facts: Facts) -> Reading:
    """How the words of a column become true and false."""
    words = facts.words
    if words is None:
        return Reading(agrees=False)
    meant = {word: vocabulary().booleans.get(plain(word)) for word in words}
    known = sum(count for word, count in words.items() if meant[word] is not None)
    if known < max(1, NEARLY_ALL * facts.judged):
        return Reading(agrees=not words)
    ground = f"{known:,} of {number_of(facts.judged, 'value')} mean true or false"
    if not _OWN.issuperset(words):
        told = [Word(word, meaning, f"{words[word]:,}") for word, meaning in meant.items() if meaning is not None]
        misfits = facts.judged - known
        rest = (f"{number_of(misfits, 'value')} with another word, to be rejected",) if misfits else ()
        one = (_one_sided(told),) if len({word.meaning for word in told}) == 1 else ()
        return Reading(settings=(Setting("values", tuple(told)),), grounds=(ground, *rest, *one))
    return Reading(grounds=(ground,))


def looks_boolean(facts: Facts) -> bool:
    """Whether nearly all words of a column mean true or false, and both occur."""
    words = facts.words
    if not words:
        return False
    meant = {plain(word): vocabulary().booleans.get(plain(word)) for word in words}
    return None not in meant.values() and len(set(meant.values())) > 1


def _one_sided(told: list[Word]) -> str:
    other = "false" if told[0].meaning else "true"
    return f"no word means {other}: an empty cell stays without a value"
