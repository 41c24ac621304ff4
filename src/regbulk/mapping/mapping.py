"""A mapping file as values: which column of a source becomes which field, and how text becomes a value."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

import polars as pl

from regbulk.source.options import SourceOptions

Slot: TypeAlias = Literal[
    "string_value", "numeric_value", "boolean_value", "file_url_value", "list_value", "table_value"
]
SLOTS: Final[tuple[str, ...]] = get_args(Slot)
"""The members of a custom field value that can hold it (API document)."""


class ToField(NamedTuple):
    """A column becomes a field, or a member of one (`badge.first_name`)."""

    name: str


class ToCustomField(NamedTuple):
    """A column becomes one of the custom field values."""

    id: str
    slot: Slot


class ToReference(NamedTuple):
    """A column names another record: `to` is the column, or the field, that holds the key by which it does."""

    field: str
    to: str


Target: TypeAlias = ToField | ToCustomField | ToReference


class NumberFormat(NamedTuple):
    """How numbers are written; empty `thousands`: without a mark between groups of digits."""

    decimal: str = "."
    thousands: str = ""


class Lookup(NamedTuple):
    """A table that says what texts mean: `file` as the mapping writes it, and two of its columns."""

    file: str
    key: str
    value: str


class Split(NamedTuple):
    """A cell of several values; with `member` they become objects, without it texts."""

    separator: str
    member: str | None


@dataclass(frozen=True)
class Reading:
    """How the text of a column becomes a value, with what holds for all columns; None and () ask for nothing.

    Attributes:
        trim: take spaces and invisible characters off both ends.
        empty: whole cells that mean no value.
        clear: whole cells that ask to clear the field.
        pad: fill text of digits up with zeros to this many characters; False: it lost none, whatever its length.
        split: the cell holds several values.
        lookup: what a text means says a table.
        values: what a text means, as text; None: no value.
        number: how numbers are written.
        strip: what is taken off both ends before a number is read.
        dates: formats of dates, tried in order.
        time_zone: the zone of dates that carry none.
        years_from: the first of the hundred years that two digits stand for.
    """

    trim: bool = True
    empty: tuple[str, ...] = ()
    clear: tuple[str, ...] = ()
    pad: int | Literal[False] | None = None
    split: Split | None = None
    lookup: Lookup | None = None
    values: abc.Mapping[str, str | None] | None = None
    number: NumberFormat | None = None
    strip: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    time_zone: str | None = None
    years_from: int | None = None


@dataclass(frozen=True)
class Column:
    """A column of the source that a mapping names.

    Attributes:
        name: as the mapping writes it.
        line: where it does, counted from 1.
        target: where it goes; None: nowhere by itself.
        ignored: whether nobody reads it.
        reading: how its text becomes a value.
    """

    name: str
    line: int
    target: Target | None
    ignored: bool
    reading: Reading


class Constant(NamedTuple):
    """A field that has the same text in every record."""

    field: str
    text: str


class Join(NamedTuple):
    """A field whose text is put together from several columns; `line` is where the mapping says so, from 1."""

    field: str
    columns: tuple[str, ...]
    separator: str
    line: int


class Example(NamedTuple):
    """A row and what must come of it.

    Attributes:
        number: its place among the examples, counted from 1.
        line: where it stands, counted from 1.
        row: cells by column; None is an empty one.
        record: values by field, as JSON values; None: no value.
        rejects: the broken rules, each as `code field`.
    """

    number: int
    line: int
    row: abc.Mapping[str, str | None]
    record: abc.Mapping[str, Any]
    rejects: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Mapping:
    """A mapping file that has been read and checked.

    Attributes:
        name: the base name of the file.
        content: its bytes.
        options: how the source is to be read.
        columns: the columns it names, in its order.
        constants: fields with one value.
        joins: fields of several columns.
        unnamed: how columns are read that `columns` does not name.
        examples: its tests.
        lookups: the files of its lookups by the path that the mapping writes.
        tables: what each lookup says: columns `key` and `value`, every key once.
    """

    name: str
    content: bytes
    options: SourceOptions
    columns: tuple[Column, ...] = ()
    constants: tuple[Constant, ...] = ()
    joins: tuple[Join, ...] = ()
    unnamed: Reading = Reading()
    examples: tuple[Example, ...] = ()
    lookups: abc.Mapping[str, Path] = field(default_factory=dict)
    tables: abc.Mapping[Lookup, pl.DataFrame] = field(default_factory=dict)
