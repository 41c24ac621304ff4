"""The K cases of the fault matrix: killed at one named instant, taken up, and compared record by record."""

from __future__ import annotations

import shutil
import sqlite3

import polars as pl
import pytest

from regbulk.ledger import open_ledger

ROWS, REJECTS = 6, 1
SETTINGS = {"canary": 0, "concurrency": 1, "settle_seconds": 0.2, "timeout": 0.5}
"""One request after the other, so that every run meets the same instants."""
SENDING, SENT, HEARD = (
    f"wire {step}"
    for step in ("send_request_headers.started", "send_request_body.complete", "receive_response_body.complete")
)
BEFORE, AFTER = "ledger before commit", "ledger after commit"


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """Six creates and a reject."""
    rows = ROWS + REJECTS
    same = {"event_id": "e", "name": "N", "type_id": "t", "package_id": "p"}
    contacts = [f"c{n}" for n in range(ROWS)] + [""]
    path = tmp_path_factory.mktemp("kills") / "source.csv"
    pl.DataFrame({"sys_external_id": [f"L{n}" for n in range(rows)], "contact_id": contacts} | same).write_csv(path)
    return path


@pytest.fixture(scope="module")
def met(lane, source) -> list[str]:
    """The instants of an unbroken run."""
    life = lane.run("kills-unbroken", "import", source, "--json", **SETTINGS)
    assert life.status == 3, life.stderr
    assert life.met.count(SENDING) == ROWS + 1, "one search and the creates"
    return list(life.met)


def instant(met: list[str], code: str) -> int:
    """The number of the instant that a case is about, counted from 1."""
    first = [place for place, one in enumerate(met) if one == SENDING][1]
    last = max(place for place, one in enumerate(met) if one == HEARD)
    commits = [place for place, one in enumerate(met) if one == AFTER and place < first]
    places = {
        "k02 planned, nothing sent": commits[-2],
        "k03 intent not committed": commits[-1] - 1,
        "k04 intent committed, nothing sent": commits[-1],
        "k05 sending": first + 4,
        "k06 sent": met.index(SENT, first + 4),
        "k07 answer read": last,
        "k07 outcome not committed": met.index(BEFORE, last),
        "k09 outcome committed": met.index(AFTER, last),
        "k11 rejects": met.index("file open .rejects.csv.partial"),
        "k11 rejects renamed": met.index("file os.rename .rejects.parquet.partial"),
        "k12 outcomes": met.index("file open .outcomes.csv.partial"),
        "k12 outcomes renamed": met.index("file os.rename .outcomes.csv.partial"),
    }
    return places[code] + 1


def killed(lane, source, doom, tenant: str, at: int, **settings) -> str:
    """Kill an import at an instant; the load that was begun."""
    life = lane.run(tenant, "import", source, "--json", doom=doom(at=at), **(SETTINGS | settings))
    assert life.killed, life.stderr
    (load_id,) = lane.loads(tenant)
    return load_id


def goes_on(lane, tenant: str, load_id: str, **settings) -> None:
    """The load ends as an unbroken one, each record there once."""
    life = lane.run(tenant, "push", load_id, "--json", **(SETTINGS | settings))
    assert life.status == 3, life.stderr
    assert (life.json["outcomes"]["created"], life.json["rejects"]) == (ROWS, REJECTS)
    held = lane.registrations(tenant)
    assert sorted((record["contact_id"], record["sys_version"]) for record in held) == [
        (f"c{n}", 1) for n in range(ROWS)
    ]
    assert {record["sys_bulk_load_id"] for record in held} == {load_id}
    outcomes = pl.read_parquet(lane.workspace(tenant) / "loads" / load_id / "outcomes.parquet")
    assert set(outcomes.filter(outcome="created")["id"]) == {record["id"] for record in held}
    assert (lane.workspace(tenant) / "loads" / load_id / "rejects.csv").read_text().count("\n") == REJECTS + 1


@pytest.mark.parametrize(
    "code",
    [
        "k02 planned, nothing sent",
        "k03 intent not committed",
        "k04 intent committed, nothing sent",
        "k05 sending",
        "k06 sent",
        "k07 answer read",
        "k07 outcome not committed",
        "k09 outcome committed",
        "k11 rejects",
        "k11 rejects renamed",
        "k12 outcomes",
        "k12 outcomes renamed",
    ],
)
def test_k02_k03_k04_k05_k06_k07_k09_k11_k12_killed_there_it_goes_on_as_if_unbroken(lane, source, met, doom, code):
    tenant = code.replace(" ", "-").replace(",", "")
    load_id = killed(lane, source, doom, tenant, instant(met, code))
    goes_on(lane, tenant, load_id)


def test_k08_k19_the_torn_tail_of_the_ledger_is_lost_and_read_back_from_the_target(lane, source, met, doom):
    load_id = killed(lane, source, doom, "torn", instant(met, "k09 outcome committed"))
    tail = lane.workspace("torn") / "ledger.sqlite-wal"
    whole = tail.read_bytes()
    tail.write_bytes(whole[:-100])
    with open_ledger(lane.workspace("torn")) as ledger:
        assert ledger.totals(load_id) == {}, "the outcomes were in the tail"
    goes_on(lane, "torn", load_id)


def test_k19_every_commit_of_the_ledger_is_synced_so_that_a_loss_of_power_takes_nothing_that_was_told(tmp_path):
    with open_ledger(tmp_path) as ledger, ledger._database.engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    assert sqlite3.threadsafety, "SQLite is there"


def test_k14_killed_while_a_token_is_written_the_next_process_gets_its_own(lane, source, doom):
    token_url = f"{lane.sandbox.url}/oauth/token"
    oauth = {"api_key": "", "client_id": "kills", "client_secret": "s", "token_url": token_url}
    life = lane.run("oauth", "import", source, "--json", **(SETTINGS | oauth))
    assert life.status == 3, life.stderr
    places = [place for place, one in enumerate(life.met, start=1) if "token" in one]
    assert places, life.met
    for place in places:
        tenant = f"oauth-{place}"
        load_id = killed(lane, source, doom, tenant, place, **oauth)
        goes_on(lane, tenant, load_id, **oauth)


def test_k16_a_workspace_that_was_moved_elsewhere_goes_on_once_its_lease_is_over(lane, source, met, doom):
    soon = {"lease_seconds": 0.3, "timeout": 0.5}
    load_id = killed(lane, source, doom, "moved", instant(met, "k06 sent"), **soon)
    shutil.move(lane.workspace("moved"), lane.workspace("moved-to"))
    settings = SETTINGS | soon | {"workspace": lane.workspace("moved-to")}
    life = lane.run("moved", "push", load_id, "--json", "--wait", **settings)
    assert life.status == 3, life.stderr
    assert life.json["outcomes"]["created"] == ROWS
    assert len(lane.registrations("moved")) == ROWS
