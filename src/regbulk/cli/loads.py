"""Commands about loads: validate, plan, import, push, status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from regbulk.cli import options
from regbulk.cli.console import IMPERFECT, guarded, print_json, progress_shown, say, say_decisions, show, skipped_text
from regbulk.cli.inputs import asks_for_inputs
from regbulk.cli.options import settings_from
from regbulk.cli.run import Import, Plan, Resume, run

if TYPE_CHECKING:
    from regbulk.inputs import Inputs

LoadArgument = Annotated[str, typer.Argument(metavar="LOAD", help="The id of a load; `regbulk status` lists them.")]


@asks_for_inputs
def validate(
    inputs: Inputs,
    *,
    workspace: options.Workspace = None,
    profile: options.Profile = None,
    as_json: options.AsJson = False,
) -> None:
    """Check every record of a source; nothing is sent.

    Records without an id are checked as new registrations, which must be complete; whether they exist already is not
    known without the API (`regbulk plan` asks it).
    """
    with guarded(as_json=as_json):
        from regbulk.validation import validate_source

        settings = settings_from(None, None, workspace, profile)
        with progress_shown() as progress:
            found = validate_source(settings.workspace, inputs, progress=progress)
        if as_json:
            print_json(found._asdict())
        else:
            say_decisions(inputs.source, found.decisions)
            typer.echo(f"{found.source}: read {found.read:,} · accepted {found.accepted:,} · rejects {found.rejects:,}")
            if skipped := skipped_text(found.skipped):
                typer.echo(skipped)
            if found.references_elsewhere:
                typer.echo(
                    f"{found.references_elsewhere:,} references name no record of this source; "
                    "`regbulk plan` looks for them in the target"
                )
            for error in found.errors:
                typer.echo(f"  {error['count']:>7,}  {error['code']:<16} {error['field'] or '(the record)'}")
            if found.rejects:
                typer.echo(f"to correct: {found.rejects_csv}\nevery broken rule: {found.rejects_parquet}")
        raise typer.Exit(IMPERFECT if found.rejects else 0)


@asks_for_inputs
def plan(
    inputs: Inputs,
    *,
    api: options.Api = None,
    tenant: options.Tenant = None,
    max_rejects: options.MaxRejects = None,
    workspace: options.Workspace = None,
    profile: options.Profile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what an import would do, and keep the plan; `regbulk push LOAD` applies it."""
    with guarded(as_json=as_json):
        settings = settings_from(api, tenant, workspace, profile, max_rejects=max_rejects)
        run(Plan(settings, inputs), as_json=as_json)


@asks_for_inputs
def import_(
    inputs: Inputs,
    *,
    yes: options.Yes = False,
    wait: options.Wait = False,
    api: options.Api = None,
    tenant: options.Tenant = None,
    max_rejects: options.MaxRejects = None,
    workspace: options.Workspace = None,
    profile: options.Profile = None,
    as_json: options.AsJson = False,
) -> None:
    """Stage, plan and push a source: create what is new, patch what differs."""
    with guarded(as_json=as_json):
        settings = settings_from(api, tenant, workspace, profile, max_rejects=max_rejects)
        run(Import(settings, inputs, yes=yes, wait=wait), as_json=as_json)


def push(
    load: LoadArgument,
    *,
    yes: options.Yes = False,
    wait: options.Wait = False,
    api: options.Api = None,
    tenant: options.Tenant = None,
    max_rejects: options.MaxRejects = None,
    workspace: options.Workspace = None,
    profile: options.Profile = None,
    as_json: options.AsJson = False,
) -> None:
    """Push a planned load, or go on with an interrupted one."""
    with guarded(as_json=as_json):
        settings = settings_from(api, tenant, workspace, profile, max_rejects=max_rejects)
        run(Resume(settings, load, yes=yes, wait=wait), as_json=as_json)


def status(
    load: Annotated[str | None, typer.Argument(metavar="LOAD")] = None,
    *,
    workspace: options.Workspace = None,
    profile: options.Profile = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one load, or all loads of the workspace, newest last."""
    with guarded(as_json=as_json):
        from regbulk.ledger import open_ledger
        from regbulk.load import open_load
        from regbulk.speed import told
        from regbulk.summary import summarise

        settings = settings_from(None, None, workspace, profile)
        with open_ledger(settings.workspace, settings.ledger) as ledger:
            if load is not None:
                from regbulk.family import members

                known_load = open_load(settings.workspace, load)
                summary = summarise(ledger, load, known_load.path)
                family = members(settings.workspace, ledger, known_load.family)
                if summary.stopped:
                    say(f"regbulk: {summary.stopped}")
                show(summary, family, as_json=as_json, seconds=round(ledger.lasted(load), 3))
                if not as_json and (speed := told(known_load.path)):
                    typer.echo(speed)
                return
            known = [
                (row, summarise(ledger, row["load_id"], settings.workspace / "loads" / row["load_id"]))
                for row in ledger.loads()
            ]
        loads = [{**row, "state": summary.state, "outcomes": summary.outcomes} for row, summary in known]
        if as_json:
            print_json({"loads": loads})
            return
        if not loads:
            typer.echo(f"no loads in {settings.workspace}")
        for row, summary in known:
            began = f"{row['started_at'][:19]}Z"
            typer.echo("  ".join([row["load_id"], summary.state, row["tenant"], row["source"], began]))
