"""A second API that shares no code with the sandbox: the main job comes to the same verdicts against both."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

STYLES = (
    "plain",
    "casing",
    "chunks",
    "early",
    "http10",
    "folded html",
    "spaces text",
    "gzip",
    "bare",
    "records",
    "floats",
    "object-cursor",
    "odd-ends",
    "nulls created",
    "shuffled empty",
    "closing",
    "tiny",
    "casing chunks early folded spaces gzip records floats object-cursor odd-ends nulls shuffled created tiny text",
)
PLACES = (("create 2", "@create:once-at=2"), ("batch 1", "@batch:once-at=1"))
"""Which create and which batch is struck, as the fake API and as the sandbox call it."""
FAULTS = {
    "lost": (("lost", "failed-after"), ("reset-after", "status-after=500")),
    "undone": (("reset", "failed"), ("reset-before", "status-before=500")),
    "refused": ((), ("poison:always",)),
}
"""By class: what strikes the create and the batch, as the fake API and as the sandbox call it."""
SENT = ("event_id", "contact_id", "name", "notes", "type_id", "package_id", "sys_external_id", "sys_version")
STAMPS = ("sys_bulk_load_record_no", "sys_bulk_load_source_file")


@dataclass
class FakeApi:
    """The fake API as a process, with the face of a running sandbox; `faults` are those of its own names."""

    url: str
    style: str = ""

    def registrations(self, tenant: str) -> list[dict[str, Any]]:
        return self._ask("GET", tenant)["records"]

    def faults(self, *specs: str, tenant: str) -> None:
        asked = {place: spec for (place, _), spec in zip(PLACES, specs, strict=False)}
        self._ask("PUT", tenant, {"style": self.style.split(), "faults": asked})

    def no_faults(self, tenant: str) -> None:
        assert self._ask("GET", tenant)["faults"] == {}, "every fault struck"

    def _ask(self, method: str, tenant: str, body: dict[str, Any] | None = None) -> Any:
        url = f"{self.url}/fake/{tenant}"
        return httpx.request(method, url, json=body or {}, verify=False).raise_for_status().json()


@pytest.fixture(scope="session")
def fake_api():
    program = Path(__file__).with_name("fake_api.py")
    command = [sys.executable, program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield FakeApi(f"http://127.0.0.1:{process.stdout.readline().strip()}")
        process.stdin.close()


def told(job, ended) -> dict[str, Any]:
    """What came of a run, in terms that two runs share: error, outcomes by record, and what is held by contact."""
    held = {}
    for contact, record in job.held().items():
        held[contact] = {name: record.get(name) for name in SENT + STAMPS}
        held[contact]["of this load"] = record.get("sys_bulk_load_id") == ended.load_id
    outcomes = {
        number: (row["outcome"], row["status"]) for number, row in ended.rows.items() if row["outcome"] == "failed"
    }
    outcomes |= {number: row["outcome"] for number, row in ended.rows.items() if row["outcome"] != "failed"}
    return {"error": type(ended.error).__name__, "outcomes": outcomes, "held": held}


def run(job, kind: str, faults: Sequence[str]) -> dict[str, Any]:
    """Three patches and four creates, one request after the other so that the same ones are struck."""
    job.sandbox.faults(tenant=job.tenant)
    job.plant()
    notes = ["poison" if kind == "refused" and n in {1, 4} else "new" for n in range(7)]
    job.sandbox.faults(*faults, tenant=job.tenant)
    ended = job.load(job.source(7, notes=notes), concurrency=1, settle_seconds=0.1, canary=2)
    job.sandbox.no_faults(job.tenant)
    return told(job, ended)


def run_in_sandbox(job, kind: str) -> dict[str, Any]:
    specs = FAULTS[kind][1]
    told_where = zip(specs, PLACES, strict=False)
    return run(job, kind, [spec if ":" in spec else spec + place for spec, (_, place) in told_where])


@pytest.fixture(scope="session")
def verdicts():
    """What the sandbox came to, by class of faults."""
    return {}


@pytest.mark.parametrize("kind", FAULTS)
def test_the_sandbox_comes_to_a_verdict(job, verdicts, kind):
    verdict = verdicts[kind] = run_in_sandbox(job, kind)
    failed = [f"c{number - 1}" for number, outcome in verdict["outcomes"].items() if outcome[0] == "failed"]
    assert failed == (["c1", "c4"] if kind == "refused" else [])
    assert verdict["error"] == "NoneType"


def kinds(style: str) -> tuple[str, ...]:
    """The classes that are tried in a style; the slowest one, which waits before it sends again, in two only."""
    return tuple(FAULTS) if style in {STYLES[0], STYLES[-1]} else ("lost", "refused")


@pytest.mark.parametrize(("style", "kind"), [(style, kind) for style in STYLES for kind in kinds(style)])
def test_a_fake_api_with_ugly_answers_agrees_with_the_sandbox(job, verdicts, fake_api, style, kind):
    if kind not in verdicts:
        verdicts[kind] = run_in_sandbox(job, kind)
        job.folder = job.folder / "fake"
        job.folder.mkdir()
    job.sandbox = replace(fake_api, style=style)
    assert run(job, kind, FAULTS[kind][0]) == verdicts[kind]
