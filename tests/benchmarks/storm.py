"""How a load fares in a storm: storm.py [RECORDS [RATE]]

Imports RECORDS creates (default 20,000) into a sandbox twice: undisturbed, then through a limit of RATE requests a
second (default: half of what the first import reached) with 2 % of the answers to creates lost after the write and 1 %
of connections killed, half of them before anything was done. A load that stops is pushed again. Prints one line of
JSON: `calls` are all requests that reached the API, `resends` the creates that its limit let through beyond one for
each record. Settings of the environment (REGBULK_…) hold for both imports.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

MOST_RESUMES = 50
COUNTED = "latency=0..0:always"
"""Strikes nothing; it counts the requests that arrive."""


class Fared(NamedTuple):
    """How an import went: wall-clock seconds of all its lives, what the sandbox counted, what it holds."""

    seconds: float
    resumes: int
    faults: list[dict[str, Any]]
    outcomes: dict[str, int]
    contacts: list[str]

    @property
    def calls(self) -> int:
        return self.faults[0]["met"]


def storm(rate: float) -> list[str]:
    """The faults in the order in which a request meets them: what a 429 refuses, no other fault sees."""
    return [
        COUNTED,
        f"rate-limit={rate:g}/{max(1, rate / 5):g}",
        "reset-after@create:p=0.02",
        "reset-before:p=0.005",
        "reset-in-body:p=0.005",
    ]


def make(path: Path, records: int) -> Path:
    """A source of creates, one contact each."""
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["event_id", "contact_id", "name", "type_id", "package_id", "notes"])
        writer.writerows(["evt", f"con-{number:07}", "Ada", "t", "p", f"record {number}"] for number in range(records))
    return path


@contextmanager
def sandbox() -> Iterator[str]:
    """The address of a sandbox of its own."""
    command = [sys.executable, "-m", "regbulk", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()


def fare(url: str, tenant: str, source: Path, faults: list[str]) -> Fared:
    """Import a source through faults until its load is finished."""
    workspace = source.parent / tenant
    named = {"API_URL": url, "TENANT": tenant, "API_KEY": "a-key", "WORKSPACE": str(workspace)}
    environment = os.environ | {f"REGBULK_{name}": value for name, value in named.items()}
    with httpx.Client(base_url=url, timeout=120) as http:
        http.put(f"/_sandbox/faults/{tenant}", json={"faults": faults, "seed": 0}).raise_for_status()
        started, arguments, resumes = time.perf_counter(), ["import", str(source)], -1
        while True:
            command = [sys.executable, "-m", "regbulk", *arguments, "--json"]
            ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            resumes += 1
            if ran.returncode in {0, 3} or resumes == MOST_RESUMES:
                break
            print(ran.stderr.splitlines()[-1], file=sys.stderr)
            arguments = ["push", next((workspace / "loads").iterdir()).name]
        seconds = time.perf_counter() - started
        met = http.get("/_sandbox/faults").raise_for_status().json()["faults"]
        held = http.get(f"/_sandbox/registrations/{tenant}").raise_for_status().json()
    mine = [fault for fault in met if fault["tenant"] == tenant]
    return Fared(seconds, resumes, mine, json.loads(ran.stdout)["outcomes"], [one["contact_id"] for one in held])


def main(records: int, rate: float | None) -> None:
    """Import twice and compare."""
    with tempfile.TemporaryDirectory() as folder, sandbox() as url:
        source = make(Path(folder) / "source.csv", records)
        calm = fare(url, "calm", source, [COUNTED])
        rough = fare(url, "rough", source, storm(rate or records / calm.seconds / 2))
    limit, lost, *killed = rough.faults[1:]
    once = set(rough.contacts)
    figures = {
        "records": records,
        "seconds": round(rough.seconds, 1),
        "limit": limit["fault"],
        "calls": rough.calls,
        "429s": limit["struck"],
        "lost_answers": lost["struck"],
        "killed_connections": sum(fault["struck"] for fault in killed),
        "resends": lost["met"] - records,
        "resumes": rough.resumes,
        "duplicates": len(rough.contacts) - len(once),
        "losses": records - len(once),
        "unknown": rough.outcomes["unknown"],
        "outcomes": {name: number for name, number in rough.outcomes.items() if number},
        "fault_free_seconds": round(calm.seconds, 1),
        "fault_free_calls": calm.calls,
        "seconds_ratio": round(rough.seconds / calm.seconds, 2),
        "calls_ratio": round(rough.calls / calm.calls, 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, float(sys.argv[2]) if len(sys.argv) > 2 else None)
