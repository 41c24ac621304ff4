from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from regbulk.api import Client
from regbulk.errors import ExportError
from regbulk.export import ExportQuery, check_export, export_registrations
from regbulk.settings import Settings

EXPORTER = """
import asyncio, os, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from regbulk.api import Client
from regbulk.errors import RegbulkError
from regbulk.export import ExportQuery, export_registrations
from regbulk.settings import Settings

url, out, event, times, limit, kill_at = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))

steps = 0

def die_in_time(happening, _):
    global steps
    if happening in ("os.rename", "os.remove"):
        steps += 1
        if steps == int(kill_at):
            os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die_in_time)

async def main():
    async with Client(Settings(api_url=url, tenant="acme", api_key="k")) as client:
        for _ in range(int(times)):
            query = ExportQuery((event,), {}, ("city",))
            await export_registrations(client, query, Path(out), started_at=datetime.now(UTC))
            print("published", flush=True)

try:
    asyncio.run(main())
except RegbulkError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""
NO_LIMIT = -1
NEVER = 0


def exporter(
    url: str, out: Path, event: str, *, times: int = 1, limit: int = NO_LIMIT, kill_at: int = NEVER
) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", EXPORTER, url, str(out), event, str(times), str(limit), str(kill_at)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def export(url: str, out: Path, event: str) -> None:
    process = exporter(url, out, event)
    assert process.communicate(timeout=30) == ("published\n", "")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=30)


def test_an_export_killed_between_pages_leaves_the_older_one_and_the_next_one_tidies_up(
    search: Any, tmp_path: Path
) -> None:
    out = tmp_path / "x.parquet"
    search.chain("old", [[{"id": "a"}]])
    search.chain("new", [[{"id": "b"}], [{"id": "c"}], [{"id": "d"}]])
    export(search.url, out, "old")
    search.hold_at = len(search.asked) + 2
    process = exporter(search.url, out, "new")
    assert search.reached.wait(30)
    kill(process)
    assert check_export(out).query.events == ("old",)
    assert [name.startswith("x.parquet.partial-") for name in names(tmp_path)].count(True) == 1
    search.hold_at = None
    export(search.url, out, "new")
    assert check_export(out).query.events == ("new",)
    assert names(tmp_path) == ["x.parquet", "x.parquet.manifest.json"]


@pytest.mark.parametrize(
    ("kill_at", "left"), [(1, "old"), (2, None), (3, None), (NEVER, "new")], ids=["remove", "manifest", "data", "never"]
)
def test_killed_at_any_step_of_publishing_the_final_name_has_its_manifest_or_is_not_there(
    search: Any, tmp_path: Path, kill_at: int, left: str | None
) -> None:
    out = tmp_path / "x.parquet"
    for event in ("old", "new"):
        search.chain(event, [[{"id": event}]])
    export(search.url, out, "old")
    kill_or_end = exporter(search.url, out, "new", kill_at=kill_at)
    kill_or_end.communicate(timeout=30)
    assert (check_export(out).query.events if out.exists() else None) == (left and (left,))
    export(search.url, out, "new")
    assert check_export(out).query.events == ("new",)


def test_whenever_two_exporters_of_one_path_are_killed_its_final_name_has_its_manifest(
    search: Any, tmp_path: Path
) -> None:
    out = tmp_path / "x.parquet"
    for event in ("one", "two"):
        search.chain(event, [[{"id": f"{event}-{n}"} for n in range(30)]])
    for seed in range(2):
        both = [exporter(search.url, out, event, times=10_000) for event in ("one", "two")]
        for process in both:
            assert process.stdout
            assert process.stdout.readline() == "published\n"
        for process in both:
            time.sleep(random.Random(seed).uniform(0, 0.1))
            kill(process)
        assert not out.exists() or check_export(out).counts.rows == 30


def test_a_cancelled_export_leaves_nothing(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[{"id": "a"}], [{"id": "b"}]])
    search.hold_at = 1

    async def run() -> None:
        async with Client(Settings(api_url=search.url, tenant="acme", api_key="k")) as client:
            query = ExportQuery(("e1",), {}, None)
            task = asyncio.ensure_future(
                export_registrations(client, query, tmp_path / "x.parquet", started_at=datetime.now(UTC))
            )
            await asyncio.to_thread(search.reached.wait, 30)
            assert len(names(tmp_path)) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert names(tmp_path) == []


def test_a_full_disk_is_an_export_error_and_leaves_the_older_export(search: Any, tmp_path: Path) -> None:
    out = tmp_path / "x.parquet"
    search.chain("old", [[{"id": "a"}]])
    ids = random.Random(7)
    search.chain("big", [[{"id": f"{ids.getrandbits(256):x}"} for _ in range(3_000)] for _ in range(7)])
    export(search.url, out, "old")
    process = exporter(search.url, out, "big", limit=50_000)
    _, said = process.communicate(timeout=30)
    assert said.startswith(f"ExportError: {out}: cannot be written: ")
    assert said.count("\n") == 1
    assert check_export(out).query.events == ("old",)
    assert names(tmp_path) == ["x.parquet", "x.parquet.manifest.json"]


def test_a_folder_that_cannot_be_made_is_an_export_error(search: Any, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    async def run() -> None:
        async with Client(Settings(api_url=search.url, tenant="acme", api_key="k")) as client:
            query = ExportQuery(("e1",), {}, None)
            await export_registrations(client, query, tmp_path / "file" / "x.parquet", started_at=datetime.now(UTC))

    with pytest.raises(ExportError, match=r"cannot be written: .*File exists"):
        asyncio.run(run())
