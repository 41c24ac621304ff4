"""A place in a schema file, so that an error can say where."""

from __future__ import annotations

from typing import NamedTuple

from regbulk.errors import SchemaError


class Place(NamedTuple):
    """A file and a JSON pointer (RFC 6901) into it; what a `$ref` points to counts as standing at the `$ref`."""

    file: str
    pointer: str = ""

    def at(self, *parts: str) -> Place:
        """A place further in."""
        steps = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)
        return Place(self.file, self.pointer + steps)

    def refuses(self, keyword: str, why: str) -> SchemaError:
        """The error for a keyword at this place."""
        return SchemaError(f"{self.file}#{self.at(keyword).pointer}: keyword {keyword!r}: {why}")
