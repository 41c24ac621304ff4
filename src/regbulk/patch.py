"""patch: RFC 6902 documents, column by column.

A column of the source is compared with the column of the target; only what differs becomes an operation. Arrays and
JSON cells are replaced whole, dotted columns go into their object, custom field values are merged by `custom_field_id`,
each guarded by a `test` (decision 9 of the design), because an array can only be patched by index (API document).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jsonpatch
import orjson
import polars as pl

from regbulk import target
from regbulk.encode import leaves, object_json, string_json, value_json
from regbulk.schema import Kind, Schema, canonical
from regbulk.source.contract import CLEARS

MERGED: Final = "custom_field_values"
_ELEMENT_ID: Final = "custom_field_id"
_ABSENT: Final = object()


def operations(pairs: pl.DataFrame, columns: Sequence[str], schema: Schema) -> pl.Series:
    """The operations that turn each target row into what its source row says, as JSON texts joined by commas.

    Args:
        pairs: source columns beside the snapshot's columns (see `target.snapshot_schema`), one row per record.
        columns: the source columns to compare, `id` not among them.
        schema: gives each column's kind.

    Returns:
        One text per row, empty where nothing differs.
    """
    nested = {name: _nested(pairs, name) for name in columns if schema.field(name).kind in {Kind.OBJECT, Kind.ARRAY}}
    groups = leaves(columns)
    parts = []
    for name in columns:
        if name in nested:
            parts.append(pl.lit(nested[name]))
        elif "." not in name:
            parts.append(_scalar(name, schema.field(name).kind))
        elif name == groups[name.partition(".")[0]][0]:
            parts += _members(name.partition(".")[0], groups[name.partition(".")[0]], schema)
    parts += [_removal(name) for name in columns if "." not in name]
    return pairs.select(operations=pl.concat_str(parts, separator=",", ignore_nulls=True))["operations"]


def put(field: str, value: pl.Expr) -> pl.Expr:
    """An operation that sets a member whether it is there or not (`add` replaces, RFC 6902 section 4.1)."""
    return _operation("add", f"/{field}", value)


def _operation(verb: str | pl.Expr, path: str, value: pl.Expr) -> pl.Expr:
    verb = pl.lit(verb) if isinstance(verb, str) else verb
    return pl.concat_str(pl.lit('{"op":"'), verb, pl.lit(f'","path":{json.dumps(path)},"value":'), value, pl.lit("}"))


def _scalar(name: str, kind: Kind) -> pl.Expr:
    wanted, found = pl.col(name), pl.col(target.column(name))
    verb = pl.when(found.is_null()).then(pl.lit("add")).otherwise(pl.lit("replace"))
    change = _operation(verb, f"/{name}", value_json(wanted, kind))
    return pl.when(wanted.is_not_null() & wanted.ne_missing(found)).then(change)


def _removal(name: str) -> pl.Expr:
    asked = pl.col(CLEARS).list.contains(name) & pl.col(target.column(name)).is_not_null()
    return pl.when(asked).then(pl.lit(f'{{"op":"remove","path":"/{name}"}}'))


def _members(parent: str, columns: Sequence[str], schema: Schema) -> list[pl.Expr]:
    """Operations for dotted columns: one that adds the object where there is none, else one per member."""
    holder = pl.col(target.column(parent))
    values = {name.partition(".")[2]: value_json(pl.col(name), schema.field(name).kind) for name in columns}
    some = pl.any_horizontal(pl.col(name).is_not_null() for name in columns)
    is_object = holder.str.starts_with("{").fill_null(value=False)
    whole = pl.when(~is_object & some).then(_operation("add", f"/{parent}", object_json(values)))
    parts: list[pl.Expr] = [whole]
    for name in columns:
        member, kind = name.partition(".")[2], schema.field(name).kind
        inside = holder.str.json_path_match(f"$.{member}")
        found = pl.coalesce(canonical(inside, kind), inside) if kind in {Kind.NUMBER, Kind.DATETIME} else inside
        verb = pl.when(found.is_null()).then(pl.lit("add")).otherwise(pl.lit("replace"))
        change = _operation(verb, f"/{parent}/{member}", values[member])
        wanted = pl.col(name)
        parts.append(pl.when(is_object & wanted.is_not_null() & wanted.ne_missing(found)).then(change))
        asked = pl.col(CLEARS).list.contains(name) & found.is_not_null()
        parts.append(pl.when(asked).then(pl.lit(f'{{"op":"remove","path":"/{parent}/{member}"}}')))
    return parts


def _nested(pairs: pl.DataFrame, name: str) -> pl.Series:
    """Operations for a column of JSON cells; only cells whose text differs from the target's are parsed."""
    wanted, found = pairs[name], pairs[target.column(name)]
    rows = (wanted.is_not_null() & wanted.ne_missing(found)).arg_true()
    texts = [_cell_operations(name, new, old) for new, old in zip(wanted.gather(rows), found.gather(rows), strict=True)]
    result = pl.Series(name, [None], dtype=pl.String).new_from_index(0, pairs.height)
    return result.scatter(rows, pl.Series(texts, dtype=pl.String))


def _cell_operations(name: str, wanted: str, found: str | None) -> str | None:
    if found is None:
        return f'{{"op":"add","path":"/{name}","value":{wanted}}}'
    new, old = orjson.loads(wanted), parsed(found)
    if same_value(new, old):
        return None
    if name == MERGED and isinstance(old, list):
        merged = merge_custom_fields(new, old)
        return ",".join(orjson.dumps(operation).decode() for operation in merged) or None
    return f'{{"op":"replace","path":"/{name}","value":{wanted}}}'


def parsed(text: str) -> object:
    """A target's value from its text; a text that is not JSON is a string that stood where JSON was expected."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def merge_custom_fields(wanted: Sequence[Mapping[str, Any]], found: Sequence[Any]) -> list[dict[str, Any]]:
    """Operations that bring the wanted values in, leaving all others alone.

    A value is found by its `custom_field_id`; its members that the source does not name are kept. Each change by index
    is preceded by a `test` of the id at that index, so a moved element makes the whole patch fail.
    """
    places = {
        element[_ELEMENT_ID]: index
        for index, element in reversed(list(enumerate(found)))
        if isinstance(element, dict) and _ELEMENT_ID in element
    }
    result: list[dict[str, Any]] = []
    for element in wanted:
        index = places.get(element[_ELEMENT_ID])
        if index is None:
            result.append({"op": "add", "path": f"/{MERGED}/-", "value": element})
        elif not same_value({**found[index], **element}, found[index]):
            path = f"/{MERGED}/{index}"
            result.append({"op": "test", "path": f"{path}/{_ELEMENT_ID}", "value": element[_ELEMENT_ID]})
            result.append({"op": "replace", "path": path, "value": {**found[index], **element}})
    return result


def same_value(one: object, other: object) -> bool:
    """Whether two JSON values are equal as JSON: member order is free, 1 equals 1.0, true does not equal 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_value(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_value, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def stamp_operations(stamps: Sequence[str], extra: Mapping[str, pl.Expr]) -> pl.Expr:
    """Operations that write the stamps: columns of that name, and further fields given as text."""
    numbers = {"sys_bulk_load_record_no"}
    columns = [put(name, pl.col(name) if name in numbers else string_json(pl.col(name))) for name in stamps]
    further = [put(name, string_json(text)) for name, text in extra.items()]
    return pl.concat_str([*columns, *further], separator=",", ignore_nulls=True)


def appends(document: str) -> bool:
    """Whether a patch adds to the end of an array: such a patch has another effect the second time."""
    return any(operation["op"] == "add" and operation["path"].endswith("/-") for operation in orjson.loads(document))


def applies(document: str, found: Mapping[str, Any]) -> bool:
    """Whether a patch can be applied to a registration: every `test` holds and every place that it names is there."""
    try:
        jsonpatch.apply_patch(found, orjson.loads(document))
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException):
        return False
    return True


def in_effect(document: str, found: Mapping[str, Any]) -> bool:
    """Whether a registration shows everything that a patch sets, adds and removes, at the place that it names."""
    return all(_shows(operation, found) for operation in orjson.loads(document))


def _shows(operation: Mapping[str, Any], found: Mapping[str, Any]) -> bool:
    verb, path = operation["op"], operation["path"]
    if verb == "test":
        return True
    ending = path.endswith("/-")
    held = jsonpatch.JsonPointer(path.removesuffix("/-")).resolve(found, _ABSENT)
    if verb == "remove":
        return held is _ABSENT
    if ending:
        return isinstance(held, list) and any(same_value(operation["value"], element) for element in held)
    return held is not _ABSENT and same_value(held, operation["value"])
