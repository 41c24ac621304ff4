"""Where records come from: CSV, workbooks and Parquet behind one contract, every value as text.

The names are imported when they are first used: the command line knows a source's options without loading its readers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from regbulk.source.contract import Block, Source
    from regbulk.source.header import header_problems
    from regbulk.source.location import open_source
    from regbulk.source.options import SourceOptions

__all__ = ["Block", "Source", "SourceOptions", "header_problems", "open_source"]

_ROOMS: Final = {
    "Block": "contract",
    "Source": "contract",
    "SourceOptions": "options",
    "header_problems": "header",
    "open_source": "location",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the room exports under that name
    if name not in _ROOMS:
        raise AttributeError(f"module 'regbulk.source' has no attribute {name!r}")
    return getattr(import_module(f"regbulk.source.{_ROOMS[name]}"), name)
