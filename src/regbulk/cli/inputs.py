"""The options of every command that reads a source, written down once.

Typer reads options from a function's signature, so the decorator below gives a command their parameters and hands it
what they make: its `inputs`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from regbulk.cli import options
from regbulk.source.options import SourceOptions

_SOURCE: Final = Annotated[
    str, typer.Argument(metavar="SOURCE", help="CSV, Excel (.xlsx) or Parquet: a path, a glob, or a URL.")
]
_READING: Final[dict[str, tuple[Any, Any]]] = {
    "encoding": (options.Encoding, None),
    "delimiter": (options.Delimiter, None),
    "quote": (options.Quote, None),
    "escape": (options.Escape, None),
    "sheet": (options.Sheet, None),
    "blank_rows": (options.BlankRows, None),
    "footer": (options.Footer, None),
}
_WRITING: Final[dict[str, tuple[Any, Any]]] = {
    "mode": (options.Mode, None),
    "key": (options.Key, None),
    "schema": (options.Rules, None),
    "mapping": (options.MappingFile, None),
}


def asks_for_inputs(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the source and all options about it, in place of its first parameter, `inputs`."""

    @wraps(command)
    def called(source: str, **given: Any) -> None:  # noqa: ANN401 - options of many types
        from regbulk.inputs import Inputs
        from regbulk.keys import named_key

        reading = SourceOptions(**{name: given.pop(name) for name in _READING})
        mode, key, *files = (given.pop(name) for name in _WRITING)
        schema, mapping = (Path(file) if file else None for file in files)
        command(Inputs(source, mode, named_key(key), schema, mapping, reading), **given)

    return _signed(called, command, _WRITING | _READING)


def asks_for_source(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the source and how it is written, in place of its first two parameters."""

    @wraps(command)
    def called(source: str, **given: Any) -> None:  # noqa: ANN401 - options of many types
        command(source, SourceOptions(**{name: given.pop(name) for name in _READING}), **given)

    return _signed(called, command, _READING)


def _signed(
    called: Callable[..., None], command: Callable[..., None], more: dict[str, tuple[Any, Any]]
) -> Callable[..., None]:
    """Let Typer see the parameters: the source, the options about it, then the command's own."""
    named = inspect.Parameter.KEYWORD_ONLY
    about = [inspect.Parameter("source", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=_SOURCE)]
    about += [inspect.Parameter(name, named, default=value, annotation=kind) for name, (kind, value) in more.items()]
    own = inspect.signature(command, eval_str=True, globals={**command.__globals__, "Inputs": Any})
    about += [parameter for parameter in own.parameters.values() if parameter.kind is named]
    # A function's own signature may be set (PEP 362), which its type does not say.
    called.__dict__["__signature__"] = inspect.Signature(about)
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in about}
    return called
