"""Which formats the dates of a column have; the order of day and month only where a day above 12 proves it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Final

from regbulk.guess.date_orders import CENTURY, Option, Part, in_order, parts_in_figures
from regbulk.guess.date_shapes import FOUR_DIGITS, ISO, NAMED, SERIAL, TWO_DIGITS, DateShape
from regbulk.guess.facts import Facts
from regbulk.guess.reading import NEARLY_ALL, Reading, Setting, number_of

_MAC_YEARS: Final = 4
_MOST: Final = 6


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


def _parts(shapes: Counter[DateShape]) -> Iterator[Part]:
    yield from parts_in_figures(_of(shapes, FOUR_DIGITS) + _of(shapes, TWO_DIGITS), shapes.total())
    named = _of(shapes, NAMED)
    if named:
        short = any("%y" in shape.layout for shape in named)
        yield Part((Option(in_order(named, lambda shape: shape.layout), ""),), CENTURY if short else "")
    if iso := _of(shapes, ISO):
        yield Part((Option((ISO,), f"{iso.total():,} with a time zone (RFC 3339)"),))
    if serial := _of(shapes, SERIAL):
        yield _day_numbers(serial, alone=len(serial) == len(shapes))


def _of(shapes: Counter[DateShape], kind: str) -> Counter[DateShape]:
    return Counter({shape: count for shape, count in shapes.items() if shape.kind == kind})


def _day_numbers(shapes: Counter[DateShape], *, alone: bool) -> Part:
    years = sorted(int(shape.layout) for shape in shapes)
    options = tuple(
        Option((form,), f"the years {years[0] + later} to {years[-1] + later}")
        for form, later in (("excel", 0), ("excel-1904", _MAC_YEARS))
    )
    question = f"{shapes.total():,} are a spreadsheet's day numbers, counted from 1900 or from 1904"
    mixed = "; beside dates in text: the spreadsheet may have taken months for days where it read them"
    return Part(options, question + ("" if alone else mixed))


def _settings(parts: list[Part], *, decided: bool) -> tuple[Setting, ...]:
    combined = [_dates(chosen, decided=decided) for chosen in product(*(part.options for part in parts))][:_MOST]
    if decided and {shape for part in parts for option in part.options for shape in option.formats} == {ISO}:
        return ()
    if any(CENTURY in part.question for part in parts):
        return (*combined, Setting("years_from", 1970, chosen=False, ground="70 is 1970, 69 is 2069"))
    return tuple(combined)


def _dates(chosen: Iterable[Option], *, decided: bool) -> Setting:
    options = tuple(chosen)
    formats = list(dict.fromkeys(form for option in options for form in option.formats))
    ground = "" if decided else "; ".join(option.ground for option in options if option.ground)
    return Setting("dates", formats, decided, ground)
