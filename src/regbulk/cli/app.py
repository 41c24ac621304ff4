"""The program `regbulk`: its commands, each in the room of its noun."""

from __future__ import annotations

import typer

from regbulk.cli import data, guess, loads, rehearse, servers

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Move event registrations in and out of the Registrations API in bulk.",
)
app.command("guess")(guess.guess)
app.command("validate")(loads.validate)
app.command("plan")(loads.plan)
app.command("import")(loads.import_)
app.command("push")(loads.push)
app.command("status")(loads.status)
app.command("export")(data.export)
app.command("template")(data.template)
app.command("sandbox")(servers.sandbox)
app.command("rehearse")(rehearse.rehearse)
app.command("demo")(servers.demo)


def main() -> None:
    """Run the command line."""
    app()
