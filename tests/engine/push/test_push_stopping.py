"""How a push ends early: as asked, by a ledger that takes nothing more, by a canary that came back wrong."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from regbulk.api import Client
from regbulk.errors import Interrupted, StopRule
from regbulk.ledger import open_ledger
from regbulk.load import open_load
from regbulk.steps import in_process, prepare
from regbulk.work import Work, begin


def creates(tenant) -> int:
    return sum(asked.is_create for asked in tenant.between.asked)


def test_a_push_that_is_asked_to_stop_finishes_what_is_in_flight_and_begins_nothing_more(tenant):
    from datetime import UTC, datetime

    from regbulk.inputs import Inputs

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
