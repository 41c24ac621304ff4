"""What a person or a machine sees: progress and logs on stderr, results on stdout, one exit status."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
import typer

from regbulk.errors import RegbulkError

if TYPE_CHECKING:
    from regbulk.family import Member
    from regbulk.summary import Summary
    from regbulk.work import Progress

INTERRUPTED: Final = 130
IMPERFECT: Final = 3
_IMPERFECT: Final = ("failed", "conflict", "unknown", "not started")
_LAST_LOADS: Final = 3
_QUIET_SECONDS: Final = 5.0
_AT_ONCE: Final = ("settling",)
"""Steps that wait first and would leave their user in the dark."""


@contextmanager
def guarded(*, as_json: bool = False) -> Iterator[None]:
    """Turn what regbulk can explain into a message and an exit status; anything else is a bug and shows its trace."""
    _log_to_stderr()
    try:
        yield
    except RegbulkError as error:
        say(f"regbulk: {error}")
        if as_json:
            print_json({"error": str(error)})
        raise typer.Exit(error.exit_status) from None
    except OSError as error:
        say(f"regbulk: {trouble(error)}")
        if as_json:
            print_json({"error": trouble(error)})
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        say("regbulk: interrupted; `regbulk status` shows what can be resumed")
        raise typer.Exit(INTERRUPTED) from None


def _log_to_stderr() -> None:
    """Our own loggers only: Prefect has handlers of its own, and other libraries are not our user's business."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("regbulk")
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)


def trouble(error: OSError) -> str:
    """What the operating system refuses, and where."""
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def say(line: str) -> None:
    """A line for a person, on stderr."""
    typer.echo(line, err=True)


def print_json(result: Mapping[str, Any]) -> None:
    """The one JSON object of a command, on stdout."""
    typer.echo(orjson.dumps(result, option=orjson.OPT_INDENT_2, default=str).decode())


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """Show how far a step is: a bar on a terminal, a line every few seconds elsewhere."""
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        known: dict[str, Any] = {}

        def show(step: str, done: int, total: int | None) -> None:
            if step not in known:
                known[step] = bars.add_task(step, total=total)
            bars.update(known[step], completed=done, total=total)

        yield show


def _lines() -> Progress:
    last = {"at": time.monotonic()}
    unheard = set(_AT_ONCE)

    def show(step: str, done: int, total: int | None) -> None:
        if step in unheard or time.monotonic() - last["at"] >= _QUIET_SECONDS:
            unheard.discard(step)
            last["at"] = time.monotonic()
            say(f"{step}: {done:,}" + (f" of {total:,}" if total is not None else ""))

    return show


def figures(counts: Mapping[str, int]) -> str:
    """Counts in one line: `created 1,200 · patched 0`."""
    return " · ".join(f"{name} {count:,}" for name, count in counts.items())


def say_decisions(source: str, decisions: Sequence[str]) -> None:
    """How a source was found to be written, each with its ground."""
    for decision in decisions:
        say(f"{Path(source).name}: {decision}")


def skipped_text(skipped: Mapping[str, int]) -> str:
    """What was passed over as no record, or nothing."""
    words = {
        "blank_rows": ("row without any value", "rows without any value"),
        "footers": ("line that sums the file up", "lines that sum the file up"),
    }
    told = [f"{skipped[name]:,} {words[name][skipped[name] > 1]}" for name in words if skipped.get(name)]
    return f"skipped, as no records: {', '.join(told)}" if told else ""


def show(summary: Summary, family: Sequence[Member], *, as_json: bool, **more: object) -> None:
    """Where a load and its family stand and what to do next; for a machine all figures, `more` among them."""
    if as_json:
        print_json(summary._asdict() | {"family": [member._asdict() for member in family]} | more)
        return
    typer.echo(f"load {summary.load_id}: {summary.state}")
    typer.echo(figures({"read": summary.read, "accepted": summary.accepted, "rejects": summary.rejects}))
    for line in (skipped_text(summary.skipped), _planned_text(summary), *_files_text(summary), _family_text(family)):
        if line:
            typer.echo(line)
    if left := _left_text(summary):
        typer.echo(left)


def _left_text(summary: Summary) -> str:
    """What is left of a load and how to go on; nothing where it is done."""
    go_on = f"regbulk push {summary.load_id}"
    if summary.stopped:
        return f"{summary.not_started:,} not sent, for the reason above"
    if summary.state == "pushing":
        return f"{summary.not_started:,} without an outcome so far; a process is at work on it"
    if summary.state == "interrupted" and summary.not_started:
        return f"{summary.not_started:,} without an outcome; those under way are looked up first; to go on: {go_on}"
    if summary.not_started:
        return f"{summary.not_started:,} not sent yet; to go on: {go_on}"
    if summary.open:
        return f"{summary.open:,} may still be settled or sent; to try again: {go_on}"
    return f"to go on: {go_on}" if summary.actions is None else ""


def _planned_text(summary: Summary) -> str:
    if not summary.read and summary.state != "staging":
        return "the source has no records"
    if summary.actions is None:
        return "not planned yet"
    return "planned: " + figures(summary.actions) if summary.state == "planned" else figures(summary.outcomes)


def _files_text(summary: Summary) -> Iterator[str]:
    if Path(summary.load_path, "outcomes.csv").is_file():
        yield f"one row per record: {summary.load_path}/outcomes.csv"
    if summary.rejects:
        yield f"rejects, to correct and import again: {summary.load_path}/rejects.csv"


def _family_text(family: Sequence[Member]) -> str:
    """How the number of open rejects went down, where rejects came back."""
    shown = [*family[:1], *family[1:][-_LAST_LOADS:]]
    steps = ", then ".join(f"{member.open:,} after load {member.load_id}" for member in shown)
    return f"open rejects of the family: {steps}" if len(family) > 1 else ""


def exit_status(summary: Summary) -> int:
    """0 when every record was applied, 3 when some were rejected, failed, in conflict, unknown or not started."""
    counts = summary.outcomes
    imperfect = summary.rejects or any(counts[name] for name in _IMPERFECT)
    return IMPERFECT if imperfect else 0
