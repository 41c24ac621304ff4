"""Decision 11 of the design: searches trail writes, and a plan is made against what the target holds all the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import polars as pl
import pytest

from regbulk.api import Client
from regbulk.importing import import_source
from regbulk.inputs import Inputs
from regbulk.settings import Settings

WRITTEN = ("created", "patched", "unchanged", "conflict", "failed", "unknown")
SEARCH = "post /registrations/{tenantId}/search"
CREATE = "post /registrations/{tenantId}"
GET = "get /registrations/{tenantId}/{id}"
CONTACT = ("event_id", "contact_id")


@dataclass(frozen=True)
class Tenant:
    """A tenant of its own in the shared sandbox, and loads into it from one workspace."""

    sandbox: Any
    name: str
    folder: Path

    def settings(self, **given: Any) -> Settings:
        target = {"api_url": self.sandbox.url, "tenant": self.name, "api_key": "a-key"}
        return Settings.model_validate({**target, "workspace": self.folder / "workspace", **given})

    def load(self, rows: pl.DataFrame, key: tuple[str, ...] | None = None, **given: Any) -> dict[str, int]:
        """Import rows; what came of them, without the zeros."""
        path = self.folder / "source.csv"
        rows.write_csv(path)
        summary = asyncio.run(import_source(self.settings(**given), Inputs(str(path), key=key)))
        return {name: summary.outcomes[name] for name in WRITTEN if summary.outcomes[name]}

    def trail(self, seconds: float) -> None:
        self.sandbox.faults(f"lag={seconds:g}:always", tenant=self.name)

    def held(self) -> dict[str, dict[str, Any]]:
        found = self.sandbox.registrations(self.name)
        by_contact = {record["contact_id"]: record for record in found}
        assert len(by_contact) == len(found), "every record once"
        return by_contact

    def delete(self, registration_id: str) -> None:
        async def gone() -> None:
            async with Client(self.settings()) as client:
                await client.delete(registration_id)

        asyncio.run(gone())

    def requests(self, doing: Callable[[], object]) -> dict[str, int]:
        """How many requests something took, by method and path; no other tenant is at work meanwhile."""
        before = self.sandbox.stats()["requests"]
        doing()
        after = self.sandbox.stats()["requests"]
        return {kind: count - before.get(kind, 0) for kind, count in after.items() if count != before.get(kind, 0)}


@pytest.fixture(scope="session")
def overlay_sandbox(session_starter):
    return session_starter()


@pytest.fixture
def tenant(overlay_sandbox, tmp_path) -> Tenant:
    return Tenant(overlay_sandbox, f"overlay-{uuid4().hex[:8]}", tmp_path)


def rows(numbers: range, *, event: str = "e", notes: str = "n", external: bool = False) -> pl.DataFrame:
    data = {
        "event_id": event,
        "contact_id": [f"c{n}" for n in numbers],
        "name": "N",
        "type_id": "t",
        "package_id": "p",
        "notes": notes,
    }
    frame = pl.DataFrame(data)
    return frame.with_columns(sys_external_id=pl.format("x{}", "contact_id")) if external else frame


@pytest.mark.parametrize("stamps", ["send", "omit"])
@pytest.mark.parametrize("external", [False, True], ids=["by contact", "by external id"])
def test_a_file_imported_twice_at_once_changes_nothing_the_second_time(tenant, stamps, external):
    tenant.trail(30)
    source = rows(range(250), external=external)
    assert tenant.load(source, stamps=stamps) == {"created": 250}
    assert tenant.load(source, stamps=stamps) == {"unchanged": 250}
    assert len(tenant.held()) == 250


@pytest.mark.parametrize("stamps", ["send", "omit"])
def test_a_patch_is_computed_against_what_an_earlier_load_has_just_made(tenant, stamps):
    tenant.trail(30)
    tenant.load(rows(range(120)), stamps=stamps)
    assert tenant.load(rows(range(130), notes="m"), stamps=stamps) == {"created": 10, "patched": 120}
    assert tenant.load(rows(range(130), notes="m"), stamps=stamps) == {"unchanged": 130}
    assert {(record["notes"], record["sys_version"]) for record in tenant.held().values()} == {("m", 1), ("m", 2)}


@pytest.mark.parametrize("stamps", ["send", "omit"])
def test_what_a_search_still_shows_as_it_was_is_put_back_by_the_earlier_file(tenant, stamps):
    tenant.load(rows(range(30)), stamps=stamps)
    tenant.trail(30)
    assert tenant.load(rows(range(30), notes="m"), stamps=stamps) == {"patched": 30}
    assert tenant.load(rows(range(30)), stamps=stamps) == {"patched": 30}
    assert {record["notes"] for record in tenant.held().values()} == {"n"}


def test_the_last_of_several_loads_counts(tenant):
    tenant.load(rows(range(20)))
    tenant.trail(30)
    tenant.load(rows(range(20), notes="m"))
    tenant.load(rows(range(10), notes="o"))
    assert tenant.load(rows(range(20), notes="m")) == {"patched": 10, "unchanged": 10}


def test_what_was_deleted_a_moment_ago_is_created_anew(tenant):
    tenant.trail(30)
    tenant.load(rows(range(5)))
    tenant.delete(tenant.held()["c3"]["id"])
    assert tenant.load(rows(range(5))) == {"created": 1, "unchanged": 4}
    assert len(tenant.held()) == 5


def test_a_registration_that_just_went_to_another_contact_is_found_there_alone(tenant):
    tenant.load(rows(range(3)))
    tenant.trail(30)
    moved = pl.DataFrame({"id": [tenant.held()["c1"]["id"]], "event_id": ["e"], "contact_id": ["c7"]})
    assert tenant.load(moved, key=("id",)) == {"patched": 1}
    wanted = pl.concat([rows(range(2)), rows(range(7, 8))])
    assert tenant.load(wanted, key=CONTACT) == {"created": 1, "unchanged": 2}
    assert sorted(tenant.held()) == ["c0", "c1", "c2", "c7"]


def test_a_registration_known_by_its_id_is_compared_as_it_is_now(tenant):
    tenant.load(rows(range(4)))
    tenant.trail(30)
    tenant.load(rows(range(4), notes="m"))
    by_id = pl.DataFrame([{"id": record["id"], "notes": "n"} for record in tenant.held().values()])
    assert tenant.load(by_id) == {"patched": 4}


def test_a_registration_that_just_left_the_event_is_no_longer_met_there(tenant):
    tenant.load(rows(range(3), external=True))
    tenant.trail(30)
    left = pl.DataFrame({"id": [tenant.held()["c1"]["id"]], "event_id": ["other"]})
    assert tenant.load(left, key=("id",)) == {"patched": 1}
    assert tenant.load(rows(range(3), external=True)) == {"created": 1, "unchanged": 2}


def test_every_record_of_a_killed_load_is_there_once_after_an_import(tenant, regbulk_for):
    tenant.trail(1)
    source = tenant.folder / "killed.csv"
    rows(range(400)).write_csv(source)
    alone = {"REGBULK_TENANT": tenant.name, "REGBULK_CONCURRENCY": "1"}
    with regbulk_for(tenant.sandbox.url).start("import", source, **alone) as process:
        deadline = time.monotonic() + 60
        while tenant.sandbox.stats()["registrations"].get(tenant.name, 0) < 150:
            assert process.poll() is None, "the load ended by itself"
            assert time.monotonic() < deadline, "the load did not begin in time"
            time.sleep(0.005)
        process.kill()
        process.communicate()
    made = len(tenant.held())
    assert 150 <= made < 400, "killed in the middle"
    assert tenant.load(rows(range(400)), settle_seconds=2.0, timeout=2) == {"created": 400 - made, "unchanged": made}
    assert len(tenant.held()) == 400


def test_creates_that_a_killed_load_left_under_way_are_not_made_again_by_an_import(tenant, regbulk_for):
    tenant.sandbox.faults("latency=2@create", tenant=tenant.name)
    source = tenant.folder / "killed.csv"
    rows(range(6)).write_csv(source)
    given = {"REGBULK_TENANT": tenant.name, "REGBULK_CANARY": "0", "REGBULK_TIMEOUT": "3"}
    with regbulk_for(tenant.sandbox.url).start("import", source, **given) as process:
        while sum(tenant.sandbox.struck(tenant.name).values()) < 6:
            assert process.poll() is None, "the load ended by itself"
            time.sleep(0.01)
        process.kill()
        process.communicate()
    tenant.sandbox.no_faults(tenant=tenant.name)
    assert not tenant.held(), "nothing has taken effect yet"
    assert tenant.load(rows(range(6)), settle_seconds=0.3, timeout=3) == {"unchanged": 6}
    assert len(tenant.held()) == 6


def test_a_load_older_than_the_window_costs_no_request(tenant):
    tenant.load(rows(range(120), external=True))
    tenant.trail(30)
    tenant.load(rows(range(120), notes="m", external=True))
    time.sleep(0.3)
    assert set(tenant.requests(lambda: tenant.load(rows(range(120), external=True), lag_seconds=0.2))) == {SEARCH}
    within = tenant.requests(lambda: tenant.load(rows(range(120), notes="m", external=True)))
    assert within[GET] == 120


def test_what_the_search_shows_already_costs_no_request(tenant):
    tenant.load(rows(range(150), external=True))
    tenant.load(rows(range(50), notes="m", external=True))
    again = tenant.requests(lambda: tenant.load(rows(range(50), notes="m", external=True)))
    assert set(again) == {SEARCH}


def test_a_load_of_other_records_costs_no_request(tenant):
    tenant.trail(30)
    tenant.load(rows(range(150)))
    other_event = tenant.requests(lambda: tenant.load(rows(range(3), event="other", external=True), canary=0))
    assert other_event == {SEARCH: 1, CREATE: 3}
    other_contacts = tenant.requests(lambda: tenant.load(rows(range(150, 153)), canary=0))
    assert other_contacts == {SEARCH: 1, CREATE: 3}
