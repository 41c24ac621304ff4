"""From a source to the draft of a mapping."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from regbulk.guess.candidates import candidates
from regbulk.guess.case import Case
from regbulk.guess.crosswalk import read_crosswalk
from regbulk.guess.dates import lacks_zone
from regbulk.guess.decisions import Decisions, decide
from regbulk.guess.draft import Draft, Join, Missing
from regbulk.guess.entries import entry_for
from regbulk.guess.entry import Entry
from regbulk.guess.first_line import refuse_without_names
from regbulk.guess.names import Level, names_of
from regbulk.guess.second_look import look_again
from regbulk.guess.survey import Progress, survey
from regbulk.schema import Kind, Schema, import_schema
from regbulk.source import Source
from regbulk.source.options import SourceOptions

_NAME_PARTS: Final = ("first_name", "last_name")


@dataclass(frozen=True)
class Request:
    """What is asked for besides the source.

    Attributes:
        options: how the source was to be read; the draft says the same.
        lookups: crosswalks, CSV or Parquet.
        beside: the folder in which the mapping will lie; it names crosswalks from there.
        schema: the fields.
    """

    options: SourceOptions = field(default_factory=SourceOptions)
    lookups: tuple[Path, ...] = ()
    beside: Path = Path()
    schema: Schema = field(default_factory=import_schema)


def guess_mapping(source: Source, request: Request, progress: Progress = lambda *_: None) -> Draft:
    """Draft a mapping for a source; the same source always gives the same draft.

    Raises:
        SourceError: the source or a crosswalk cannot be read as a whole, or the first line does not name the columns.
    """
    names = names_of(request.schema)
    refuse_without_names(source, names)
    tables = [read_crosswalk(path) for path in request.lookups]
    seen = survey(source, progress)
    possible = candidates(seen.columns, names, request.schema)
    columns = {facts.name: facts for facts in seen.columns}
    case = Case(columns, seen.records, names, request.schema, possible, request.beside)
    evidence = look_again(source, seen, possible, tables=tables, progress=progress)
    decisions = decide(case, evidence)
    entries = tuple(entry_for(column, case, decisions) for column in columns)
    return Draft(
        source=source.name,
        options=request.options,
        decisions=source.decisions,
        records=seen.read,
        faults=seen.faults,
        skipped=seen.skipped,
        entries=entries,
        lacks_zone=tuple(_without_zone(case, decisions)),
        missing=tuple(_missing(entries, case, decisions)),
        joins=tuple(_joins(case)),
    )


def _without_zone(case: Case, decisions: Decisions) -> Iterator[str]:
    for column, candidate in decisions.taken.items():
        if case.schema.field(candidate.field).kind is Kind.DATETIME and lacks_zone(case.columns[column]):
            yield column


def _missing(entries: tuple[Entry, ...], case: Case, decisions: Decisions) -> Iterator[Missing]:
    """What the schema asks of every new registration; a name may be made of its parts."""
    decided = {entry.column for entry in entries if entry.is_decided}
    given = {candidate.field for column, candidate in decisions.taken.items() if column in decided}
    required = [name for document in case.schema.documents for name in document.schema.get("required", ())]
    if not given.issuperset(_NAME_PARTS):
        required.append("name")
    for field_name in dict.fromkeys(required):
        if field_name not in given:
            holder = decisions.holder(field_name)
            yield Missing(field_name, holder if holder not in decided else None)


def _joins(case: Case) -> Iterator[Join]:
    """Fields for any text that several columns are called for, perhaps with a number."""
    for name in ("notes", "internal_notes"):
        columns = [each.column for each in case.possible.for_field(name) if each.level >= Level.NUMBERED]
        if len(columns) > 1:
            in_order = tuple(column for column in case.columns if column in columns)
            yield Join(name, in_order)
