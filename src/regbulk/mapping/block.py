"""One block of a source on its way through the plans of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from regbulk.mapping.cells import Broken, Cells
from regbulk.mapping.clears import asked_by_cells, asked_by_words, clear_words, either
from regbulk.mapping.column_plan import ColumnPlan
from regbulk.mapping.custom_fields import joined
from regbulk.mapping.faults import Fault
from regbulk.mapping.mapping import Join, ToCustomField, ToField, ToReference
from regbulk.mapping.targets import CUSTOM_FIELD_VALUES
from regbulk.mapping.text import trimmed, without

_CUSTOM_CLEARED = pl.lit("found a request to clear it, expected a value: no custom field can be cleared by itself")
_PART_CLEARED = "found a request to clear it, but other columns of {} have text; expected one or the other"


@dataclass(frozen=True)
class BlockCells:
    """The cells of a block.

    Attributes:
        records: as the source gave them.
        plans: what is done to each column, by its name in the source.
        text: what each column comes to before it becomes a value; joins and references see this.
        value: what the target of each column gets.
        asked: for the columns in which any cell asks to clear its field, which ones do.
    """

    records: pl.DataFrame
    plans: Mapping[str, ColumnPlan]
    text: Mapping[str, Cells]
    value: Mapping[str, Cells]
    asked: Mapping[str, pl.Series]

    def fields(self) -> dict[str, pl.Series]:
        """The values of the fields that one column each becomes, without references."""
        targets = {name: plan.target for name, plan in self.plans.items()}
        found = {to.name: self.value[name].text for name, to in targets.items() if isinstance(to, ToField)}
        custom = {to: self.value[name].text for name, to in targets.items() if isinstance(to, ToCustomField)}
        return found | ({CUSTOM_FIELD_VALUES: joined(custom)} if custom else {})

    def references(self) -> dict[str, pl.Series]:
        """The keys of the records referred to, by the field that refers."""
        return {
            plan.target.field: self.value[name].text
            for name, plan in self.plans.items()
            if isinstance(plan.target, ToReference)
        }

    def join(self, join: Join) -> pl.Series:
        """The texts of several columns, without spaces at their ends, in one; null where none has any."""
        cells = pl.DataFrame({str(place): self.text[name].text for place, name in enumerate(join.columns)})
        untrimmed = [str(place) for place, name in enumerate(join.columns) if not self.plans[name].reading.trim]
        texts = cells.with_columns(without(trimmed(pl.col(place)), ()) for place in untrimmed)
        together = texts.select(pl.concat_str(pl.all(), separator=join.separator, ignore_nulls=True).alias(join.field))
        present = texts.select(pl.any_horizontal(pl.all().is_not_null())).to_series()
        return together.to_series().set(~present, None)

    def cleared(self, joins: Sequence[tuple[Join, pl.Series]]) -> dict[str, pl.Series]:
        """The fields that any record clears, and which ones do.

        Args:
            joins: each with its texts; such a field is cleared where a column asks for it and none has text.
        """
        found: dict[str, pl.Series] = {}
        for name, asked in self.asked.items():
            plan = self.plans[name]
            if isinstance(plan.target, ToField | ToReference) and plan.field is not None:
                found[plan.field] = asked
        for join, text in joins:
            asking = {str(place): self.asked[name] for place, name in enumerate(join.columns) if name in self.asked}
            if asking:
                anyone = pl.DataFrame(asking).select(pl.any_horizontal(pl.all())).to_series()
                found[join.field] = anyone & text.is_null()
        return found

    def faults(self, joins: Sequence[tuple[Join, pl.Series]]) -> list[Fault]:
        """Everything that was wrong with the cells, column by column."""
        told = [
            Fault(name, plan.field, broken) for name, plan in self.plans.items() for broken in self.value[name].broken
        ]
        told += [
            Fault(name, CUSTOM_FIELD_VALUES, _uncleared(asked, _CUSTOM_CLEARED))
            for name, asked in self.asked.items()
            if isinstance(self.plans[name].target, ToCustomField)
        ]
        for join, text in joins:
            for name in join.columns:
                if name in self.asked and (torn := self.asked[name] & text.is_not_null()).any():
                    told.append(Fault(name, join.field, _uncleared(torn, pl.lit(_PART_CLEARED.format(join.field)))))
        return told


def read_block(records: pl.DataFrame, plans: Mapping[str, ColumnPlan]) -> BlockCells:
    """Do to each column what its plan says."""
    texts = records.select(trimmed(pl.col(name)) if plan.reading.trim else name for name, plan in plans.items())
    words = clear_words(texts, {name: plan.reading for name, plan in plans.items()})
    asked = either(asked_by_cells(records, list(plans)), asked_by_words(texts, words) if words else {})
    cleaned = texts.select(_cleaned(plan, words.get(name, ())) for name, plan in plans.items())
    text, value = {}, {}
    for name, plan in plans.items():
        text[name], value[name] = plan.read(cleaned[name])
    return BlockCells(records, plans, text, value, asked)


def _cleaned(plan: ColumnPlan, clear: tuple[str, ...]) -> pl.Expr:
    reading = plan.reading
    words = (*reading.empty, *clear)
    return without(pl.col(plan.name), words) if reading.trim or words else pl.col(plan.name)


def _uncleared(where: pl.Series, message: pl.Expr) -> Broken:
    rows = where.arg_true()
    return Broken("missing-value", rows, rows.to_frame("row").with_columns(message.alias("message"))["message"])
