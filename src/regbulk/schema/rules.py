"""The rules of a schema, compiled for the columns of a source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import jsonschema_rs
import polars as pl

from regbulk import rejects
from regbulk.errors import SchemaError
from regbulk.schema.broken import Rule, broken_cells, broken_rules, flags
from regbulk.schema.canonical import canonical
from regbulk.schema.fields import NESTED, Field, Kind, Schema
from regbulk.schema.json_cells import CellRules
from regbulk.schema.keywords import check_nested
from regbulk.schema.parts import Part, flat, parts_about, properties_known
from regbulk.schema.record_rules import RecordRule, member_rules, record_rules
from regbulk.schema.value_rules import shape, value_rules
from regbulk.schema.view import View, cleared
from regbulk.source.contract import CLEARS, LINE_NO, RECORD_NO

_CANONICAL = "="
"""Stands before a column's name for its canonical text; no field's name has it."""


class Checked(NamedTuple):
    """What `Rules.check_values` found.

    Attributes:
        values: the records as they came, each value as canonical text, null where it breaks a rule.
        broken: the broken rules in the shape of `regbulk.rejects.SCHEMA`, ordered by record.
    """

    values: pl.DataFrame
    broken: pl.DataFrame


@dataclass(frozen=True)
class Rules:
    """The rules for a source with certain columns; made by `compile_rules`.

    Attributes:
        columns: the columns they are for.
        rewritten: canonical text, for the columns where it can differ from the text.
        values: rules about values by column.
        cells: rules about JSON cells.
        certain: what a record breaks whatever else the target holds.
        complete: what a record breaks besides if it is the whole registration.
    """

    columns: tuple[str, ...]
    rewritten: tuple[pl.Expr, ...]
    values: tuple[Rule, ...]
    cells: tuple[CellRules, ...]
    certain: tuple[Rule, ...]
    complete: tuple[Rule, ...]

    def check_values(self, records: pl.DataFrame) -> Checked:
        """Check what records hold, whatever becomes of them.

        Every rule about a value that is there, every request to clear what cannot be cleared (`missing-value`), and
        what the values of one record say about each other. What is absent may be in the target: it breaks nothing here.

        Args:
            records: `_record_no`, `_line_no`, `_clears` and the columns as text, null = absent (see `source.contract`).
        """
        both = records.with_columns(self.rewritten)
        values, certain = flags(both, self.values), flags(both, self.certain)
        faults = {cell.name: cell.faults(both[cell.name]) for cell in self.cells}
        found = rejects.merge(
            broken_rules(both, [*values, *certain]), *(broken_cells(both, name, told) for name, told in faults.items())
        )
        bad = {name: pl.col(name).is_in(list(told)) for name, told in faults.items() if told}
        for rule, broken in values:
            if rule.field is not None:
                bad[rule.field] = bad.get(rule.field, pl.lit(value=False)) | broken
        texts = {name: pl.col(self._text(name, both)) for name in self.columns}
        kept = {name: pl.when(~bad[name]).then(text) if name in bad else text for name, text in texts.items()}
        return Checked(both.select(RECORD_NO, LINE_NO, CLEARS, **kept), found)

    def check_complete(self, values: pl.DataFrame) -> pl.DataFrame:
        """Check that records have what a registration to be created must have.

        Args:
            values: as for `check_values`, as text or as canonical text. A malformed text counts as there, so give the
                records as they came where a broken value should not be reported as missing too.

        Returns:
            The broken rules in the shape of `regbulk.rejects.SCHEMA`, without those `check_values` finds.
        """
        return broken_rules(values, flags(values, self.complete))

    @staticmethod
    def _text(name: str, both: pl.DataFrame) -> str:
        return _CANONICAL + name if _CANONICAL + name in both.columns else name


def compile_rules(schema: Schema, columns: Sequence[str]) -> Rules:
    """Compile the rules of a schema for a source with these columns.

    Columns that no document has rules for (server-managed fields of a source) pass as they are.

    Raises:
        SchemaError: a rule cannot be checked; the message names file, JSON pointer and keyword.
    """
    for document in schema.documents:
        properties_known(document, schema)
    judged = [(schema.field(name), parts) for name in columns if (parts := parts_about(name, schema))]
    plain = [(field, parts) for field, parts in judged if field.kind not in NESTED]
    records = [rule for document in schema.documents for rule in record_rules(document, schema)]
    records += member_rules(columns, schema)
    return Rules(
        columns=tuple(columns),
        rewritten=tuple(
            canonical(pl.col(field.name), field.kind).alias(_CANONICAL + field.name)
            for field, _ in plain
            if field.kind is not Kind.STRING
        ),
        values=tuple(rule for field, parts in plain for rule in _rules_about(field, parts)),
        cells=tuple(_cell_rules(field, parts) for field, parts in judged if field.kind in NESTED),
        certain=(*_clear_rules(columns, schema), *(_certain(rule, columns) for rule in records)),
        complete=tuple(_complete(rule, columns) for rule in records),
    )


def _rules_about(field: Field, parts: Sequence[Part]) -> list[Rule]:
    text = pl.col(field.name)
    value = text if field.kind is Kind.STRING else pl.col(_CANONICAL + field.name)
    found = [Rule(field.name, code, told, broken(text, value)) for code, told, broken in shape(field.kind)]
    asked = (rule for part in parts for rule in value_rules(part.schema, kind=field.kind, place=part.place))
    return [*found, *(Rule(field.name, rule.code, rule.expected, rule.broken(value)) for rule in asked)]


def _cell_rules(field: Field, parts: Sequence[Part]) -> CellRules:
    for part in parts:
        check_nested(part.schema, part.place)
    try:
        return CellRules(field.name, field.kind, [part.schema for part in parts])
    except jsonschema_rs.ValidationError as error:
        files = ", ".join(dict.fromkeys(part.place.file for part in parts))
        raise SchemaError(f"{files}: the rules for {field.name} cannot be used: {error.message}") from None


def _clear_rules(columns: Sequence[str], schema: Schema) -> list[Rule]:
    kept = [
        name
        for name in columns
        if any(asked.get("x-clearable") is False for part in parts_about(name, schema) for asked, _ in flat(part))
    ]
    return [Rule(name, "missing-value", "a value: it cannot be cleared", cleared(name)) for name in kept]


def _certain(rule: RecordRule, columns: Sequence[str]) -> Rule:
    return Rule(rule.field, rule.code, rule.expected, ~rule.holds(View(columns, whole=False)))


def _complete(rule: RecordRule, columns: Sequence[str]) -> Rule:
    certain = ~rule.holds(View(columns, whole=False))
    broken = ~rule.holds(View(columns, whole=True))
    return Rule(rule.field, rule.code, rule.expected, broken & ~certain.fill_null(value=False))
