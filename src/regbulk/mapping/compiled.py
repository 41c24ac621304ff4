"""A mapping, the header of a source and the fields of a registration → a converter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regbulk.errors import SourceError
from regbulk.mapping.column_plan import AS_IT_IS, ColumnPlan, Plans
from regbulk.mapping.converter import Converter
from regbulk.mapping.header import Header
from regbulk.mapping.links import Links, Reference
from regbulk.mapping.mapping import Mapping, ToField, ToReference
from regbulk.mapping.targets import is_written_by_sources
from regbulk.schema import Schema
from regbulk.source import header_problems


def compile_mapping(
    mapping: Mapping | None,
    source_columns: Sequence[str],
    schema: Schema,
    *,
    source_name: str,
    problems: Sequence[str] = (),
) -> Converter:
    """The converter for the blocks of a source.

    Args:
        mapping: the mapping; None: the columns are fields by their names.
        source_columns: the names in the header, as written.
        schema: the import schema.
        source_name: the base name of the source, for messages.
        problems: what else is known to be wrong with the source, to be told together (`Source.problems`).

    Raises:
        SourceError: header and mapping, or header and fields, do not fit; tells all problems.
    """
    header = Header(tuple(source_columns), mapping, schema) if mapping else None
    found = header.problems() if header else header_problems(source_columns, schema.columns, schema.nearest)
    if every := [*problems, *found]:
        raise SourceError(source_name, every)
    return _mapped(header) if header else _by_names(source_columns, schema)


def _by_names(columns: Sequence[str], schema: Schema) -> Converter:
    """Every column a source may write; the others, which an export brings, are read by nobody."""
    plans = Plans(schema, {})
    read = [name for name in columns if is_written_by_sources(name, schema)]
    return Converter(tuple(read), {name: plans.make(name, ToField(name), AS_IT_IS) for name in read})


def _mapped(header: Header) -> Converter:
    mapping = header.mapping
    plans = {plan.name: plan for plan in _plans(header)}
    references = tuple(
        Reference(plan.target.field, header.find(plan.target.to) or plan.target.to)
        for plan in plans.values()
        if isinstance(plan.target, ToReference)
    )
    joins = tuple(join._replace(columns=_spelled(join.columns, header)) for join in mapping.joins)
    fields = {plan.field for plan in plans.values() if plan.field}
    fields |= {join.field for join in joins} | {constant.field for constant in mapping.constants}
    return Converter(
        tuple(name for name in header.schema.columns if name in fields),
        plans,
        joins,
        mapping.constants,
        Links(references, is_column=bool(references) and references[0].to in plans),
    )


def _plans(header: Header) -> Iterator[ColumnPlan]:
    """The plan of every column that is read: named, unnamed with a field's name, or only joined or referred to."""
    mapping, plans = header.mapping, Plans(header.schema, header.mapping.tables)
    targets = [column.target for column in mapping.columns]
    keys = {header.find(target.to) for target in targets if isinstance(target, ToReference)}
    read: set[str] = set()
    for column in mapping.columns:
        (name,) = _spelled([column.name], header)
        read.add(name)
        if not column.ignored:
            yield plans.make(name, column.target, column.reading, is_key=name in keys)
    for name in header.unnamed:
        read.add(name)
        yield plans.make(name, ToField(name), mapping.unnamed)
    joined = (name for join in mapping.joins for name in _spelled(join.columns, header))
    for name in dict.fromkeys([*joined, *(key for key in keys if key)]):
        if name not in read:
            yield plans.make(name, None, mapping.unnamed, is_key=name in keys)


def _spelled(names: Sequence[str], header: Header) -> tuple[str, ...]:
    """Columns as the source spells them; a header without problems has them all."""
    return tuple(found for name in names if (found := header.find(name)) is not None)
