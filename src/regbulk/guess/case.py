"""What is known when the decisions are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regbulk.guess.candidates import Candidates
from regbulk.guess.facts import Facts
from regbulk.guess.names import Names
from regbulk.schema import Schema


@dataclass(frozen=True)
class Case:
    """One source that a mapping is drafted for.

    Attributes:
        columns: what the whole file says about each column, in order.
        records: how many records could be looked at.
        names: the names of fields.
        schema: the fields.
        possible: the fields that the columns may be.
        beside: the folder in which the mapping will lie; it names crosswalks from there.
    """

    columns: Mapping[str, Facts]
    records: int
    names: Names
    schema: Schema
    possible: Candidates
    beside: Path
