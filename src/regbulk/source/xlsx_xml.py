"""XML of a workbook, parsed as it streams by and without the declarations that could make it grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Final
from xml.parsers import expat

from regbulk.errors import SourceError

NAMESPACE: Final = " "
"""Stands between the namespace of an element and its name."""
_PIECE: Final = 65_536


class _Begun(Exception):  # noqa: N818 - the end of a search, not an error
    """The first element was reached."""


def parser(name: str) -> expat.XMLParserType:
    """A parser that gives whole runs of text and refuses entities; the source's `name` is for the message.

    Its handlers are set by who uses it. A document type declaration is the only place where entities can be declared,
    and no workbook has one.
    """
    made = expat.ParserCreate(namespace_separator=NAMESPACE)
    made.buffer_text = True
    made.buffer_size = _PIECE
    made.StartDoctypeDeclHandler = _refusal(name)
    return made


def fed(xml: expat.XMLParserType, stream: IO[bytes], size: int = _PIECE) -> Iterator[None]:
    """Feed a parser piece by piece, with a pause after each."""
    while piece := stream.read(size):
        xml.Parse(piece, False)  # noqa: FBT003 - a positional flag of the C function
        yield
    xml.Parse(b"", True)  # noqa: FBT003
    yield


def refuse_declarations(name: str, stream: IO[bytes]) -> None:
    """Look at what stands before the first element, in whatever encoding.

    Raises:
        SourceError: there is a document type declaration.
    """
    xml = parser(name)
    xml.StartElementHandler = _stop
    try:
        for _ in fed(xml, stream):
            pass
    except _Begun:
        return


def _stop(_tag: str, _attributes: dict[str, str]) -> None:
    raise _Begun


def _refusal(name: str) -> Callable[..., None]:
    def refuse(*_declaration: object) -> None:
        problem = "the workbook declares XML entities, which Excel never writes; open it in Excel and save it again"
        raise SourceError(name, [problem])

    return refuse
