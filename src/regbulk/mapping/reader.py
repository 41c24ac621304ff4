"""A mapping file on disk → a mapping that can be carried out, or every problem that keeps it from being one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl

from regbulk.errors import MappingError, SourceError
from regbulk.mapping.claims import claim_problems
from regbulk.mapping.column_checks import column_problems
from regbulk.mapping.document import Document, read_document
from regbulk.mapping.entries import columns_of, constants_of, examples_of, joins_of
from regbulk.mapping.entry_checks import entry_problems
from regbulk.mapping.format_checks import format_problems, source_problems
from regbulk.mapping.lookups import lookup_path, read_table
from regbulk.mapping.mapping import Lookup, Mapping
from regbulk.mapping.problems import Problem, refused
from regbulk.mapping.readings import default_reading
from regbulk.mapping.shape import shape_problems
from regbulk.mapping.value_checks import value_problems
from regbulk.schema import import_schema
from regbulk.source.options import SourceOptions


def read_mapping(path: Path, *, lookups: Path | None = None) -> Mapping:
    """Read and check a mapping file and the lookups it names.

    Args:
        path: the YAML file.
        lookups: a folder with copies of the lookup files, named by `lookup_name`; None: they lie where it says.

    Raises:
        MappingError: the file is malformed or says something that cannot be done; tells all problems with their lines.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise MappingError(f"{path}: the mapping cannot be read ({error.strerror}); check --mapping") from None
    document = read_document(path.name, content)
    if problems := shape_problems(document):
        raise refused(path.name, problems)
    written = _mapping(document, content)
    files = {lookup.file: lookup_path(lookup.file, path, copies=lookups) for _, lookup in _lookups(written)}
    tables, unread = _tables(written, files, document)
    if problems := [*_problems(written, document), *unread]:
        raise refused(path.name, problems)
    return replace(written, lookups=files, tables=tables)


def _mapping(document: Document, content: bytes) -> Mapping:
    defaults = default_reading(document)
    return Mapping(
        name=document.name,
        content=content,
        options=SourceOptions(**(document.at("source") or {})),
        columns=columns_of(document, defaults),
        constants=constants_of(document),
        joins=joins_of(document),
        unnamed=defaults,
        examples=examples_of(document),
    )


def _problems(mapping: Mapping, document: Document) -> Iterator[Problem]:
    schema = import_schema()
    about_fields = [*column_problems(mapping, document, schema), *entry_problems(mapping, document, schema)]
    yield from about_fields
    yield from source_problems(document)
    yield from format_problems(document, ("defaults",))
    yield from claim_problems(mapping, document)
    if not about_fields:
        yield from value_problems(mapping, document, schema)


def _lookups(mapping: Mapping) -> Iterator[tuple[str, Lookup]]:
    """The lookups with the columns that use them."""
    for column in mapping.columns:
        if column.reading.lookup is not None:
            yield column.name, column.reading.lookup


def _tables(
    mapping: Mapping, files: dict[str, Path], document: Document
) -> tuple[dict[Lookup, pl.DataFrame], list[Problem]]:
    """What the lookups say, each read once, and what is wrong with those that cannot be read."""
    tables: dict[Lookup, pl.DataFrame] = {}
    problems: list[Problem] = []
    for column, lookup in _lookups(mapping):
        if lookup in tables:
            continue
        try:
            tables[lookup] = read_table(lookup, files[lookup.file])
        except SourceError as error:
            place = document.place("columns", column, "lookup")
            problems += [Problem(place, f"{lookup.file}: {told}") for told in error.problems]
    return tables, problems
