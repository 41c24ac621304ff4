"""Which formats the dates of a column have; the order of day and month only where a day above 12 proves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import product
from typing import Final, NamedTuple

from regbulk.guess.date_shapes import (
    DAY_FIRST,
    FOUR_DIGITS,
    ISO,
    MONTH_FIRST,
    NAMED,
    SERIAL,
    TWO_DIGITS,
    YEAR_FIRST,
    DateShape,
)
from regbulk.guess.facts import Facts
from regbulk.guess.reading import NEARLY_ALL, Reading, Setting, number_of

_ORDERS: Final = {DAY_FIRST: "%d{0}%m{0}%Y", MONTH_FIRST: "%m{0}%d{0}%Y", YEAR_FIRST: "%Y{0}%m{0}%d"}
_TOLD: Final = {DAY_FIRST: "day first", MONTH_FIRST: "month first", YEAR_FIRST: "year first"}
_MAC_YEARS: Final = 4
_MOST: Final = 6
_CENTURY: Final = "the years have two digits, the century is not known"


class _Option(NamedTuple):
    """Formats that read some of the dates, and what speaks for them."""

    formats: tuple[str, ...]
    ground: str


class _Part(NamedTuple):
    """Dates that are judged together: one option is a decision, several are a question."""

    options: tuple[_Option, ...]
    question: str = ""


def date_reading(facts: Facts) -> Reading:
    """How the dates of a column are to be read."""
    shapes = Counter({shape: count for shape, count in facts.dates.items() if shape.fits})
    fitting = shapes.total()
    if not fitting:
        return Reading(agrees=not facts.judged)
    parts = list(_parts(shapes))
    grounds = [f"{fitting:,} of {number_of(facts.judged, 'value')} can be read as dates"]
    if misfits := facts.judged - fitting:
        grounds.append(f"{number_of(misfits, 'value')} that no format reads, to be rejected")
    agrees = fitting >= facts.judged / 2
    questions = [part.question for part in parts if part.question]
    if fitting < NEARLY_ALL * facts.judged:
        questions.append(f"only {fitting:,} of {number_of(facts.judged, 'value')} can be read as dates")
    grounds += [option.ground for part in parts if len(part.options) == 1 for option in part.options if option.ground]
    settings = _settings(parts, decided=not questions)
    return Reading(agrees, settings, tuple(grounds), tuple(questions))


def lacks_zone(facts: Facts) -> bool:
    """Whether some dates of a column do not say in which time zone they are."""
    return any(shape.fits and not shape.has_zone for shape in facts.dates)


def _parts(shapes: Counter[DateShape]) -> Iterator[_Part]:
    yield from _in_figures(_of(shapes, FOUR_DIGITS))
    yield from _in_figures(_of(shapes, TWO_DIGITS))
    named = _of(shapes, NAMED)
    if named:
        short = any("%y" in shape.layout for shape in named)
        yield _Part((_Option(_in_order(named, lambda shape: shape.layout), ""),), _CENTURY if short else "")
    if iso := _of(shapes, ISO):
        yield _Part((_Option((ISO,), f"{iso.total():,} with a time zone (RFC 3339)"),))
    if serial := _of(shapes, SERIAL):
        yield _day_numbers(serial, alone=len(serial) == len(shapes))


def _of(shapes: Counter[DateShape], kind: str) -> Counter[DateShape]:
    return Counter({shape: count for shape, count in shapes.items() if shape.kind == kind})


def _in_figures(shapes: Counter[DateShape]) -> Iterator[_Part]:
    """Dates in figures; those that begin with a year of four digits have only one order."""
    if not shapes:
        return
    ahead = Counter({shape: count for shape, count in shapes.items() if _is_certain(shape)})
    if ahead:
        yield _Part((_Option(_formats(ahead, YEAR_FIRST), ""),))
    if rest := shapes - ahead:
        yield _ordered(rest)


def _is_certain(shape: DateShape) -> bool:
    return shape.kind == FOUR_DIGITS and shape.fits == YEAR_FIRST


def _ordered(shapes: Counter[DateShape]) -> _Part:
    possible = [order for order in _ORDERS if any(shape.fits & order for shape in shapes)]
    fits_all = [order for order in possible if all(shape.fits & order for shape in shapes)]
    short = next(iter(shapes)).kind == TWO_DIGITS
    if len(fits_all) == 1:
        (order,) = fits_all
        proof = sum(count for shape, count in shapes.items() if shape.fits == order)
        ground = f"{proof:,} can only be {_TOLD[order]} (a day above 12)" if proof else f"only {_TOLD[order]} fits all"
        return _Part((_Option(_formats(shapes, order), ground),), _CENTURY if short else "")
    if fits_all:
        options = tuple(_Option(_formats(shapes, order), _TOLD[order]) for order in fits_all)
        told = " or ".join(_TOLD[order] for order in fits_all)
        return _Part(options, f"{told}: no day above 12 decides it" + (f"; {_CENTURY}" if short else ""))
    return _mixed(shapes, possible)


def _mixed(shapes: Counter[DateShape], possible: list[int]) -> _Part:
    """Some dates can only be read by one order and some only by another: what fits both may be either."""
    only = {order: sum(count for shape, count in shapes.items() if shape.fits == order) for order in possible}
    options = []
    for order in sorted(possible, key=lambda order: (-only[order], order)):
        refused = sum(count for shape, count in shapes.items() if not shape.fits & order)
        options.append(_Option(_formats(shapes, order), f"{_TOLD[order]}; {refused:,} would be rejected"))
    told = " and ".join(f"{only[order]:,} can only be {_TOLD[order]}" for order in possible if only[order])
    both = shapes.total() - sum(only.values())
    return _Part(tuple(options), f"the column mixes orders: {told}; {both:,} may be either")


def _formats(shapes: Counter[DateShape], order: int) -> tuple[str, ...]:
    """The formats of the dates that an order reads, the most frequent first."""

    def written(shape: DateShape) -> str:
        day = _ORDERS[order].format(shape.separator)
        return shape.layout.replace("{}", day.replace("%Y", "%y") if shape.kind == TWO_DIGITS else day)

    fitting = Counter({shape: count for shape, count in shapes.items() if shape.fits & order})
    return _in_order(fitting, written)


def _in_order(shapes: Counter[DateShape], written: Callable[[DateShape], str]) -> tuple[str, ...]:
    found: Counter[str] = Counter()
    for shape, count in shapes.items():
        found[written(shape)] += count
    return tuple(sorted(found, key=lambda form: (-found[form], form)))


def _day_numbers(shapes: Counter[DateShape], *, alone: bool) -> _Part:
    years = sorted(int(shape.layout) for shape in shapes)
    options = tuple(
        _Option((form,), f"the years {years[0] + later} to {years[-1] + later}")
        for form, later in (("excel", 0), ("excel-1904", _MAC_YEARS))
    )
    question = f"{shapes.total():,} are a spreadsheet's day numbers, counted from 1900 or from 1904"
    mixed = "; beside dates in text: the spreadsheet may have taken months for days where it read them"
    return _Part(options, question + ("" if alone else mixed))


def _settings(parts: list[_Part], *, decided: bool) -> tuple[Setting, ...]:
    combined = [_dates(chosen, decided=decided) for chosen in product(*(part.options for part in parts))][:_MOST]
    if decided and {shape for part in parts for option in part.options for shape in option.formats} == {ISO}:
        return ()
    if any(_CENTURY in part.question for part in parts):
        return (*combined, Setting("years_from", 1970, chosen=False, ground="70 is 1970, 69 is 2069"))
    return tuple(combined)


def _dates(chosen: Iterable[_Option], *, decided: bool) -> Setting:
    options = tuple(chosen)
    formats = list(dict.fromkeys(form for option in options for form in option.formats))
    ground = "" if decided else "; ".join(option.ground for option in options if option.ground)
    return Setting("dates", formats, decided, ground)
