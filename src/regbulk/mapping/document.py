"""A YAML file as plain values, each with its line.

Nothing in the file is executed or expanded: tags, anchors, aliases and further documents are refused. Keys are always
the text that is written, plain scalars are read by the core schema of YAML 1.2 (see `scalars`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import yaml

from regbulk.mapping.malformed import LEFT_OPEN, yaml_problems
from regbulk.mapping.problems import Place, Problem, refused
from regbulk.mapping.scalars import plain_value, written

Way: TypeAlias = tuple[str | int, ...]
"""The keys and list positions (from 0) that lead to a value."""

_LARGEST: Final = 4_000_000
_PLAIN: Final = "expected plain values; put text that begins with such a sign in quotes"


@dataclass(frozen=True)
class Document:
    """A mapping file as values.

    Attributes:
        name: the base name of the file.
        value: dicts, lists and scalars.
        lines: the line, counted from 1, of every value: of its key where it has one.
        texts: every scalar as text: as written, quotes and escapes resolved.
    """

    name: str
    value: Any
    lines: Mapping[Way, int]
    texts: Mapping[Way, str]

    def place(self, *way: str | int) -> Place:
        """Where a value stands; of one that is absent, where it would."""
        known = next(way[:steps] for steps in range(len(way), -1, -1) if way[:steps] in self.lines)
        return Place(self.lines[known], _dotted(way))

    def problem(self, text: str, *way: str | int) -> Problem:
        """Something that is wrong with the value at the end of a way."""
        return Problem(self.place(*way), text)

    def at(self, *way: str | int) -> Any:  # noqa: ANN401 - any value of a YAML file
        """The value at the end of a way; None where it does not lead that far."""
        value = self.value
        for step in way:
            if isinstance(step, str) and isinstance(value, dict):
                value = value.get(step)
            else:
                value = value[step] if isinstance(step, int) and isinstance(value, list) else None
        return value

    def keys(self, *way: str | int) -> tuple[str, ...]:
        """The keys of the object at the end of a way, in order; none where there is no object."""
        value = self.at(*way)
        return tuple(value) if isinstance(value, dict) else ()


def read_document(name: str, content: bytes) -> Document:
    """Read the bytes of a YAML file.

    Raises:
        MappingError: it is not YAML in UTF-8, asks for more than plain values, or has a key twice.
    """
    text = _decoded(name, content)
    values = _Values()
    try:
        value = values.read(yaml.parse(text, Loader=yaml.SafeLoader))
    except RecursionError:
        raise refused(name, [Problem(Place(1, ""), "found values inside values without end")]) from None
    except yaml.YAMLError as error:
        raise refused(name, [*values.problems, *yaml_problems(error, text)]) from None
    if values.problems:
        raise refused(name, values.problems)
    return Document(name, value, {(): 1, **values.lines}, values.texts)


class _Values:
    """Makes values of the events of a YAML file, and notes lines, texts and problems."""

    def __init__(self) -> None:
        self.lines: dict[Way, int] = {}
        self.texts: dict[Way, str] = {}
        self.problems: list[Problem] = []

    def read(self, events: Iterator[yaml.Event]) -> Any:  # noqa: ANN401 - any value of a YAML file
        value, documents = None, 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._refuse(event, (), "found a second document (---), expected one; keep one mapping to a file")
            elif isinstance(event, yaml.NodeEvent):
                value = self._value(event, events, ())
        return value

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], way: Way) -> Any:  # noqa: ANN401 - as above
        self._check(event, way)
        if isinstance(event, yaml.MappingStartEvent):
            return self._object(events, way)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._list(events, way)
        if not isinstance(event, yaml.ScalarEvent):
            return None
        value = event.value if event.style else plain_value(event.value)
        self.texts[way] = written(event.value, value)
        return value

    def _list(self, events: Iterator[yaml.Event], way: Way) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            inside = (*way, len(found))
            self.lines[inside] = _line(event)
            found.append(self._value(event, events, inside))
        return found

    def _object(self, events: Iterator[yaml.Event], way: Way) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self._key(event, events, way)
            inside = (*way, key)
            if key in found:
                self._refuse(event, inside, f"line {self.lines[inside]} has this key too, expected it once; keep one")
            self.lines[inside] = _line(event)
            found[key] = self._value(next(events), events, inside)
        return found

    def _key(self, event: yaml.Event, events: Iterator[yaml.Event], way: Way) -> str:
        """A key as it is written."""
        if isinstance(event, yaml.ScalarEvent):
            self._check(event, (*way, event.value))
            if not event.value and not event.style and _is_question(event):
                self._refuse(event, way, LEFT_OPEN)
            return event.value
        self._refuse(event, way, "found no text as a key, expected a name")
        self._value(event, events, (*way, "?"))
        return "?"

    def _check(self, event: yaml.Event, way: Way) -> None:
        if getattr(event, "tag", None) is not None:
            self._refuse(event, way, f"found a tag (!…), {_PLAIN}")
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, way, f"found an alias (*…), {_PLAIN}")
        elif isinstance(event, yaml.NodeEvent) and event.anchor is not None:
            self._refuse(event, way, f"found an anchor (&…), {_PLAIN}")

    def _refuse(self, event: yaml.Event, way: Way, text: str) -> None:
        self.problems.append(Problem(Place(_line(event), _dotted(way)), text))


def _decoded(name: str, content: bytes) -> str:
    if len(content) > _LARGEST:
        told = f"found {len(content):,} bytes, expected at most {_LARGEST:,}; put long tables of values into a lookup"
        raise refused(name, [Problem(Place(1, ""), told)])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        told = f"found byte 0x{content[error.start]:02X}, expected UTF-8; save the file as UTF-8"
        raise refused(name, [Problem(Place(line, ""), told)]) from None


def _is_question(event: yaml.ScalarEvent) -> bool:
    """Whether a key is empty because nothing stands behind a question mark."""
    mark = event.start_mark
    return mark is not None and mark.buffer is not None and mark.buffer[: mark.pointer].endswith("?")


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _dotted(way: Way) -> str:
    steps = (f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in way)
    return "".join(steps).removeprefix(".")
