"""What a load is begun with: a source, and what it is read and checked with."""

from __future__ import annotations

from collections.abc import Mapping as Files
from dataclasses import astuple
from pathlib import Path
from typing import Final, NamedTuple

from regbulk.errors import LoadError, MappingError
from regbulk.load import Load, Mode
from regbulk.mapping import Converter, Mapping, check_examples, compile_mapping, lookup_name, read_mapping
from regbulk.schema import Schema, import_schema
from regbulk.source import Source, SourceOptions

OWN_SCHEMA: Final = "own.schema.json"
MAPPING: Final = "mapping/mapping.yaml"


class Inputs(NamedTuple):
    """What a user asks for: a source, how to write it, by which key, and what it is read and checked with.

    Attributes:
        source: path, glob or address.
        mode: how records become operations; None: upsert, or that of the load whose rejects the source is.
        key: the fields of the key; None takes the first the source has.
        own_schema: a JSON Schema with rules on top of regbulk's.
        mapping: a mapping file: which column becomes which field.
        options: how the source is written, as far as it is known; they win over the mapping's `source`.
    """

    source: str
    mode: Mode | None = None
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
        files: the bytes of all files that these came from, by the names under which a load keeps them.
    """

    schema: Schema
    mapping: Mapping | None
    options: SourceOptions
    files: Files[str, bytes]


def means_of(inputs: Inputs) -> Means:
    """Read the schema and the mapping that are asked for; the mapping's own examples must come out as they say.

    Raises:
        SchemaError: the schema cannot be used.
        MappingError: the mapping cannot be used, or an example of it fails.
    """
    schema = import_schema(inputs.own_schema)
    files = {OWN_SCHEMA: inputs.own_schema.expanduser().read_bytes()} if inputs.own_schema else {}
    if inputs.mapping is None:
        return Means(schema, None, inputs.options, files)
    mapping = _read(inputs.mapping)
    require_examples(mapping, schema)
    files[MAPPING] = mapping.content
    files |= {_lookup_file(name): path.read_bytes() for name, path in sorted(mapping.lookups.items())}
    return Means(schema, mapping, inputs.options.over(mapping.options), files)


def _lookup_file(as_written: str) -> str:
    return str(Path(MAPPING).with_name(lookup_name(as_written)))


def _read(path: Path) -> Mapping:
    # A mapping that a load kept has its lookup files beside it.
    is_kept = (path.parent.parent / "load.json").is_file()
    return read_mapping(path.expanduser(), lookups=path.parent if is_kept else None)


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


def converter_for(source: Source, means: Means) -> Converter:
    """What turns the columns of a source into fields.

    Raises:
        SourceError: the source or its columns have problems; all of them are told.
    """
    return compile_mapping(
        means.mapping, source.columns, means.schema, source_name=source.name, problems=source.problems
    )


def anchor_of(converter: Converter) -> str | None:
    """What holds the legacy key by which records refer to each other (see `load.Manifest`)."""
    if not converter.references:
        return None
    to = converter.references[0].to
    plan = converter.plans.get(to)
    return to if plan is None else plan.field or f"column:{to}"


def kept(load: Load) -> Means:
    """Schema and mapping of a load, as they were when it began.

    Raises:
        LoadError: a file that it kept is gone.
    """
    if gone := [name for name in load.manifest.files if not (load.path / name).is_file()]:
        raise LoadError(f"load {load.id}: {', '.join(gone)} is gone from its folder; begin a new load")
    own, mapping = _kept_files(load)
    return Means(import_schema(own), _read(mapping) if mapping else None, load.manifest.options, {})


def asked_like(inputs: Inputs, load: Load) -> Inputs:
    """Inputs for returned rejects of a load: what they leave open is what that load began with."""
    own, mapping = _kept_files(load)
    return inputs._replace(
        mode=inputs.mode or load.manifest.mode,
        key=inputs.key or load.manifest.key,
        own_schema=inputs.own_schema or own,
        mapping=inputs.mapping or mapping,
    )


def _kept_files(load: Load) -> tuple[Path | None, Path | None]:
    own, mapping = (load.path / name if name in load.manifest.files else None for name in (OWN_SCHEMA, MAPPING))
    return own, mapping


def hashed_parts(fingerprint: str, means: Means, *, mode: str, key: tuple[str, ...]) -> list[bytes]:
    """Everything that decides what a load will do, for `load.inputs_hash`."""
    told = repr(astuple(means.options))
    named = [part for name, content in means.files.items() for part in (name.encode(), content)]
    return [fingerprint.encode(), told.encode(), mode.encode(), ",".join(key).encode(), *named]
