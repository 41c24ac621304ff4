from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

DOOMED = Path(__file__).with_name("doomed.py")
INSTANTS = ("ledger", "file", "wire")


@dataclass(frozen=True)
class Life:
    """A run of the command line that has ended: its exit status, minus 9 where it was killed.

    `met` are the instants at which it could have been killed, known only of a life that ended by itself.
    """

    status: int
    seconds: float
    stdout: str
    stderr: str
    met: tuple[str, ...]

    @property
    def killed(self) -> bool:
        return self.status == -9

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Doom:
    """When a life is killed: at the `at`-th instant of these kinds it meets, or from outside after so many seconds.

    With `asked` it is not killed at that instant but asked to stop, as by Ctrl-C.
    """

    at: int | None = None
    kinds: Sequence[str] = INSTANTS
    seconds: float | None = None
    asked: bool = False


@dataclass
class Mortals:
    """Runs of the command line in one process at a time, each ended where its doom says."""

    folder: Path
    _process: subprocess.Popen[str] = field(init=False)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __enter__(self) -> Self:
        # Sources here have a few dozen rows: one thread of polars starts sooner than many.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("REGBULK_")}
        self._process = subprocess.Popen(
            [sys.executable, DOOMED],
            env=environment | {"POLARS_MAX_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        if self._process.stdout.readline() != "ready\n":
            self.__exit__()
            raise AssertionError("the program does not start; what it says stands above")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()

    def __call__(self, *arguments: str | Path, environment: dict[str, str], doom: Doom = Doom()) -> Life:
        output = self.folder / f"life-{next(self._numbers)}.out"
        order = {
            "arguments": [str(argument) for argument in arguments],
            "environment": environment,
            "output": str(output),
            "kinds": list(doom.kinds),
            "at": doom.at,
            "seconds": doom.seconds,
            "asked": doom.asked,
        }
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        end = json.loads(self._process.stdout.readline())
        files = {suffix: output.with_suffix(suffix) for suffix in (".out", ".err", ".met")}
        out, err, met = (path.read_text() if path.exists() else "" for path in files.values())
        for path in files.values():
            path.unlink(missing_ok=True)
        assert "Traceback" not in err, err
        return Life(end["status"], end["seconds"], out, err, tuple(met.splitlines()))


@dataclass(frozen=True)
class Lane:
    """A sandbox and mortal runs against it: what a series of lives needs; each tenant has a workspace of its own."""

    sandbox: Any
    mortals: Mortals
    folder: Path
    http: httpx.Client
    undisturbed: Doom = Doom()

    def registrations(self, tenant: str) -> list[dict[str, Any]]:
        """What the tenant holds; the sandbox has done by then what was sent to it before."""
        self.http.get("/_sandbox/stats").raise_for_status()
        return self.http.get(f"/_sandbox/registrations/{tenant}").raise_for_status().json()

    def run(self, tenant: str, *arguments: str | Path, doom: Doom = Doom(), **settings: object) -> Life:
        """Run the command line for a tenant, in its workspace; a setting is a REGBULK_ variable."""
        given = {"api_url": self.sandbox.url, "tenant": tenant, "api_key": "a-key", "workspace": self.workspace(tenant)}
        named = {f"REGBULK_{name.upper()}": str(value) for name, value in (given | settings).items()}
        return self.mortals(*arguments, environment=named, doom=doom)

    def workspace(self, tenant: str) -> Path:
        return self.folder / tenant

    def loads(self, tenant: str) -> list[str]:
        """Ids of the tenant's loads that have a manifest, oldest first."""
        manifests = self.workspace(tenant).glob("loads/*/load.json")
        # A load id tells its second only.
        return [path.parent.name for path in sorted(manifests, key=lambda path: path.stat().st_mtime_ns)]


@pytest.fixture(scope="session")
def open_lane(session_starter, tmp_path_factory) -> Iterator[Callable[[], Lane]]:
    with ExitStack() as open_ones:

        def start() -> Lane:
            folder = tmp_path_factory.mktemp("lane")
            mortals = open_ones.enter_context(Mortals(folder))
            sandbox = session_starter(dialect=["batch-create"])
            # Without a context for TLS, whose making takes longer than a request.
            http = httpx.Client(base_url=sandbox.url, verify=False, headers={"Authorization": "Bearer a-key"})
            return Lane(sandbox, mortals, folder, open_ones.enter_context(http))

        yield start


@pytest.fixture(scope="session")
def lane(open_lane) -> Lane:
    return open_lane()


@pytest.fixture(scope="session")
def doom() -> type[Doom]:
    return Doom


@pytest.fixture
def say(capsys) -> Callable[[Mapping[str, int]], None]:
    """Prints figures while a long test runs, and at its end."""

    def tell(figures: Mapping[str, int]) -> None:
        with capsys.disabled():
            print(json.dumps(figures), flush=True)

    return tell
