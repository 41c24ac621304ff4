"""The main job under every dialect of the sandbox: right, or stopped before harm with the setting to change."""

from __future__ import annotations

import asyncio
import itertools
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

from regbulk import Settings, import_source
from regbulk.errors import RegbulkError
from regbulk.inputs import Inputs
from regbulk.sandbox.dialect import DIALECTS

ROWS = 30
COMPLETE = {
    "membership_information": '{"membership_package_id":"m"}',
    "cancellation_date": "2025-01-01T00:00:00Z",
}


@dataclass(frozen=True)
class End:
    """How the job ends at first: what the message says, and what it says to change; empty where it is right at once."""

    says: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] | None = None
    columns: dict[str, str] = field(default_factory=dict)


ENDS = {
    "drop-stamps": [End("REGBULK_STAMPS=omit", {"stamps": "omit"})],
    "drop-external-id": [End("--key event_id,contact_id", key=("event_id", "contact_id"))],
    "full-records": [End("membership_information", columns=COMPLETE)],
    "text-values": [End("REGBULK_PATCH_VALUES=text", {"patch_values": "text"})],
    "full-operations": [End("REGBULK_BATCH_OPERATION=full", {"batch_operation": "full"})],
    "search-needs-name": [End("REGBULK_SEARCH_NAME", {"search_name": ""})],
    "bare-authorization": [End("REGBULK_AUTH_SCHEME=bare", {"auth_scheme": "bare"})],
    "strict": [
        End("REGBULK_SEARCH_NAME", {"search_name": ""}),
        End("membership_information", columns=COMPLETE),
        End("REGBULK_BATCH_OPERATION=full", {"batch_operation": "full", "patch_values": "text"}),
    ],
}
"""By dialect what stops the job one after the other; the others need nothing."""


@dataclass
class Job:
    """A source imported into one tenant; the settings are those that messages asked for so far."""

    url: str
    tenant: str
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    key: tuple[str, ...] | None = None
    columns: dict[str, str] = field(default_factory=dict)
    loads: itertools.count = field(default_factory=itertools.count)

    def load(self, **changed: str):
        numbers = range(ROWS)
        data = {
            "sys_external_id": [f"L{n}" for n in numbers],
            "event_id": "e",
            "contact_id": [f"c{n}" for n in numbers],
            "name": "Ada L",
            "type_id": "t",
            "package_id": "p",
            "checkin_date": "2025-01-01T10:00:00Z",
            "order_total": "10",
            "custom_field_values": orjson.dumps(
                [{"custom_field_id": "events-registrations__diet__c", "string_value": "none"}]
            ).decode(),
        }
        source = self.folder / f"{next(self.loads)}.csv"
        pl.DataFrame(data | self.columns | changed).write_csv(source)
        settings = Settings(
            api_url=self.url,
            tenant=self.tenant,
            api_key="a-key",
            workspace=self.folder / "workspace",
            settle_seconds=0.3,
            **self.settings,
        )
        return asyncio.run(import_source(settings, Inputs(str(source), key=self.key)))

    def until_right(self, ends: list[End], **changed: str):
        """Import; where it stops, do what the message says and import again."""
        while True:
            try:
                return self.load(**changed)
            except RegbulkError as stop:
                assert ends, f"stopped without need: {stop}"
                end = ends.pop(0)
                assert end.says in str(stop), stop
                self.settings |= end.settings
                self.key = end.key or self.key
                self.columns |= end.columns


@pytest.fixture(scope="module")
def api(session_starter):
    return session_starter()


@pytest.mark.parametrize("name", DIALECTS)
def test_the_main_job_is_right_under_each_dialect_or_says_what_to_change(api, tmp_path, name):
    job = Job(api.url, f"dialect-{name}", tmp_path)
    api.dialects(job.tenant, name)
    ends = list(ENDS.get(name, ()))
    created = job.until_right(ends)
    held = {record["contact_id"]: record for record in api.registrations(job.tenant)}
    assert len(held) == len(api.registrations(job.tenant)) == ROWS, "every record is there once"
    assert sum(created.outcomes.values()) == ROWS
    assert {record["order_total"] for record in held.values()} == {10}
    if name == "lagging-reads":
        time.sleep(2.2)
    diet = [{"custom_field_id": "events-registrations__diet__c", "string_value": "vegan"}]
    changes = {"order_total": "12.5", "notes": "changed", "custom_field_values": orjson.dumps(diet).decode()}
    changed = job.until_right(ends, **changes)
    assert not ends, f"never heard: {ends}"
    assert sum(changed.outcomes[outcome] for outcome in ("failed", "unknown", "conflict")) == 0, changed.outcomes
    after = {record["contact_id"]: record for record in api.registrations(job.tenant)}
    assert {contact: record["id"] for contact, record in after.items()} == {
        contact: record["id"] for contact, record in held.items()
    }, "nothing was created a second time"
    for record in after.values():
        assert (record["order_total"], record["notes"], record["custom_field_values"]) == (12.5, "changed", diet)
        assert record["sys_version"] <= 3
