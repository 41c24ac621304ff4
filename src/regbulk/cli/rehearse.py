"""`regbulk rehearse`: a source of one's own on a bad day, before the day of the cut-over."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from regbulk.cli import options
from regbulk.cli.console import INTERRUPTED, figures, guarded, print_json, progress_shown, say
from regbulk.cli.inputs import asks_for_inputs
from regbulk.errors import SettingsError

if TYPE_CHECKING:
    from regbulk.inputs import Inputs
    from regbulk.rehearsal import Day, Rehearsal, Rehearsed

_Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--faults", metavar="NAME|FAULT", help="What goes wrong, as for `sandbox --fault`; repeatable (storm)."
    ),
]
_Dialect = Annotated[
    list[str] | None, typer.Option("--dialect", help="Answer an open question of the API document; repeatable.")
]
_Seed = Annotated[int, typer.Option("--seed", help="Of faults and kills: the same seed, the same bad day.")]
_Kill = Annotated[int, typer.Option("--kill", min=0, help="Kill the importing process so often, and go on each time.")]
_Quick = Annotated[bool, typer.Option("--quick", help="Leave out the run without faults.")]
_Folder = Annotated[
    str | None,
    typer.Option(
        "--workspace", metavar="DIR", help="Empty folder for what the rehearsal leaves (a new temporary one)."
    ),
]
_WIDTH: Final = 14


@asks_for_inputs
def rehearse(
    inputs: Inputs,
    *,
    faults: _Faults = None,
    dialect: _Dialect = None,
    seed: _Seed = 0,
    kill: _Kill = 0,
    quick: _Quick = False,
    workspace: _Folder = None,
    profile: options.Profile = None,
    as_json: options.AsJson = False,
) -> None:
    """Import a source into a sandbox on a bad day, go on however often it stops, and prove what came of it.

    Everything happens on this machine: your API is not called, and neither its address nor your credentials are used.
    The sandbox begins empty, so every record is rehearsed as a new registration. Exit status 0: every accepted record
    is there exactly once; 3: some were rejected, failed or are unknown; 1: some were lost or written twice.
    """
    with guarded(as_json=as_json):
        from regbulk.rehearsal import Rehearsal

        settings = options.settings_from(None, None, None, profile)
        rehearsal = Rehearsal(
            inputs=inputs,
            settings=settings,
            faults=tuple(faults or ["storm"]),
            dialects=tuple(dialect or []),
            seed=seed,
            kills=kill,
            quick=quick,
        )
        raise typer.Exit(_rehearsed(rehearsal, _empty(workspace), as_json=as_json))


def _empty(workspace: str | None) -> Path:
    if workspace is None:
        return Path(tempfile.mkdtemp(prefix="regbulk-rehearsal-"))
    folder = Path(workspace).expanduser().absolute()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise SettingsError(f"--workspace {folder}: a rehearsal begins in an empty folder, found files in it")
    return folder


def _rehearsed(rehearsal: Rehearsal, folder: Path, *, as_json: bool) -> int:
    from regbulk.rehearsal import rehearse as carry_out
    from regbulk.rehearsal import verdict_on

    # Whoever asks it to end means its processes too.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    say("rehearsal in a sandbox on this machine; your API is not called, and no address or key of it is used")
    say(f"what it leaves: {folder}")
    try:
        with progress_shown() as progress:
            rehearsed = carry_out(rehearsal, folder, progress=progress, tell=say)
    except KeyboardInterrupt:
        say("regbulk: rehearsal interrupted; its sandbox and its processes have ended, and no API was involved")
        return INTERRUPTED
    verdict = verdict_on(rehearsed)
    if as_json:
        print_json(_as_json(rehearsed, rehearsal) | {"verdict": verdict.sentences})
    else:
        for line in (*_table(rehearsed), *(f"verdict: {sentence}" for sentence in verdict.sentences)):
            typer.echo(line)
    if verdict.exit_status == 1:
        say(
            "regbulk: that must not happen, whatever goes wrong. Please report it, with the load "
            f"{rehearsed.bad.summary.load_path}, --faults {' --faults '.join(rehearsal.faults)} --seed {rehearsal.seed}"
        )
    return verdict.exit_status


def _table(rehearsed: Rehearsed) -> Iterator[str]:
    """What came of a rehearsal, for a person."""
    fair, bad = rehearsed.fair, rehearsed.bad
    struck = {name: count for name, count in rehearsed.struck.items() if count}
    yield f"faults struck: {sum(struck.values()):,}"
    yield from (f"  {count:>7,}  {name}" for name, count in struck.items())
    days = {"without faults": fair, "bad day": bad} if fair else {"bad day": bad}
    yield " " * _WIDTH + "".join(f"{name:>16}" for name in days)
    for label, cells in {
        "time": [f"{day.seconds:,.1f} s" for day in days.values()],
        "calls": [f"{day.calls:,}" for day in days.values()],
        "killed": [f"{day.killed:,}" for day in days.values()],
        "gone on": [f"{day.resumed:,}" for day in days.values()],
    }.items():
        yield f"{label:<{_WIDTH}}" + "".join(f"{cell:>16}" for cell in cells)
    summary = bad.summary
    yield figures({"read": summary.read, "accepted": summary.accepted, "rejects": summary.rejects})
    yield figures(_counts(bad))
    yield f"the load: {summary.load_path}"


def _counts(day: Day) -> dict[str, int]:
    """What the sandbox itself shows, and what the load says of the rest."""
    found, outcomes = day.found, day.summary.outcomes
    others = {name: outcomes[name] for name in ("failed", "conflict", "not started") if outcomes[name]}
    return {
        "there once": found.right,
        "lost": len(found.lost),
        "written twice": len(found.doubled),
        "different": len(found.different),
        "unknown": len(found.unknown),
    } | others


def _as_json(rehearsed: Rehearsed, rehearsal: Rehearsal) -> dict[str, Any]:
    asked = {"faults": rehearsal.faults, "dialects": rehearsal.dialects, "seed": rehearsal.seed}
    days = {"without_faults": rehearsed.fair, "bad_day": rehearsed.bad}
    return {
        "folder": str(rehearsed.folder),
        "asked": asked,
        "struck": rehearsed.struck,
        **{name: _day_json(day) if day else None for name, day in days.items()},
    }


def _day_json(day: Day) -> dict[str, Any]:
    different = {str(no): fields for no, fields in day.found.different.items()}
    found = day.found._asdict() | {"different": different}
    return day._asdict() | {"summary": day.summary._asdict(), "found": found}
