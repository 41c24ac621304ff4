"""Whether the constants, joins and examples of a mapping speak of fields and columns that there are."""

from __future__ import annotations

from collections.abc import Iterator

from regbulk.mapping.document import Document
from regbulk.mapping.mapping import Mapping
from regbulk.mapping.names import folded
from regbulk.mapping.problems import Problem, hint
from regbulk.mapping.targets import why_not_written
from regbulk.rejects import CODES
from regbulk.schema import Kind, Schema, nearest


def entry_problems(mapping: Mapping, document: Document, schema: Schema) -> Iterator[Problem]:
    """What is wrong with what a mapping says beside its columns."""
    for constant in mapping.constants:
        if told := why_not_written(constant.field, schema):
            yield document.problem(told, "constants", constant.field)
    for join in mapping.joins:
        if told := why_not_written(join.field, schema):
            yield document.problem(told, "joins", join.field)
        elif schema.field(join.field).kind is not Kind.STRING:
            told = f"found {join.field!r}, which is no text; expected a field of text: only texts can be joined"
            yield document.problem(told, "joins", join.field)
    yield from _examples(mapping, document, schema)


def _examples(mapping: Mapping, document: Document, schema: Schema) -> Iterator[Problem]:
    columns = [column.name for column in mapping.columns] + [part for join in mapping.joins for part in join.columns]
    known = {folded(name) for name in (*columns, *schema.columns)}
    for example in mapping.examples:
        way = ("examples", example.number - 1)
        for name in example.row:
            if folded(name) not in known:
                told = f"no column of this mapping{hint(nearest(name, columns))}"
                yield document.problem(told, *way, "row", name)
        for name in example.record:
            if name not in schema.columns:
                told = f"no field of a registration{hint(schema.nearest(name))}"
                yield document.problem(told, *way, "record", name)
        for place, rule in enumerate(example.rejects):
            code, _, field = rule.partition(" ")
            if code not in CODES:
                told = f"found the code {code!r}, expected `code field`{hint(nearest(code, CODES))}"
                yield document.problem(told, *way, "rejects", place)
            elif field and field not in schema.columns:
                told = f"found {field!r}, which is no field of a registration{hint(schema.nearest(field))}"
                yield document.problem(told, *way, "rejects", place)
