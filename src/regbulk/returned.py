"""Opening a source, and knowing it for the rejects of an earlier load where it is.

Returned rejects may have been saved in another encoding or by another program, so how they are written is found out
anew; where it cannot be told, they are as the load that refused them found its source.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from regbulk.errors import SourceError
from regbulk.inputs import Inputs, Means, asked_like, means_of
from regbulk.load import Load, Mode, find_load
from regbulk.source import Source, open_source
from regbulk.source.contract import OWN_COLUMNS
from regbulk.source.location import beginning

_HEADER: Final = re.compile(
    rb"(?P<mark>.)" + rb'"?(?P=mark)"?'.join(name.encode() for name in OWN_COLUMNS) + rb'"?[\r\n]', re.DOTALL
)
_ID: Final = rb"([0-9]{8}T[0-9]{6}Z-[0-9a-f]{12})"


class Opened(NamedTuple):
    """A source, ready to be read.

    Attributes:
        source: the source.
        means: what it is read and checked with.
        mode: how its records become operations.
        key: the key asked for, or None.
        first: the load whose rejects it is; None for any other source.
    """

    source: Source
    means: Means
    mode: Mode
    key: tuple[str, ...] | None
    first: Load | None


def open_inputs(inputs: Inputs, workspace: Path, *, api_url: str | None = None, tenant: str | None = None) -> Opened:
    """Open what is asked for; rejects that come back are read with what the load that refused them began with.

    Args:
        inputs: what is asked for.
        workspace: where that load may lie.
        api_url: where the records go; rejects of a load that went elsewhere are a source like any other. None: nowhere.
        tenant: the same for the tenant.

    Raises:
        SourceError: the source cannot be read, or how it is written cannot be told.
        SchemaError: the schema cannot be used.
        MappingError: the mapping cannot be used, or an example of it fails.
    """

    def load_of(load_id: str | None) -> Load | None:
        load = find_load(workspace, load_id) if load_id else None
        if load is None or (api_url, tenant) == (None, None):
            return load
        return load if (load.manifest.api_url, load.manifest.tenant) == (api_url, tenant) else None

    first = load_of(_returned_from(beginning(inputs.source)))
    if first is None:
        means = means_of(inputs)
        source = open_source(inputs.source, means.options)
        first = load_of(source.returned_from)
        if first is None:
            return Opened(source, means, inputs.mode or "upsert", inputs.key, None)
    inputs = asked_like(inputs, first)
    means = means_of(inputs)
    source = _open_returned(inputs, means, first)
    means = means._replace(options=source.as_read)
    return Opened(source, means, inputs.mode or "upsert", inputs.key, first)


def _returned_from(start: bytes) -> str | None:
    """The load that the first bytes of a CSV file of returned rejects name, in any encoding that has ASCII in it."""
    text = start.replace(b"\0", b"")
    header = _HEADER.search(text)
    if header is None:
        return None
    mark = re.escape(header["mark"]) if header["mark"] != b'"' else rb"."
    cells = rb'"?' + mark + rb'"?'
    found = re.search(cells + _ID + cells + rb"[0-9]+" + cells, text[header.end() :])
    return found[1].decode() if found else None


def _open_returned(inputs: Inputs, means: Means, first: Load) -> Source:
    rows = {"blank_rows": means.options.blank_rows, "footer": means.options.footer}
    options = replace(inputs.options, **rows)
    try:
        source = open_source(inputs.source, options)
        if source.returned_from == first.id:
            return source
    except SourceError:
        if first.manifest.options.encoding is None:
            raise
    signs = replace(first.manifest.options, sheet=None, **rows)
    return open_source(inputs.source, inputs.options.over(signs))
