from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

ROOT = Path(__file__).parents[2]


def wait_until(condition: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen in {seconds} s"
        time.sleep(0.25)


@dataclass(frozen=True)
class Prefect:
    """A Prefect server of our own, with its own home, and processes that talk to it."""

    url: str
    home: Path

    def environment(self, **more: str) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "REGBULK_"))}
        return inherited | {
            "PREFECT_API_URL": self.url,
            "PREFECT_HOME": str(self.home),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "DO_NOT_TRACK": "1",
            **more,
        }

    def ask(self, path: str, method: str = "POST", **json: Any) -> Any:
        """The answer of Prefect's API, asked again while its SQLite is locked (503)."""
        for _ in range(20):
            answer = httpx.request(method, f"{self.url}/{path}", json=json if method != "GET" else None, timeout=60)
            if answer.status_code != 503:
                break
            time.sleep(0.5)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def start(self, *command: str, log: Path, **environment: str) -> subprocess.Popen[bytes]:
        # A process started in the background may inherit an ignored SIGINT; servers and workers must hear it.
        with log.open("wb") as file:
            return subprocess.Popen(
                command,
                env=self.environment(**environment),
                cwd=ROOT,
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - one thread here
            )

    def run(self, *command: str, **environment: str) -> str:
        ran = subprocess.run(
            command,
            env=self.environment(**environment),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory):
    home = tmp_path_factory.mktemp("prefect")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    prefect = Prefect(f"http://127.0.0.1:{port}/api", home)
    command = (sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port))
    process = prefect.start(*command, log=home / "server.log")
    try:
        wait_until(lambda: _healthy(prefect.url), 90, "Prefect's server")
        yield prefect
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture
def wait_for():
    return wait_until


@pytest.fixture
def api_environment(sandbox, tmp_path):
    return {
        "REGBULK_API_URL": sandbox.url,
        "REGBULK_TENANT": "flows",
        "REGBULK_API_KEY": "canary-secret-4711",
        "REGBULK_WORKSPACE": str(tmp_path / "workspace"),
    }
