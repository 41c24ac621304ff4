"""How the numbers of a column are written: which sign is the decimal one, only where a value proves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from regbulk.guess.facts import Facts
from regbulk.guess.number_shapes import Form, NumberShape
from regbulk.guess.reading import NEARLY_ALL, Reading, Setting, number_of

_PROVES: Final[dict[Form, str]] = {"point": ".", "comma groups": ".", "comma": ",", "point groups": ","}
"""What the decimal sign must be, where a text has this form."""
_OPEN: Final[dict[Form, str]] = {"point or groups": ".", "comma or groups": ","}
_NAMES: Final = {".": "point", ",": "comma"}


class _Style(NamedTuple):
    """How numbers are written; empty `thousands`: without groups."""

    decimal: str
    thousands: str

    def reads(self, shape: NumberShape) -> bool:
        if sign := _OPEN.get(shape.form):
            return sign in self
        return _PROVES.get(shape.form, self.decimal) == self.decimal and shape.thousands in {"", self.thousands}


def number_reading(facts: Facts) -> Reading:
    """How the numbers of a column are to be read."""
    shapes = facts.numbers
    if not shapes:
        return Reading(agrees=not facts.judged)
    proofs = _proofs(shapes)
    questions = _questions(facts, proofs)
    styles = [_style(shapes, decimal) for decimal in (proofs if len(proofs) == 1 else _NAMES)]
    styles.sort(key=lambda style: (-_read_by(style, shapes), style))
    best = styles[0]
    readable = _read_by(best, shapes)
    grounds = [f"{readable:,} of {number_of(facts.judged, 'value')} can be read as numbers"]
    if (misfits := facts.judged - readable) and not questions:
        grounds.append(f"{number_of(misfits, 'value')} that cannot, to be rejected")
    if not questions and (proof := proofs[best.decimal]):
        grounds.append(f"{proof:,} can only have a decimal {_NAMES[best.decimal]}")
    settings = [*_formats(facts, styles if questions else [best], decided=not questions), *_strip(shapes)]
    return Reading(readable >= facts.judged / 2, tuple(settings), tuple(grounds), questions, withheld=bool(questions))


def looks_numeric(facts: Facts) -> bool:
    """Whether nearly all values of a column are numbers."""
    return facts.numbers.total() >= max(1, NEARLY_ALL * facts.judged)


def _proofs(shapes: Counter[NumberShape]) -> Counter[str]:
    """How many values show which decimal sign."""
    proofs: Counter[str] = Counter()
    for shape, count in shapes.items():
        if shape.form in _PROVES:
            proofs[_PROVES[shape.form]] += count
    return proofs


def _questions(facts: Facts, proofs: Counter[str]) -> tuple[str, ...]:
    shapes = facts.numbers
    open_ = sum(count for shape, count in shapes.items() if shape.form in _OPEN)
    rarer = min(proofs.values()) if len(proofs) > 1 else 0
    found = []
    if open_ and not proofs:
        found.append(f"{number_of(open_, 'value')} like 1.234 or 1,234: a fraction or a group of three digits")
    if rarer and (open_ or rarer > (1 - NEARLY_ALL) * facts.judged):
        told = " and ".join(f"{proofs[sign]:,} have a decimal {name}" for sign, name in _NAMES.items())
        found.append(f"the column mixes styles: {told}")
    if shapes.total() < NEARLY_ALL * facts.judged:
        found.append(f"only {shapes.total():,} of {number_of(facts.judged, 'value')} can be read as numbers")
    return tuple(found)


def _style(shapes: Counter[NumberShape], decimal: str) -> _Style:
    groups: Counter[str] = Counter()
    for shape, count in shapes.items():
        sign = _OPEN.get(shape.form, shape.thousands)
        if sign and sign != decimal and _PROVES.get(shape.form, decimal) == decimal:
            groups[sign] += count
    return _Style(decimal, min(groups, key=lambda sign: (-groups[sign], sign)) if groups else "")


def _read_by(style: _Style, shapes: Counter[NumberShape]) -> int:
    return sum(count for shape, count in shapes.items() if style.reads(shape))


def _formats(facts: Facts, styles: list[_Style], *, decided: bool) -> Iterator[Setting]:
    for style in styles:
        said = {"decimal": style.decimal} | ({"thousands": style.thousands} if style.thousands else {})
        ground = "" if decided else f"reads {_read_by(style, facts.numbers):,}"
        if not decided or not _is_plain(facts):
            yield Setting("number", said, decided, ground)


def _is_plain(facts: Facts) -> bool:
    """Whether the numbers are whole ones as JSON writes them, for which there is nothing to say."""
    odd = facts.looks.signed or facts.looks.scientific
    return not odd and all(shape == NumberShape("whole", "", "") for shape in facts.numbers)


def _strip(shapes: Counter[NumberShape]) -> Iterator[Setting]:
    if signs := sorted({shape.sign for shape in shapes if shape.sign}):
        yield Setting("strip", signs)
