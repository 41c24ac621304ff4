"""The command that drafts a mapping."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regbulk.cli import options
from regbulk.cli.console import guarded, print_json, progress_shown, say, say_decisions
from regbulk.cli.inputs import asks_for_source
from regbulk.errors import RegbulkError, SettingsError, SourceError
from regbulk.source.options import SourceOptions

if TYPE_CHECKING:
    from regbulk.guess import Draft


@asks_for_source
def guess(
    source: str,
    reading: SourceOptions,
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Mapping file to write; it must not exist (stdout).")
    ] = None,
    lookup: Annotated[
        list[Path] | None,
        typer.Option("--lookup", metavar="FILE", help="Crosswalk, CSV or Parquet: old number → new id; repeatable."),
    ] = None,
    as_json: options.AsJson = False,
) -> None:
    """Draft a mapping file from the whole source.

    Names, formats and values are judged on whole columns. What they prove is written with its ground, what they leave
    open as a comment: nothing is guessed.
    """
    with guarded(as_json=as_json), _told_as_read():
        from regbulk.guess import Request, guess_mapping, written
        from regbulk.source import open_source

        if out is not None:
            _check(out)
        opened = open_source(source, reading)
        beside = out.parent if out else Path()
        with progress_shown() as progress:
            draft = guess_mapping(opened, Request(reading, tuple(lookup or ()), beside), progress)
        text = written(draft)
        if out is not None:
            _write(out, text)
        if as_json:
            print_json(_as_json(draft, text=None if out else text, path=out))
        else:
            _say(draft, source, out)
            if out is None:
                sys.stdout.write(text)


@contextmanager
def _told_as_read() -> Iterator[None]:
    """A broken source or crosswalk in words for a command that sends nothing."""
    try:
        yield
    except SourceError as error:
        problems = "".join(f"\n  - {problem}" for problem in error.problems)
        raise RegbulkError(f"{error.name}: no mapping was drafted:{problems}") from None


def _check(out: Path) -> None:
    """Refuse a place where no mapping can be written before the source is read."""
    if out.is_dir():
        raise SettingsError(f"{out} is a folder; name a file in it")
    if out.exists():
        raise SettingsError(f"{out} exists already; choose another name, a mapping is work")
    if not out.parent.is_dir():
        raise SettingsError(f"{out}: no such folder: {out.parent}; create it or choose another place")


def _write(out: Path, text: str) -> None:
    try:
        with out.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise SettingsError(f"{out}: the mapping cannot be written ({error.strerror}); choose another place") from None


def _say(draft: Draft, source: str, out: Path | None) -> None:
    """What was decided with its ground, what is left to decide, and what to do next."""
    say_decisions(draft.source, draft.decisions)
    say(f"{draft.source}: {draft.records:,} records, {len(draft.entries)} columns")
    say(f"decided ({len(draft.decided)}):")
    for entry in draft.decided:
        say(f"  {entry.column!r} -> {entry.target}: {'; '.join(entry.grounds)}")
    left = draft.left
    say(f"left to decide ({len(left)}):" if left else "nothing is left to decide")
    for place, question in left:
        say(f"  {place}: {question}")
    if out is not None:
        say(f"draft written to {out}")
    written = out or Path("mapping.yaml")
    first = "" if out else f"write the draft to a file (--out {written}); "
    decide = "decide what is left in it; " if left else ""
    say(f"next: {first}{decide}then: regbulk validate {shlex.quote(source)} --mapping {shlex.quote(str(written))}")


def _as_json(draft: Draft, *, text: str | None, path: Path | None) -> dict[str, Any]:
    columns = [
        {
            "column": entry.column,
            "target": entry.target,
            "decided": entry.is_decided,
            "grounds": entry.grounds,
            "asks": entry.asks,
        }
        for entry in draft.entries
    ]
    return {
        "source": draft.source,
        "records": draft.records,
        "decisions": draft.decisions,
        "columns": columns,
        "left": [{"place": place, "question": question} for place, question in draft.left],
        "path": path,
        "mapping": text,
    }
