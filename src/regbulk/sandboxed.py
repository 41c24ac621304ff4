"""A sandbox of one's own: the Registrations API as a process on this machine, for as long as it is wanted."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

from regbulk.errors import RegbulkError, SettingsError

_READY: Final = "sandbox ready at "


@dataclass(frozen=True)
class Sandboxed:
    """A running sandbox, seen from outside the API: what it counts, what it holds, what it does wrong."""

    url: str

    def stats(self) -> dict[str, Any]:
        """Requests by operation, operations by kind, and registrations by tenant."""
        return dict(self._ask("stats"))

    def calls(self) -> int:
        """Requests to the API since the start, whatever became of them."""
        return sum(self.stats()["requests"].values())

    def held(self, tenant: str) -> int:
        """How many registrations a tenant has."""
        return int(self.stats()["registrations"].get(tenant, 0))

    def registrations(self, tenant: str) -> list[dict[str, Any]]:
        """All registrations of a tenant, ordered by id."""
        return list(self._ask(f"registrations/{quote(tenant)}"))

    def switch_on(self, tenant: str, faults: Sequence[str], *, seed: int) -> None:
        """Let faults strike in a tenant, in place of its earlier ones.

        Raises:
            SettingsError: there is no such fault.
        """
        try:
            self._ask(f"faults/{quote(tenant)}", method="PUT", body={"faults": list(faults), "seed": seed})
        except urllib.error.HTTPError as refusal:
            told = json.loads(refusal.read() or b"{}").get("message", refusal.reason)
            raise SettingsError(f"--faults: {told}") from None

    def switch_off(self, tenant: str) -> None:
        """Let no fault of its own strike in a tenant any more."""
        self._ask(f"faults/{quote(tenant)}", method="DELETE")

    def struck(self, tenant: str) -> dict[str, int]:
        """How often each of the tenant's own faults struck, in the order in which they were given."""
        return {each["fault"]: each["struck"] for each in self._ask("faults")["faults"] if each["tenant"] == tenant}

    def _ask(self, path: str, *, method: str = "GET", body: object = None) -> Any:  # noqa: ANN401 - JSON of many kinds
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if data else {}
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data, headers, method=method)  # noqa: S310 - loopback
        # A proxy of the environment is for other addresses than this machine's own.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request) as answer:
            content = answer.read()
        return json.loads(content) if content else None


@contextmanager
def sandbox(*options: str) -> Iterator[Sandboxed]:
    """Run a sandbox, with options of `regbulk sandbox`; it ends with the block.

    Raises:
        RegbulkError: it does not start.
    """
    command = [sys.executable, "-m", "regbulk", "sandbox", "--port", "0", *options]
    # Ctrl-C is for the program that runs it: in a session of its own it lives until that program ends it.
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:  # noqa: S603 - our own program
        try:
            line = process.stdout.readline() if process.stdout else ""
            if _READY not in line:
                raise RegbulkError(f"the sandbox did not start; run `{' '.join(['regbulk', *command[3:]])}` to see why")
            yield Sandboxed(line.partition(_READY)[2].split()[0])
        finally:
            process.terminate()
