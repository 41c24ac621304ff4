"""Columns → `custom_field_values`, the JSON array of the tenant's own fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson
import polars as pl

from regbulk.mapping.cells import Cells, Step, found
from regbulk.mapping.json_text import between, quoted
from regbulk.mapping.mapping import Slot, ToCustomField
from regbulk.rejects import Code
from regbulk.schema import Kind, canonical

_QUOTED: Final = frozenset({"string_value", "file_url_value"})
_CHECKED: Final[Mapping[Slot, tuple[Kind, Code, str]]] = {
    "numeric_value": (Kind.NUMBER, "type-error", "a number as JSON writes it, like 120.5"),
    "boolean_value": (Kind.BOOLEAN, "type-error", "true or false; values says which words mean them"),
    "list_value": (Kind.ARRAY, "json-error", "a JSON array; split makes one of a cell of several values"),
    "table_value": (Kind.ARRAY, "json-error", "a JSON array of objects"),
}


def slot_check(slot: Slot) -> Step | None:
    """The step that rejects text which its member of a custom field value cannot hold; None where any can."""
    if slot not in _CHECKED:
        return None
    kind, code, expected = _CHECKED[slot]

    def checked(cells: Cells) -> Cells:
        value = cells.mapped(lambda text: canonical(text, kind)).text
        lost = cells.text.is_not_null() & value.is_null()
        return cells.refuse(lost, code, found(expected)).become(value)

    return checked


def joined(values: Mapping[ToCustomField, pl.Series]) -> pl.Series:
    """The array of each record, from the texts of its custom fields; null where it has none of them."""
    texts = pl.DataFrame({str(place): text for place, text in enumerate(values.values())})
    objects = [_object(field, pl.col(str(place))) for place, field in enumerate(values)]
    inside = pl.concat_str(objects, separator=",", ignore_nulls=True)
    present = pl.any_horizontal(pl.all().is_not_null())
    return texts.select(pl.when(present).then(between("[", inside, "]")).alias("custom_field_values")).to_series()


def _object(field: ToCustomField, text: pl.Expr) -> pl.Expr:
    name = orjson.dumps(field.id).decode()
    value = quoted(text) if field.slot in _QUOTED else text
    return between(f'{{"custom_field_id":{name},"{field.slot}":', value, "}")
