"""How a custom field of the tenant's own would hold a column."""

from __future__ import annotations

from regbulk.guess.booleans import boolean_reading, looks_boolean
from regbulk.guess.facts import Facts
from regbulk.guess.ids import zeros_reading
from regbulk.guess.lists import separator_of
from regbulk.guess.marks import Tongue, mark_reading
from regbulk.guess.numbers import looks_numeric, number_reading
from regbulk.guess.reading import Reading, Setting


def custom_settings(facts: Facts) -> tuple[tuple[Setting, ...], Reading]:
    """How a custom field holds the values of a column."""
    if looks_boolean(facts):
        reading, slot = boolean_reading(facts), "boolean_value"
    elif looks_numeric(facts) and not any(zero and length > 1 for length, zero in facts.digits):
        reading, slot = number_reading(facts), "numeric_value"
    elif separator := separator_of(facts):
        reading, slot = Reading(settings=(Setting("split", {"separator": separator}),)), "list_value"
    else:
        reading, slot = zeros_reading(facts, suspect=False), "string_value"
    if reading.withheld:
        reading, slot = Reading(asks=reading.asks), "string_value"
    whole = reading.plus(mark_reading(facts, Tongue.FREE))
    return (Setting("as", slot), *whole.settings), whole
