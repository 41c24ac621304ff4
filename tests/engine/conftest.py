from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SAMPLES = Path(__file__).parents[2] / "sample_data"
TENANT = "engine"


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    status: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Regbulk:
    """The command line against one sandbox, tenant and workspace."""

    url: str
    workspace: Path

    @property
    def environment(self) -> dict[str, str]:
        given = {
            "REGBULK_API_URL": self.url,
            "REGBULK_TENANT": TENANT,
            "REGBULK_API_KEY": "a-key",
            "REGBULK_WORKSPACE": str(self.workspace),
            "REGBULK_SETTLE_SECONDS": "0.5",
            "REGBULK_TIMEOUT": "2",
        }
        return {name: value for name, value in os.environ.items() if not name.startswith("REGBULK_")} | given

    def start(self, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "regbulk", *map(str, arguments)],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str | Path, **environment: str) -> Ran:
        with self.start(*arguments, **environment) as process:
            stdout, stderr = process.communicate(timeout=120)
        assert "Traceback" not in stderr, stderr
        return Ran(process.returncode, stdout, stderr)


@pytest.fixture
def regbulk(sandbox, tmp_path) -> Regbulk:
    return Regbulk(sandbox.url, tmp_path / "workspace")


@pytest.fixture
def regbulk_for(tmp_path) -> Callable[[str], Regbulk]:
    return lambda url: Regbulk(url, tmp_path / "workspace")


@pytest.fixture(scope="session")
def samples() -> Path:
    return SAMPLES


def without(record: dict[str, Any], prefixes: Sequence[str]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if not name.startswith(tuple(prefixes))}


@pytest.fixture(scope="session")
def contents() -> Callable[[list[dict[str, Any]]], dict[str, dict[str, Any]]]:
    """What a source put into registrations, by legacy number: without ids, stamps and what the server keeps."""

    def by_legacy_number(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        found = {record["sys_external_id"]: record for record in records}
        assert len(found) == len(records), "every record once"
        return {key: without(record, ("id", "number", "sys_")) for key, record in found.items()}

    return by_legacy_number
