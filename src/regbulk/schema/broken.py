"""Broken rules of records as rejects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from regbulk import rejects
from regbulk.rejects import Code
from regbulk.schema.json_cells import Fault
from regbulk.schema.phrases import found_text
from regbulk.schema.view import cleared
from regbulk.source.contract import LINE_NO, RECORD_NO


@dataclass(frozen=True)
class Rule:
    """One rule by column; `broken` is true where a record breaks it, false or null where it does not."""

    field: str | None
    code: Code
    expected: str
    broken: pl.Expr


def flags(records: pl.DataFrame, rules: Sequence[Rule]) -> list[tuple[Rule, pl.Series]]:
    """Each rule that any record breaks, in the order given, with a truth value for every record (never null)."""
    if not records.height:
        return []
    # The number gives a rule that needs no column of its own as many truth values as there are records.
    _, *judged = records.select(RECORD_NO, *(rule.broken.alias(f"rule {n}") for n, rule in enumerate(rules)))
    return [(rule, broken.fill_null(value=False)) for rule, broken in zip(rules, judged, strict=True) if broken.any()]


def broken_rules(records: pl.DataFrame, found: Sequence[tuple[Rule, pl.Series]]) -> pl.DataFrame:
    """The rejects of the rules whose `flags` are given, in their order."""
    return rejects.merge(*(_told(records.filter(broken), rule) for rule, broken in found))


def broken_cells(records: pl.DataFrame, column: str, faults: Mapping[str, Sequence[Fault]]) -> pl.DataFrame:
    """The rejects of JSON cells of a column that break rules, given by their text."""
    hit = records.filter(pl.col(column).is_in(list(faults))).select(RECORD_NO, LINE_NO, column)
    rows = [
        (record_no, line_no, fault.field, fault.code, fault.message, fault.value)
        for record_no, line_no, text in hit.iter_rows()
        for fault in faults[text]
    ]
    return pl.DataFrame(rows, schema=rejects.SCHEMA, orient="row")


def _told(records: pl.DataFrame, rule: Rule) -> pl.DataFrame:
    text = pl.col(rule.field) if rule.field in records.columns else pl.lit(None, pl.String)
    to_clear = cleared(rule.field) if rule.field else pl.lit(value=False)
    seen = records.select(RECORD_NO, LINE_NO, text=text, to_clear=to_clear)
    otherwise = found_text(pl.col("text")) if rule.field else pl.lit("found otherwise")
    found = pl.when("to_clear").then(pl.lit("found a request to clear it")).otherwise(otherwise)
    return seen.select(
        record_no=RECORD_NO,
        line_no=LINE_NO,
        field=pl.lit(rule.field, pl.String),
        code=pl.lit(rule.code),
        message=pl.concat_str(found, pl.lit(f", expected {rule.expected}")),
        value="text",
    )
