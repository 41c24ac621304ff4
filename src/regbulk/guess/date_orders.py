"""Which order of day, month and year the dates in figures of a column have: each way of writing proves its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from regbulk.guess.date_shapes import DAY_FIRST, FOUR_DIGITS, MONTH_FIRST, TWO_DIGITS, YEAR_FIRST, DateShape

CENTURY: Final = "the years have two digits, the century is not known"

_ORDERS: Final = {DAY_FIRST: "%d{0}%m{0}%Y", MONTH_FIRST: "%m{0}%d{0}%Y", YEAR_FIRST: "%Y{0}%m{0}%d"}
_TOLD: Final = {DAY_FIRST: "day first", MONTH_FIRST: "month first", YEAR_FIRST: "year first"}
_FEW: Final = 2
_RARE: Final = 0.01
"""So few dates, and so small a share of all, are as likely damage as proof."""


class Option(NamedTuple):
    """Formats that read some of the dates, and what speaks for them."""

    formats: tuple[str, ...]
    ground: str


class Part(NamedTuple):
    """Dates that are judged together: one option is a decision, several are a question."""

    options: tuple[Option, ...]
    question: str = ""


class _Family(NamedTuple):
    """Dates in figures that are written in one way: no other way of writing tells the order of these.

    Attributes:
        shapes: how many there are in which shape.
        name: what tells them from the other dates of the column; empty where there are no others in figures.
        total: how many dates the column has, of all kinds.
    """

    shapes: Counter[DateShape]
    name: str
    total: int

    @property
    def is_rare(self) -> bool:
        """Whether hardly any date of the column is written so."""
        return self.shapes.total() < _RARE * self.total

    def told(self, ground: str) -> str:
        """A ground or a question, with the name of the family."""
        return f"{self.name}: {ground}" if self.name else ground


def parts_in_figures(shapes: Counter[DateShape], total: int) -> Iterator[Part]:
    """The dates in figures, those that begin with a year of four digits first: these have only one order.

    Args:
        shapes: how many dates are written in which shape, all of them in figures.
        total: how many dates the column has, of all kinds.
    """
    ahead = Counter({shape: count for shape, count in shapes.items() if _is_certain(shape)})
    if ahead:
        yield Part((Option(_formats(ahead, YEAR_FIRST), ""),))
    families: dict[tuple[bool, str], Counter[DateShape]] = {}
    for shape, count in (shapes - ahead).items():
        families.setdefault((shape.kind == TWO_DIGITS, shape.separator), Counter())[shape] = count
    alone = len(families) == 1 and families[next(iter(families))].total() == total
    for (short, sign), family in sorted(families.items(), key=lambda each: (-each[1].total(), each[0])):
        told = _Family(family, "" if alone else _named(sign, short=short), total)
        part = _ordered(told, short=short)
        yield _or_none(part, told) if part.question and told.is_rare else part


def in_order(shapes: Counter[DateShape], written: Callable[[DateShape], str]) -> tuple[str, ...]:
    """The formats of dates, the most frequent first."""
    found: Counter[str] = Counter()
    for shape, count in shapes.items():
        found[written(shape)] += count
    return tuple(sorted(found, key=lambda form: (-found[form], form)))


def _is_certain(shape: DateShape) -> bool:
    return shape.kind == FOUR_DIGITS and shape.fits == YEAR_FIRST


def _named(sign: str, *, short: bool) -> str:
    years = " and years of two digits" if short else ""
    return f'dates with "{sign}"{years}' if sign else "dates of figures alone"


def _or_none(part: Part, family: _Family) -> Part:
    """The same with the choice not to read the few dates of a family."""
    left_out = Option((), family.told(f"{family.shapes.total():,} would be rejected"))
    return Part((left_out, *part.options), part.question)


def _ordered(family: _Family, *, short: bool) -> Part:
    shapes = family.shapes
    possible = [order for order in _ORDERS if any(shape.fits & order for shape in shapes)]
    fits_all = [order for order in possible if all(shape.fits & order for shape in shapes)]
    if len(fits_all) == 1:
        return _proved(family, fits_all[0], short=short)
    if fits_all:
        options = tuple(Option(_formats(shapes, order), family.told(_TOLD[order])) for order in fits_all)
        told = " or ".join(_TOLD[order] for order in fits_all)
        question = f"{told}: no day above 12 decides it" + (f"; {CENTURY}" if short else "")
        count = f", {shapes.total():,} of {family.total:,}" if family.name else ""
        return Part(options, f"{family.name}{count}: {question}" if family.name else question)
    return _mixed(family, possible)


def _proved(family: _Family, order: int, *, short: bool) -> Part:
    """Only one order fits all; that of one or two dates among hundreds is no proof: they may be typed wrongly."""
    shapes = family.shapes
    proof = sum(count for shape, count in shapes.items() if shape.fits == order)
    ground = f"{proof:,} can only be {_TOLD[order]} (a day above 12)" if proof else f"only {_TOLD[order]} fits all"
    read = Option(_formats(shapes, order), family.told(ground))
    century = CENTURY if short else ""
    if not (proof <= _FEW and family.is_rare):
        return Part((read,), century)
    few = f"{ground}, too few to trust: {shapes.total():,} of {family.total:,} dates are written so"
    return Part((read,), family.told(f"{few}; {century}" if century else few))


def _mixed(family: _Family, possible: list[int]) -> Part:
    """Some dates can only be read by one order and some only by another: what fits both may be either."""
    shapes = family.shapes
    only = {order: sum(count for shape, count in shapes.items() if shape.fits == order) for order in possible}
    options = []
    for order in sorted(possible, key=lambda order: (-only[order], order)):
        refused = sum(count for shape, count in shapes.items() if not shape.fits & order)
        told = family.told(f"{_TOLD[order]}; {refused:,} would be rejected")
        options.append(Option(_formats(shapes, order), told))
    told = " and ".join(f"{only[order]:,} can only be {_TOLD[order]}" for order in possible if only[order])
    both = shapes.total() - sum(only.values())
    who = f"{family.name} mix" if family.name else "the column mixes"
    return Part(tuple(options), f"{who} orders: {told}; {both:,} may be either")


def _formats(shapes: Counter[DateShape], order: int) -> tuple[str, ...]:
    """The formats of the dates that an order reads, the most frequent first."""

    def written(shape: DateShape) -> str:
        day = _ORDERS[order].format(shape.separator)
        return shape.layout.replace("{}", day.replace("%Y", "%y") if shape.kind == TWO_DIGITS else day)

    fitting = Counter({shape: count for shape, count in shapes.items() if shape.fits & order})
    return in_order(fitting, written)
