"""The importing process of a rehearsal: the command line itself, with nothing of the user's API in its environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from regbulk.inputs import Inputs
from regbulk.settings import Settings

_OF_THE_API: Final = frozenset({"api_url", "tenant", "workspace", "client_id", "token_url", "audience"})
"""Settings that say where records go and as whom; secrets are left out besides."""
_TIMEOUT: Final = 5.0
"""Seconds for an answer where the user says nothing: the sandbox is near, and a kill is waited out as long."""


@dataclass(frozen=True)
class Importer:
    """What every process of one rehearsed load is started with.

    Attributes:
        workspace: folder of its load and ledger; its standard error is kept beside it.
        environment: all of it.
    """

    workspace: Path
    environment: Mapping[str, str]

    @property
    def log(self) -> Path:
        """What its processes said on standard error, one after the other."""
        return self.workspace.with_suffix(".log")

    @property
    def load_id(self) -> str | None:
        """The load that was begun; None before there is one."""
        begun = sorted(path.parent.name for path in self.workspace.glob("loads/*/load.json"))
        return begun[-1] if begun else None

    @contextmanager
    def process(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """Run a command of `regbulk`; it is killed when the block is left before it has ended."""
        command = [sys.executable, "-m", "regbulk", *arguments, "--json"]
        with self._result.open("w") as result, self.log.open("a") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program
                command,
                # No settings file of the folder that the user is in.
                cwd=self.workspace.parent,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=result,
                stderr=log,
                text=True,
                start_new_session=True,
            )
            try:
                yield process
            finally:
                process.kill()
                process.wait()

    def said(self) -> str:
        """Why the last process stopped, in its own words."""
        try:
            return str(json.loads(self._result.read_bytes())["error"])
        except (ValueError, KeyError):
            lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
            return lines[-1].removeprefix("regbulk: ") if lines else "it said nothing"

    @property
    def _result(self) -> Path:
        return self.workspace.with_suffix(".json")


def environment(settings: Settings, *, url: str, tenant: str, workspace: Path) -> dict[str, str]:
    """The environment of an importing process: the user's settings, but for those about an API."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REGBULK_")}
    given: dict[str, Any] = settings.model_dump(exclude_unset=True, exclude=set(_OF_THE_API))
    how = {name: str(value) for name, value in given.items() if not isinstance(value, SecretStr | None)}
    where = {"api_url": url, "tenant": tenant, "workspace": str(workspace), "api_key": "rehearsal"}
    near = {"timeout": str(_TIMEOUT)}
    return kept | {f"REGBULK_{name.upper()}": value for name, value in (near | how | where).items()}


def arguments(inputs: Inputs) -> list[str]:
    """`regbulk import` with these inputs, from any folder."""
    named = {
        "mode": inputs.mode,
        "key": ",".join(inputs.key) if inputs.key else None,
        "schema": _anywhere(inputs.own_schema),
        "mapping": _anywhere(inputs.mapping),
    }
    names = (field.name for field in fields(inputs.options))
    options = named | dict(zip(names, astuple(inputs.options), strict=True))
    given = [(name.replace("_", "-"), value) for name, value in options.items() if value is not None]
    source = inputs.source if "://" in inputs.source else str(Path(inputs.source).expanduser().absolute())
    # An option's value may begin with a dash or be empty.
    return ["import", source, *(f"--{name}={value}" for name, value in given)]


def _anywhere(path: Path | None) -> str | None:
    return None if path is None else str(path.expanduser().absolute())
