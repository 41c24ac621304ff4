"""Options that several commands share, and how they become settings."""

from __future__ import annotations

from typing import Annotated

import typer

from regbulk import load
from regbulk.settings import Settings, load_settings
from regbulk.source.options import Trailing

Api = Annotated[str | None, typer.Option("--api", metavar="URL", help="Address of the API (env: REGBULK_API_URL).")]
Tenant = Annotated[str | None, typer.Option("--tenant", metavar="NAME", help="Tenant (env: REGBULK_TENANT).")]
Workspace = Annotated[
    str | None,
    typer.Option("--workspace", metavar="DIR", help="Folder of loads and ledger (env: REGBULK_WORKSPACE; .regbulk)."),
]
Profile = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="Table of regbulk.toml to use.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, for machines.")]
Mode = Annotated[
    load.Mode | None,
    typer.Option(
        "--mode", help="create: new registrations only; upsert: create or patch (upsert; of rejects: their load's)."
    ),
]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="FIELDS", help="id, sys_external_id or event_id,contact_id (first the source has)."),
]
Rules = Annotated[
    str | None, typer.Option("--schema", metavar="FILE", help="JSON Schema with rules of your own, on top of ours.")
]
MappingFile = Annotated[
    str | None, typer.Option("--mapping", metavar="FILE", help="YAML: which column becomes which field, and how.")
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", metavar="NAME", help="How characters are written: cp1252 … (found out).")
]
Delimiter = Annotated[
    str | None, typer.Option("--delimiter", metavar="CHAR", help="What separates cells; tab for a tab (found out).")
]
Quote = Annotated[
    str | None, typer.Option("--quote", metavar="CHAR", help='What encloses cells; "" for nothing (found out).')
]
Escape = Annotated[
    str | None,
    typer.Option("--escape", metavar="CHAR", help='What escapes a quote; "" where it is doubled (found out).'),
]
Sheet = Annotated[str | None, typer.Option("--sheet", metavar="NAME", help="Sheet of a workbook (the only one).")]
BlankRows = Annotated[
    Trailing | None, typer.Option("--blank-rows", help="What becomes of rows without any value (skip).")
]
Footer = Annotated[
    Trailing | None, typer.Option("--footer", help="What becomes of lines at the end like 'Total: 2,000' (reject).")
]
MaxRejects = Annotated[
    str | None,
    typer.Option(
        "--max-rejects",
        metavar="N|P%",
        help="Stop before the first write if more records are refused: 20, or 1% (env: REGBULK_MAX_REJECTS).",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Write to an address beyond this machine without asking.")]

Wait = Annotated[
    bool,
    typer.Option("--wait", help="Wait for another process that holds the load or its events, instead of refusing."),
]


def settings_from(
    api: str | None, tenant: str | None, workspace: str | None, profile: str | None, *, max_rejects: str | None = None
) -> Settings:
    """Settings from the flags of a command; what is not given comes from the environment or the profile."""
    flags = {"api_url": api, "tenant": tenant, "workspace": workspace, "max_rejects": max_rejects}
    return load_settings(flags, profile=profile)
