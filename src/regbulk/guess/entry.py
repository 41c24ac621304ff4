"""What the draft says about one column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from regbulk.guess.reading import Setting

IGNORE: Final = "ignore"


class Choice(NamedTuple):
    """Another entry that a person may choose for a column: its settings, and what speaks for it."""

    settings: tuple[Setting, ...]
    ground: str


@dataclass(frozen=True)
class Entry:
    """One column of the source in the draft.

    Attributes:
        column: its name in the header.
        settings: where it goes and how it is read; none where nothing says where.
        is_decided: whether it is written as an entry; otherwise as a comment.
        grounds: what speaks for it, one sentence each.
        asks: what is left to decide, one sentence each.
        choices: other entries that a person may choose.
        is_held: whether the column would be read as the field of its name, though that is not decided.
    """

    column: str
    settings: tuple[Setting, ...]
    is_decided: bool
    grounds: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()
    is_held: bool = False

    @property
    def target(self) -> str | None:
        """Where the column goes, for people; None where nothing is decided."""
        if not self.is_decided:
            return None
        first = self.settings[0]
        return str(first.value["field"] if isinstance(first.value, dict) else first.value)
