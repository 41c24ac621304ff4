"""Ids and codes: what a spreadsheet did to them, and what their values prove about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from regbulk.guess.facts import Facts
from regbulk.guess.reading import Reading, Setting, number_of

_SUSPICIOUS: Final = 0.8
_SHORTEST: Final = 4


def id_reading(facts: Facts, *, whole: bool = True) -> Reading:
    """How ids are to be read.

    Args:
        facts: the column.
        whole: whether every character counts; otherwise only lost zeros are looked for.
    """
    reading = zeros_reading(facts, suspect=whole)
    return reading.plus(Reading(grounds=tuple(_damage(facts)))) if whole else reading


def lost_width(facts: Facts) -> int | None:
    """The length that numbers of a column had before a spreadsheet took zeros off some; None: nothing proves one.

    Proof: some begin with 0, all of those have one length, no number is longer and some are shorter.
    """
    width = fixed_width(facts)
    led = any(zero and length == width for length, zero in facts.digits)
    return width if width and led and any(length < width for length, _ in facts.digits) else None


def fixed_width(facts: Facts) -> int | None:
    """The one length of the numbers of a column that begin with 0, or of all its numbers; None: there is no such."""
    led = {length for length, zero in facts.digits if zero and length > 1}
    lengths = {length for length, _ in facts.digits}
    longest = max(lengths, default=0)
    if led:
        return longest if led == {longest} else None
    return longest if len(lengths) == 1 else None


def zeros_reading(facts: Facts, *, suspect: bool) -> Reading:
    """Whether numbers of a column lost their zeros, as a decision or as a choice."""
    total = facts.digits.total()
    if width := lost_width(facts):
        led = facts.digits[width, True]
        lost = sum(count for (length, _), count in facts.digits.items() if length < width)
        ground = f"{led:,} begin with 0 and all of those have {width} digits; {lost:,} shorter ones lost their zeros"
        return Reading(settings=(Setting("pad", width),), grounds=(ground,))
    longest = max((length for length, _ in facts.digits), default=0)
    full = facts.digits[longest, False]
    led_at_all = any(zero for _, zero in facts.digits)
    if suspect and not led_at_all and longest >= _SHORTEST and _SUSPICIOUS * total <= full < total:
        ground = f"if all had {longest} digits once: {total - full:,} are shorter, and none begins with 0"
        return Reading(settings=(Setting("pad", longest, chosen=False, ground=ground),))
    return Reading()


def _damage(facts: Facts) -> Iterator[str]:
    looks = facts.looks
    if looks.scientific:
        told = number_of(looks.scientific, "cell")
        yield f"{told} like 1.23E+15, to be rejected: a spreadsheet dropped the digits, and nothing can bring them back"
    if looks.long and looks.rounded == looks.long:
        told = number_of(looks.long, "number")
        yield f"{told} of 16 digits or more, all with zeros after the 15th: a spreadsheet rounded them; take them anew"
    if looks.invisible:
        yield f"{number_of(looks.invisible, 'cell')} with an invisible character inside, to be rejected"
