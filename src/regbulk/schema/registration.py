"""The schemas regbulk works with."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from regbulk.schema.documents import IMPORT, REGISTRATION, packaged, read
from regbulk.schema.fields import Schema, fields_of
from regbulk.schema.rules import compile_rules


@cache
def registration_schema() -> Schema:
    """The record as the API returns it: all 78 fields, rules for lenient reading (only `id` is certain)."""
    document = packaged(REGISTRATION)
    return Schema(fields_of(document), (document,))


def import_schema(own: Path | None = None) -> Schema:
    """The same fields with the rules for a source's rows.

    Args:
        own: a schema file of the user's whose rules apply on top of regbulk's.

    Raises:
        SchemaError: the file cannot be read, or asks for something that cannot be checked; its rules are compiled
            once here, so that this is known before a record is read.
    """
    documents = (packaged(IMPORT),) if own is None else (packaged(IMPORT), read(own))
    schema = Schema(registration_schema().fields, documents)
    compile_rules(schema, tuple(schema.fields))
    return schema
