from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from regbulk.errors import LeaseLost, LedgerError
from regbulk.ledger import LeaseTaken, RecordOutcome, Resource, Terms, load_resource, open_ledger
from regbulk.ledger.tables import HOLDERS

BEGIN = """
import os, sys, time
from pathlib import Path
from pydantic import SecretStr
from regbulk.errors import LeaseLost
from regbulk.ledger import LeaseTaken, RecordOutcome, Resource, Terms, load_resource, open_ledger
folder, url, seconds, deadline = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
ledger = open_ledger(folder, SecretStr(url) if url else None)
"""
HOLDER = """
with ledger.hold(Terms("theirs", folder / "holders", seconds, deadline)) as lease:
    lease.claim([load_resource("theirs"), Resource("event")])
    fenced = ledger.fenced(lease)
    fenced.intend("theirs", 1)
    print("held", flush=True)
    sys.stdin.readline()
    for act in (lease.check, lambda: fenced.record("theirs", 1, [RecordOutcome(1, "created")]), lease.renew):
        try:
            act()
            print("done", flush=True)
        except LeaseLost as lost:
            print("lost", flush=True)
"""
RACER = """
with ledger.hold(Terms(str(os.getpid()), folder / "holders", seconds, deadline)) as lease:
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        lease.claim([Resource("event")])
        print("held", flush=True)
    except LeaseTaken:
        print("taken", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def ledger(tmp_path, ledger_url):
    with open_ledger(tmp_path, SecretStr(ledger_url) if ledger_url else None) as ledger:
        yield ledger


@pytest.fixture
def held(ledger, tmp_path):
    """Leases of loads, each as a process of its own would hold it."""
    with ExitStack() as stack:
        yield lambda load_id, seconds=30.0: stack.enter_context(
            ledger.hold(Terms(load_id, tmp_path / "holders", seconds, 1.0))
        )


@contextmanager
def process(code: str, tmp_path, ledger_url, seconds: float = 30.0, deadline: float = 1.0):
    command = [sys.executable, "-c", BEGIN + code, tmp_path, ledger_url or "", str(seconds), str(deadline)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def wait_for(condition, seconds: float = 20.0) -> float:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() < began + seconds, "it did not happen in time"
        time.sleep(0.02)
    return time.monotonic() - began


def claimed(lease, *resources: Resource) -> bool:
    try:
        lease.claim(resources)
    except LeaseTaken:
        return False
    return True


def test_what_one_holds_alone_no_other_holds_and_the_refusal_names_it(held):
    first, second = held("first"), held("second")
    first.claim([Resource("event")])
    with pytest.raises(LeaseTaken, match=rf"load first is at work on {os.uname().nodename} since 20") as taken:
        second.claim([Resource("other"), Resource("event")])
    assert taken.value.holder.load_id == "first"
    assert claimed(held("third"), Resource("other")), "all or none"
    first.end()
    assert claimed(second, Resource("event"))


def test_what_is_shared_is_held_by_many_until_one_wants_it_alone(held):
    first, second, third = (held(name) for name in "abc")
    assert claimed(first, Resource("tenant", exclusive=False))
    assert claimed(second, Resource("tenant", exclusive=False))
    assert not claimed(third, Resource("tenant"))
    second.end()
    assert claimed(first, Resource("tenant")), "what is held with others may be held alone once they are gone"
    assert not claimed(third, Resource("tenant", exclusive=False))


def test_claiming_again_what_is_held_changes_nothing(held):
    first, second = held("first"), held("second")
    assert claimed(first, Resource("event"))
    assert claimed(first, Resource("event", exclusive=False))
    assert not claimed(second, Resource("event", exclusive=False)), "it is still held alone"


def test_of_processes_that_race_for_one_event_one_gets_it(tmp_path, ledger, ledger_url):
    with ExitStack() as stack:
        racers = [stack.enter_context(process(RACER, tmp_path, ledger_url)) for _ in range(4)]
        assert [racer.stdout.readline() for racer in racers] == ["ready\n"] * 4
        for racer in racers:
            racer.stdin.write("\n")
            racer.stdin.flush()
        ends = [racer.stdout.readline() for racer in racers]
    assert sorted(ends) == ["held\n", "taken\n", "taken\n", "taken\n"]


def test_threads_that_claim_crosswise_never_hold_both(held):
    first, second = held("first"), held("second")
    found = []

    def claim(lease, *names: str) -> None:
        found.append(claimed(lease, *map(Resource, names)))

    threads = [threading.Thread(target=claim, args=(lease, *names)) for lease, names in ((first, "xy"), (second, "yx"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [False, True]


def test_a_killed_holder_is_taken_over_at_once(tmp_path, ledger, ledger_url, held):
    with process(HOLDER, tmp_path, ledger_url, seconds=3600) as other:
        assert other.stdout.readline() == "held\n"
        assert not claimed(held("mine"), Resource("event"))
        assert ledger.state("theirs") == "pushing"
        other.kill()
        other.wait()
    assert ledger.state("theirs") == "interrupted"
    mine = held("mine")
    assert claimed(mine, Resource("event"))
    assert mine.holder in {file.name for file in (tmp_path / "holders").iterdir()}
    assert len(list((tmp_path / "holders").iterdir())) == 2, "of this test's two; nothing is left of the killed one"


def test_a_stopped_holder_is_taken_over_after_lease_and_request_and_is_fenced_when_it_wakes(
    tmp_path, ledger, ledger_url, held
):
    with process(HOLDER, tmp_path, ledger_url, seconds=0.6, deadline=0.9) as other:
        assert other.stdout.readline() == "held\n"
        other.send_signal(signal.SIGSTOP)
        mine = held("mine")
        assert not claimed(mine, Resource("event")), "its request may still be answered"
        assert wait_for(lambda: claimed(mine, Resource("event"))) > 1.0
        other.stdin.write("\n")
        other.stdin.flush()
        other.send_signal(signal.SIGCONT)
        assert [other.stdout.readline() for _ in range(3)] == ["lost\n"] * 3
    assert ledger.totals("theirs") == {}, "what it wrote after waking was refused"


def test_a_holder_that_runs_is_never_taken_over_however_short_its_lease(tmp_path, ledger, ledger_url, held):
    with process(HOLDER, tmp_path, ledger_url, seconds=0.6, deadline=0.6) as other:
        assert other.stdout.readline() == "held\n"
        time.sleep(2)
        assert not claimed(held("mine"), Resource("event"))
        other.stdin.write("\n")
        other.stdin.flush()
        assert [other.stdout.readline() for _ in range(3)] == ["done\n"] * 3


def test_a_stopped_holder_that_nobody_took_over_goes_on(tmp_path, ledger, ledger_url):
    with process(HOLDER, tmp_path, ledger_url, seconds=0.3, deadline=0.3) as other:
        assert other.stdout.readline() == "held\n"
        other.send_signal(signal.SIGSTOP)
        time.sleep(1)
        other.stdin.write("\n")
        other.stdin.flush()
        other.send_signal(signal.SIGCONT)
        assert [other.stdout.readline() for _ in range(3)] == ["done\n"] * 3


@pytest.mark.parametrize(("silent", "taken"), [(0, False), (33, False), (80, False), (100, True)])
def test_a_holder_on_another_machine_is_taken_over_by_time_alone(postgres, tmp_path, silent, taken):
    with open_ledger(tmp_path, SecretStr(postgres)) as ledger, two_holders(ledger, tmp_path) as (other, mine):
        change_holder(ledger, other, silent=silent, host="elsewhere", boot="another")
        assert claimed(mine, Resource("event")) == taken


@pytest.mark.parametrize(
    ("found", "silent", "taken"),
    [
        ({"boot": "another"}, 0, True),
        ({"boot": "another"}, -100 * 86_400, True),
        ({}, -100 * 86_400, True),
        ({}, 0, False),
    ],
)
def test_a_holder_from_before_the_machine_started_is_gone(tmp_path, found, silent, taken):
    with open_ledger(tmp_path) as ledger, two_holders(ledger, tmp_path) as (other, mine):
        change_holder(ledger, other, silent=silent, host="a container", **found)
        assert claimed(mine, Resource("event")) == taken


def test_a_server_whose_clock_was_set_back_takes_nothing_from_anybody(postgres, tmp_path):
    with open_ledger(tmp_path, SecretStr(postgres)) as ledger, two_holders(ledger, tmp_path) as (other, mine):
        change_holder(ledger, other, silent=-3600, boot="another")
        assert not claimed(mine, Resource("event"))


@contextmanager
def two_holders(ledger, tmp_path):
    """A holder of the event, and another that wants it."""
    folder = tmp_path / "holders"
    with ledger.hold(Terms("other", folder, 30.0, 1.0)) as other, ledger.hold(Terms("mine", folder, 30.0, 1.0)) as mine:
        other.claim([Resource("event")])
        yield other, mine


def change_holder(ledger, lease, *, silent: float, **found: str) -> None:
    """Let a holder look as if its file were out of sight and it was not heard of for some seconds."""
    change = sa.update(HOLDERS).where(HOLDERS.c.holder == lease.holder)
    then = {"renewed_at": HOLDERS.c.renewed_at - silent, "file": "/not/here"}
    with ledger._database.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(change.values(**then, **found))


def test_a_lease_is_checked_without_the_ledger_while_it_is_good(ledger, held):
    good, old = held("good", 3600.0), held("old", 3600.0)
    old._renewed -= 3600
    with ledger._database.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(sa.delete(HOLDERS))
    good.check()
    with pytest.raises(LeaseLost):
        old.check()


def test_a_lost_lease_refuses_every_kind_of_write(ledger, held):
    lease = held("mine")
    fenced = ledger.fenced(lease)
    lease.end()
    for write in (
        lambda: fenced.intend("a", 1),
        lambda: fenced.record("a", 1, [RecordOutcome(1, "created")]),
        lambda: fenced.note("a", "finished", {}),
        lambda: fenced.forget("a", "finished"),
        lambda: lease.claim([Resource("event")]),
        lease.check,
    ):
        with pytest.raises(LeaseLost, match=r"load mine: another process took it over .*regbulk status mine"):
            write()
    assert (ledger.intents("a"), ledger.totals("a"), ledger.steps("a")) == (frozenset(), {}, {})


def test_nothing_is_left_of_a_lease_that_ended(ledger, tmp_path):
    with ledger.hold(Terms("mine", tmp_path / "holders", 30, 1)) as lease:
        lease.claim([load_resource("mine")])
        (file,) = (tmp_path / "holders").iterdir()
        assert file.stat().st_mode & 0o077 == 0
        assert ledger.at_work("mine").load_id == "mine"
    assert list((tmp_path / "holders").iterdir()) == []
    assert ledger.at_work("mine") is None


def test_a_folder_that_takes_no_file_is_said_before_anything_is_held(ledger, tmp_path):
    (tmp_path / "holders").touch()
    with pytest.raises(LedgerError, match="cannot be made"), ledger.hold(Terms("mine", tmp_path / "holders", 30, 1)):
        pass
