"""The key of a load: the fields that tie a record to the registration it stands for.

One key per load (decision 5 of the design): what `--key` says, else the first of `id`, `sys_external_id`,
`event_id` + `contact_id` that the source has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from regbulk import rejects
from regbulk.errors import SettingsError
from regbulk.source.contract import LINE_NO, RECORD_NO

KEY: Final = "_key"
CHOICES: Final = (("id",), ("sys_external_id",), ("event_id", "contact_id"))
_SEPARATOR: Final = "\x1f"


def named_key(text: str | None) -> tuple[str, ...] | None:
    """The fields of a key as a person writes them (`event_id,contact_id`); None where none is named."""
    return tuple(name.strip() for name in text.split(",")) if text else None


def choose_key(columns: Sequence[str], asked: Sequence[str] | None = None) -> tuple[str, ...]:
    """The key of a source with these columns.

    Raises:
        SettingsError: the key asked for is none of the choices, or the source lacks the columns a key needs.
    """
    shown = "; ".join(",".join(choice) for choice in CHOICES)
    if asked and tuple(asked) not in CHOICES:
        raise SettingsError(f"--key {','.join(asked)}: found no such key, expected one of: {shown}")
    possible = [choice for choice in ([tuple(asked)] if asked else CHOICES) if set(choice) <= set(columns)]
    for choice in possible:
        if set(must_have(choice)) <= set(columns):
            return choice
    if possible:
        raise SettingsError(f"key {','.join(possible[0])} also needs the columns {', '.join(must_have(possible[0]))}")
    wanted = ",".join(asked) if asked else shown
    raise SettingsError(f"the source has no key: none of its columns is {wanted}; add one, or choose with --key")


def must_have(key: Sequence[str]) -> tuple[str, ...]:
    """The fields that must not be empty in any record.

    `sys_external_id` cannot be searched (API document), so the target is read by event and the event must be known.
    """
    return ("sys_external_id", "event_id") if tuple(key) == ("sys_external_id",) else tuple(key)


def key_text(key: Sequence[str]) -> pl.Expr:
    """The key of each record as one text, null where a part is missing."""
    return pl.concat_str([pl.col(name) for name in key], separator=_SEPARATOR).alias(KEY)


def missing(records: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """A `missing-value` reject for each empty key field of each record."""
    frames = [
        records.filter(pl.col(name).is_null()).select(
            record_no=RECORD_NO,
            line_no=LINE_NO,
            field=pl.lit(name),
            code=pl.lit("missing-value"),
            message=pl.lit(f"found nothing, expected a value: {_why(name, key)}"),
            value=pl.lit(None, pl.String),
        )
        for name in must_have(key)
    ]
    return rejects.merge(*frames)


def _why(name: str, key: Sequence[str]) -> str:
    if name in key:
        return f"{name} belongs to the key {','.join(key)} of this load"
    return f"a registration can be looked for by {','.join(key)} only within its {name}"


def duplicates(keys: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """A `duplicate-key` reject for each record whose key another record has too.

    Args:
        keys: columns `record_no`, `line_no` and `_key` (text) of records that may share a key.
        key: the fields of the key, for the message.
    """
    shared = keys.filter(pl.col(KEY).is_duplicated()).with_columns(
        others=pl.col("record_no").sort().implode().over(KEY)
    )
    return shared.select(
        "record_no",
        "line_no",
        field=pl.lit(key[-1]),
        code=pl.lit("duplicate-key"),
        message=pl.format(
            "found the same {} in records {}, expected it once in the source",
            pl.lit(",".join(key)),
            pl.col("others").list.head(5).cast(pl.List(pl.String)).list.join(", "),
        ),
        value=pl.col(KEY).str.replace_all(_SEPARATOR, ",", literal=True),
    )
