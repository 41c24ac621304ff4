"""Options that several commands share, and how they become settings."""

from __future__ import annotations

from typing import Annotated

import typer

from regbulk import load
from regbulk.settings import Settings, load_settings

Api = Annotated[str | None, typer.Option("--api", metavar="URL", help="Address of the API [env: REGBULK_API_URL].")]
Tenant = Annotated[str | None, typer.Option("--tenant", metavar="NAME", help="Tenant [env: REGBULK_TENANT].")]
Workspace = Annotated[
    str | None,
    typer.Option("--workspace", metavar="DIR", help="Folder of loads and ledger [env: REGBULK_WORKSPACE; .regbulk]."),
]
Profile = Annotated[str | None, typer.Option("--profile", metavar="NAME", help="Table of regbulk.toml to use.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, for machines.")]
Mode = Annotated[load.Mode, typer.Option("--mode", help="create: new registrations only; upsert: create or patch.")]
Key = Annotated[
    str | None,
    typer.Option("--key", metavar="FIELDS", help="id, sys_external_id or event_id,contact_id [first the source has]."),
]
Rules = Annotated[
    str | None, typer.Option("--schema", metavar="FILE", help="JSON Schema with rules of your own, on top of ours.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Write to an address beyond this machine without asking.")]


def settings_from(api: str | None, tenant: str | None, workspace: str | None, profile: str | None) -> Settings:
    """Settings from the flags of a command; what is not given comes from the environment or the profile."""
    return load_settings({"api_url": api, "tenant": tenant, "workspace": workspace}, profile=profile)
