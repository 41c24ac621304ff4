"""A draft as YAML: decisions as entries, questions as comments that become entries without the sign before them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from textwrap import wrap
from typing import Final

from regbulk.guess.draft import Draft, Missing
from regbulk.guess.entry import Choice, Entry
from regbulk.guess.reading import Setting, Word, number_of
from regbulk.guess.yaml_text import LONGEST_KEY, comment, flow, text
from regbulk.source.options import SourceOptions

_WIDTH: Final = 116


def written(draft: Draft) -> str:
    """The text of the mapping file."""
    parts = [_head(draft), _source(draft), _defaults(draft), _columns(draft), _joins(draft), _constants(draft.missing)]
    return "\n".join("".join(f"{line}\n" for line in part) for part in map(list, parts) if part)


def _head(draft: Draft) -> Iterator[str]:
    yield from _said(f"Draft of a mapping for {draft.source}, made by `regbulk guess` from {_counts(draft)}.")
    yield from _said(
        "What stands here without # was decided on whole columns; the ground stands above or behind it. What stands "
        "behind a # is for you to decide: take the # away where it is right, and write something in place of each ?."
    )
    if draft.decisions:
        yield "#"
        yield "# How the source is written:"
        for decision in draft.decisions:
            yield from _said(f"- {decision}")


def _counts(draft: Draft) -> str:
    told = number_of(draft.records, "record")
    if draft.faults:
        faults = ", ".join(f"{code} {count:,}" for code, count in sorted(draft.faults.items()))
        told += f" ({sum(draft.faults.values()):,} of them cannot be read: {faults})"
    if draft.skipped.blank_rows:
        told += f", {number_of(draft.skipped.blank_rows, 'row')} without any value passed over"
    if draft.skipped.footers:
        told += f", {number_of(draft.skipped.footers, 'line')} at the end passed over"
    return told


def _source(draft: Draft) -> Iterator[str]:
    standard = SourceOptions()
    said = {
        option.name: value
        for option in fields(SourceOptions)
        if (value := getattr(draft.options, option.name)) != getattr(standard, option.name)
    }
    footers = draft.faults.get("footer-row", 0)
    if said or footers:
        yield "source:" if said else "# source:"
    for name, value in said.items():
        yield f"  {name}: {text(value, quoted=True)}"
    if footers:
        yield f"  # footer: skip   # {number_of(footers, 'line')} at the end, to sum the file up"


def _defaults(draft: Draft) -> Iterator[str]:
    if draft.lacks_zone:
        columns = ", ".join(text(column) for column in draft.lacks_zone)
        yield from _said(f"Times without a zone are rejected until one is given: {columns}.")
        yield "# defaults:"
        yield "#   time_zone: ?   # an IANA name, like Europe/Berlin"


def _columns(draft: Draft) -> Iterator[str]:
    written_out = any(entry.is_decided or entry.is_held for entry in draft.entries)
    yield "columns:" if written_out else "columns:   # nothing is decided yet"
    for number, entry in enumerate(draft.entries):
        if number:
            yield ""
        yield from (f"  {line}" for line in _entry(entry))


def _entry(entry: Entry) -> Iterator[str]:
    for ground in entry.grounds:
        yield from _said(ground)
    for ask in entry.asks:
        yield from _said(f"To decide: {ask}")
    if entry.is_held:
        # Without an entry the column would be read as the field of its name; one that goes nowhere is refused.
        yield from _keyed(entry.column, "{trim: true}   # goes nowhere until you decide; then take this line away")
    if entry.settings:
        mark = "" if entry.is_decided else "# "
        yield from (f"{mark}{line}" for line in _settled(entry))
    yield from (f"# {line}" for choice in entry.choices for line in _choice(entry.column, choice))


def _settled(entry: Entry) -> Iterator[str]:
    """An entry with each of its settings on a line of its own, or all of it on one line where it says only where."""
    first = entry.settings[0]
    if len(entry.settings) == 1 and isinstance(first.value, str) and first.key in {"", "field"}:
        yield from _keyed(entry.column, text(first.value))
        return
    inside = [line for setting in entry.settings for line in _setting(setting, decided=entry.is_decided)]
    if len(text(entry.column)) <= LONGEST_KEY:
        yield f"{text(entry.column)}:"
        yield from (f"  {line}" for line in inside)
    else:
        yield f"? {text(entry.column)}"
        yield f": {inside[0]}"
        yield from (f"  {line}" for line in inside[1:])


def _setting(setting: Setting, *, decided: bool) -> Iterator[str]:
    mark = "" if setting.chosen else "# "
    if setting.key == "values" and isinstance(setting.value, tuple):
        words: tuple[Word, ...] = setting.value
        # What is unknown gets a mark of its own only where the rest must be read without it.
        known = not decided or any(word.meaning is not None for word in words)
        yield f"{mark}values:" if known else "# values:"
        for word in words:
            dead = "" if not (decided and setting.chosen) or word.meaning is not None else "# "
            yield f"{mark}  {dead}{text(word.text, quoted=True)}: {flow(word.meaning)}{_behind(word.ground)}"
    else:
        yield f"{mark}{setting.key}: {flow(setting.value)}{_behind(setting.ground)}"


def _choice(column: str, choice: Choice) -> Iterator[str]:
    first = choice.settings[0]
    if len(choice.settings) == 1 and isinstance(first.value, str):
        yield from _keyed(column, f"{text(first.value)}{_behind(choice.ground)}")
    else:
        inside = ", ".join(f"{setting.key}: {_in_flow(setting.value)}" for setting in choice.settings)
        yield from _keyed(column, f"{{{inside}}}{_behind(choice.ground)}")


def _keyed(column: str, value: str) -> Iterator[str]:
    if len(text(column)) <= LONGEST_KEY:
        yield f"{text(column)}: {value}"
    else:
        yield f"? {text(column)}"
        yield f": {value}"


def _in_flow(value: object) -> str:
    if isinstance(value, tuple):
        words = (f"{text(word.text, quoted=True)}: {flow(word.meaning)}" for word in value)
        return "{" + ", ".join(words) + "}"
    return flow(value)


def _joins(draft: Draft) -> Iterator[str]:
    if draft.joins:
        yield "# Several columns for one field, in place of their entries above:"
        yield "# joins:"
    for join in draft.joins:
        yield f'#   {join.field}: {{columns: {flow(list(join.columns))}, separator: "\\n"}}'


def _constants(missing: Sequence[Missing]) -> Iterator[str]:
    if missing:
        yield "# What every new registration needs and no column gives; a constant is the same in every record:"
        yield "# constants:"
    for each in missing:
        yield f"#   {each.field}: ?" + (f"   # or decide column {text(each.column)} above" if each.column else "")


def _behind(ground: str) -> str:
    return f"   # {comment(ground)}" if ground else ""


def _said(told: str) -> Iterator[str]:
    yield from wrap(comment(told), _WIDTH, initial_indent="# ", subsequent_indent="#   ", break_long_words=False)
