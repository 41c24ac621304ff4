"""What a load is begun with, and the files of it that are kept with the load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path
from typing import Final, NamedTuple

from regbulk.errors import MappingError, SourceError
from regbulk.load import Load, Mode, write_private
from regbulk.mapping import Converter, Mapping, check_examples, compile_mapping, lookup_name, read_mapping
from regbulk.schema import Schema, import_schema
from regbulk.source import Source, SourceOptions, open_source

OWN_SCHEMA: Final = "own.schema.json"
MAPPING: Final = "mapping.yaml"


class Inputs(NamedTuple):
    """What a user asks for: a source, how to write it, by which key, and what it is read and checked with.

    Attributes:
        source: path, glob or address.
        mode: how records become operations.
        key: the fields of the key; None takes the first the source has.
        own_schema: a JSON Schema with rules on top of regbulk's.
        mapping: a mapping file: which column becomes which field.
        options: how the source is written, as far as it is known; they win over the mapping's `source`.
    """

    source: str
    mode: Mode = "upsert"
    key: tuple[str, ...] | None = None
    own_schema: Path | None = None
    mapping: Path | None = None
    options: SourceOptions = SourceOptions()


class Means(NamedTuple):
    """What a source is read and checked with.

    Attributes:
        schema: regbulk's rules and the user's own.
        mapping: which column becomes which field; None: columns are named like fields.
        options: how the source is written.
        content: the bytes of all files that these came from, for the hash of a load's inputs.
    """

    schema: Schema
    mapping: Mapping | None
    options: SourceOptions
    content: tuple[bytes, ...]


def means_of(inputs: Inputs) -> Means:
    """Read the schema and the mapping that are asked for; the mapping's own examples must come out as they say.

    Raises:
        SchemaError: the schema cannot be used.
        MappingError: the mapping cannot be used, or an example of it fails.
    """
    schema = import_schema(inputs.own_schema)
    mapping = _read(inputs.mapping) if inputs.mapping else None
    own = inputs.own_schema.expanduser().read_bytes() if inputs.own_schema else b""
    if mapping is None:
        return Means(schema, None, inputs.options, (own, _told(inputs.options)))
    require_examples(mapping, schema)
    options = inputs.options.over(mapping.options)
    lookups = [path.read_bytes() for _, path in sorted(mapping.lookups.items())]
    return Means(schema, mapping, options, (own, _told(options), mapping.content, *lookups))


def _read(path: Path) -> Mapping:
    # A mapping that a load kept has its lookup files beside it.
    is_kept = (path.parent.parent / "load.json").is_file()
    return read_mapping(path.expanduser(), lookups=path.parent if is_kept else None)


def _told(options: SourceOptions) -> bytes:
    return repr(astuple(options)).encode()


def converter_for(source: Source, means: Means) -> Converter:
    """What turns the columns of a source into fields.

    Raises:
        SourceError: the source or its columns have problems; all of them are told.
    """
    try:
        converter = compile_mapping(means.mapping, source.columns, means.schema, source_name=source.name)
    except SourceError as error:
        raise SourceError(source.name, [*source.problems, *error.problems]) from None
    if source.problems:
        raise SourceError(source.name, source.problems)
    return converter


def require_examples(mapping: Mapping, schema: Schema) -> None:
    """Run the examples that stand in a mapping.

    Raises:
        MappingError: some fail; all of them are told.
    """
    if failures := check_examples(mapping, schema):
        told = "".join(
            f"\n  - line {failure.line}: example {failure.number}: {failure.message}" for failure in failures
        )
        raise MappingError(f"the examples of the mapping do not come out as they say, nothing was read:{told}")


def keep(inputs: Inputs, load: Load) -> None:
    """Copy schema, mapping and its lookup files into the folder of a load, so that it goes on as it began."""
    if inputs.own_schema is not None:
        write_private(load.path / OWN_SCHEMA, inputs.own_schema.expanduser().read_bytes())
    if inputs.mapping is not None:
        mapping = _read(inputs.mapping)
        load.mapping.mkdir(mode=0o700, exist_ok=True)
        for name, path in mapping.lookups.items():
            write_private(load.mapping / lookup_name(name), path.read_bytes())
        write_private(load.mapping / MAPPING, mapping.content)


def kept(load: Load) -> Means:
    """Schema and mapping of a load, as they were when it began."""
    own, mapping = load.path / OWN_SCHEMA, load.mapping / MAPPING
    return Means(
        import_schema(own if own.is_file() else None),
        read_mapping(mapping, lookups=load.mapping) if mapping.is_file() else None,
        load.manifest.options,
        (),
    )


def asked_like(inputs: Inputs, load: Load) -> Inputs:
    """Inputs for returned rejects of a load: what they leave open is what that load began with."""
    own, mapping = load.path / OWN_SCHEMA, load.mapping / MAPPING
    return inputs._replace(
        mode=load.manifest.mode,
        key=inputs.key or load.manifest.key,
        own_schema=inputs.own_schema or (own if own.is_file() else None),
        mapping=inputs.mapping or (mapping if mapping.is_file() else None),
    )


def open_inputs(inputs: Inputs, means: Means, first: Load | None) -> Source:
    """Open the source; returned rejects too few to tell their encoding by have that of the load that wrote them.

    Raises:
        SourceError: it cannot be read, or how it is written cannot be told.
    """
    try:
        return open_source(inputs.source, means.options)
    except SourceError:
        if first is None or means.options.encoding is not None or first.manifest.options.encoding is None:
            raise
        return open_source(inputs.source, replace(means.options, encoding=first.manifest.options.encoding))


def fingerprint_parts(fingerprint: str, means: Means, *, mode: str, key: Sequence[str]) -> list[bytes]:
    """Everything that decides what a load will do, for `load.inputs_hash`."""
    return [fingerprint.encode(), *means.content, mode.encode(), ",".join(key).encode()]
