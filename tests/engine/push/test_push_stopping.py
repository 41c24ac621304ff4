"""How a push ends early: as asked, by a ledger that takes nothing more, by a canary that came back wrong."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime

import polars as pl
import pytest

from regbulk.api import Client
from regbulk.errors import ApiError, Interrupted, LeaseLost, StopRule
from regbulk.inputs import Inputs
from regbulk.ledger import open_ledger
from regbulk.load import open_load
from regbulk.planning import plan_part, read_target_of
from regbulk.steps import in_process, prepare, stage_load
from regbulk.work import Work, begin, held, take_up


def creates(tenant) -> int:
    return sum(asked.is_create for asked in tenant.between.asked)


def test_a_push_that_is_asked_to_stop_finishes_what_is_in_flight_and_begins_nothing_more(tenant):
    settings = tenant.settings(batch_size=5, concurrency=2)
    source = tenant.source(60)
    asked = []

    def rule(request):
        if request.is_create:
            asked.append(request)
            time.sleep(0.02)

    tenant.between.rule = rule

    async def push(ledger) -> None:
        inputs = Inputs(str(source))
        load = begin(settings, ledger, inputs, load_id="a-load", now=datetime.now(UTC))
        work = Work(load, ledger, settings, lambda *_: None, stopping=lambda: len(asked) >= 12)
        async with Client(settings) as client:
            steps = in_process(work, client)
            await prepare(work, steps)
            await steps.push(0, 0)

    with open_ledger(settings.workspace) as ledger, pytest.raises(Interrupted, match="regbulk push a-load"):
        asyncio.run(push(ledger))
    with open_ledger(settings.workspace) as ledger:
        done = ledger.totals("a-load")
        assert done == {"created": len(tenant.registrations())}, "every request that left has an outcome"
        assert 12 <= done["created"] <= 25
        assert open_load(settings.workspace, "a-load").id == "a-load"
    tenant.between.asked.clear()
    ended = tenant.resume()
    assert ended["outcomes"]["created"] == 60
    assert not [request.path for request in tenant.between.asked if request.path.startswith("eventContact")], (
        "nothing was in doubt"
    )


def test_l1_a_ledger_that_takes_nothing_more_stops_the_push_before_more_is_sent(tenant):
    """The limit on the size of files strikes in the middle of the push, as a full disk does."""
    source = tenant.source(1_500)
    command = [sys.executable, "-m", "regbulk", "import", str(source), "--json"]
    settings = tenant.settings()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("REGBULK_")} | {
        "REGBULK_API_URL": tenant.between.url,
        "REGBULK_TENANT": tenant.name,
        "REGBULK_API_KEY": "a-key",
        "REGBULK_WORKSPACE": str(settings.workspace),
        "REGBULK_SETTLE_SECONDS": "0.3",
        "REGBULK_TIMEOUT": "2",
        "REGBULK_BATCH_SIZE": "20",
    }
    limit = 400_000

    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=60, check=False, preexec_fn=small_files
    )
    sent = creates(tenant)
    assert 0 < sent < 1_500, ran.stderr
    assert "Traceback" not in ran.stderr, ran.stderr
    assert ran.returncode == 1
    assert ran.stderr.count("the disk takes nothing more") == 1, ran.stderr
    ended = tenant.resume()
    assert "outcomes" in ended, ended
    assert ended["outcomes"]["created"] == 1_500, ended
    assert len(tenant.registrations()) == 1_500


def test_a_patch_canary_that_is_refused_says_what_was_written_before_it(tenant, said):
    tenant.load(tenant.source(20), canary=5)
    tenant.between.rule = lambda asked: said(400, {"message": "no"}) if asked.is_batch else None
    with pytest.raises(StopRule, match="Before that, 5 other records of this load were written; nothing more is sent"):
        tenant.load(tenant.source(40, notes="changed"), canary=5)
    assert len(tenant.registrations()) == 25


def reads(tenant) -> list[str]:
    return [asked.path for asked in tenant.between.asked if asked.method == "GET" and "/" not in asked.path]


@pytest.mark.parametrize(("gone", "proof"), [(1, 4), (5, 15)])
def test_a_canary_that_somebody_deleted_before_it_was_read_back_does_not_keep_the_load(tenant, said, gone, proof):
    tenant.between.rule = lambda asked: said(500, {"message": "no"}) if asked.method == "GET" else None
    with pytest.raises(ApiError):
        tenant.load(tenant.source(20), canary=5, attempts=1)
    tenant.between.rule = lambda _: None
    first = tenant.ids()
    assert len(first) == 5
    for registration_id in sorted(first)[:gone]:
        tenant.delete(registration_id)
    tenant.between.asked.clear()
    ended = tenant.resume(REGBULK_CANARY="5")
    assert (ended["exit"], ended["outcomes"]["created"]) == (0, 20), ended
    there = tenant.ids()
    assert len(there) == 20 - gone
    assert len(set(reads(tenant)) & there) == proof, "what is left of it proves, or else the next batch"


def test_an_api_that_keeps_nothing_of_what_it_confirms_is_found_out_by_the_canary(tenant, said):
    tenant.between.rule = lambda asked: said(200, {"id": "nobody"}) if asked.is_create else None
    with pytest.raises(StopRule, match="canary: of 5 records sent ahead none is there any more"):
        tenant.load(tenant.source(20), canary=5)
    assert creates(tenant) == 5


def planned(tenant, source, settings):
    """A load with its plan, and the file of the plan."""
    with open_ledger(settings.workspace) as ledger:
        load = begin(settings, ledger, Inputs(str(source)), load_id="a-load", now=datetime.now(UTC))

        async def prepared() -> None:
            with held(take_up(load, ledger, settings, lambda *_: None)) as work:
                async with Client(settings) as client:
                    await prepare(work, in_process(work, client))

        asyncio.run(prepared())
    (file,) = load.plan.glob("part-*.parquet")
    return file


def test_a_plan_that_was_replaced_after_it_was_noted_is_not_sent(tenant):
    """By a process that slept before it wrote its own, older one."""
    file = planned(tenant, tenant.source(20), tenant.settings())
    noted = file.read_bytes()
    pl.read_parquet(file).head(10).write_parquet(file)
    for _ in range(2):
        ended = tenant.push("a-load")
        assert ended["exit"] == 4, ended
        assert "the plan of load a-load is not the one that was noted" in ended["error"]
        assert "import the source again" in ended["error"]
    assert creates(tenant) == 0
    file.write_bytes(noted)
    assert tenant.push("a-load")["outcomes"]["created"] == 20


def test_who_wakes_after_the_load_was_taken_over_replaces_no_file_of_it(tenant):
    settings = tenant.settings(lease_seconds=0.3)
    with open_ledger(settings.workspace) as ledger:
        load = begin(settings, ledger, Inputs(str(tenant.source(20))), load_id="a-load", now=datetime.now(UTC))

        async def asleep() -> None:
            with held(take_up(load, ledger, settings, lambda *_: None)) as work:
                async with Client(settings) as client:
                    stage_load(work)
                    await read_target_of(work, client)
                    plan_part(work, 0, 1)
                    before = contents(load.path)
                    with sqlite3.connect(settings.workspace / "ledger.sqlite") as taken_over:
                        taken_over.execute("delete from holders")
                    taken_over.close()
                    await asyncio.sleep(0.4)
                    with pytest.raises(LeaseLost):
                        plan_part(work, 0, 1)
                    with pytest.raises(LeaseLost):
                        await read_target_of(work, client)
                    assert contents(load.path) == before

        asyncio.run(asleep())


def contents(folder):
    """Every file with its place on the disk, which a replaced one changes."""
    return {path: path.stat().st_ino for path in folder.rglob("*")}
