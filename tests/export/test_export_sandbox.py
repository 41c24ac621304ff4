from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pyarrow.parquet as pq
import pytest

from regbulk.api import Client
from regbulk.export import ExportQuery, ExportResult, check_export, export_registrations, search_filters
from regbulk.settings import Settings

TENANT = "acme"
REGISTRATION = {
    "contact_id": "0007",
    "name": "Þóra Jónsdóttir",
    "type_id": "speaker",
    "package_id": "full",
    "status": "active",
    "date": "2026-03-01T09:00:00.25Z",
    "order_total": 1234.05,
    "group_order": 3,
    "is_guest_registration": False,
    "badge": {"first_name": "Þóra", "nickname": "a member nobody documents"},
    "membership_information": {"membership_package_id": "gold"},
    "ribbon_ids": ["one", "two"],
    "add_ons": [{"add_on_product_id": "dinner", "quantity": 2}],
    "custom_field_values": [{"custom_field_id": "a__c", "list_value": ["x"]}, {"custom_field_id": "b__c"}],
    "functions": [{"function_id": "f", "of": {"open": ["shape"]}}],
    "sys_bulk_load_record_no": 17,
}


def export(url: str, out: Path, query: ExportQuery) -> ExportResult:
    async def run() -> ExportResult:
        async with Client(Settings(api_url=url, tenant=TENANT, api_key="key")) as client:
            return await export_registrations(client, query, out, started_at=datetime.now(UTC))

    return asyncio.run(run())


@pytest.fixture
def filled(start_sandbox: Any) -> Any:
    """A sandbox of small pages with 25 registrations of event `a`, every fifth a draft, and 3 of event `b`."""
    sandbox = start_sandbox(page_size=4)
    with httpx.Client(headers={"Authorization": "key"}, timeout=60) as http:
        for n in range(28):
            status = "draft" if n % 5 == 0 else "active"
            body = REGISTRATION | {"event_id": "a" if n < 25 else "b", "contact_id": f"{n:04}", "status": status}
            http.post(f"{sandbox.url}/registrations/{TENANT}", json=body).raise_for_status()
    return sandbox


def test_an_export_holds_every_registration_field_by_field(filled: Any, decode: Any, tmp_path: Path) -> None:
    result = export(filled.url, tmp_path / "x.parquet", ExportQuery(("a", "b"), {}, None))
    rows = {row["id"]: decode(row) for row in pq.read_table(result.path).to_pylist()}
    assert result.rows == len(rows) == 28
    for record in filled.registrations(TENANT):
        exported = rows[record["id"]]
        for moment in ("sys_created_at", "sys_last_modified_at", "date"):
            exported_at, at = exported.pop(moment), record.pop(moment)
            assert datetime.fromisoformat(exported_at) == datetime.fromisoformat(at)
        assert exported == record
    manifest = check_export(result.path)
    assert (manifest.counts.event_rows, manifest.counts.overlaps) == ({"a": 25, "b": 3}, 0)
    assert manifest.counts.kept_raw == {"badge": 28}


def test_a_filter_that_empties_most_pages_still_finds_all(filled: Any, tmp_path: Path) -> None:
    period = ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]
    filters = search_filters({"status": ["draft"], "date": period})
    result = export(filled.url, tmp_path / "x.parquet", ExportQuery(("a",), filters, ("contact_id",)))
    table = pq.read_table(result.path)
    assert sorted(table["contact_id"].to_pylist()) == ["0000", "0005", "0010", "0015", "0020"]
    assert table.column_names == ["id", "contact_id", "sys_version", "_raw"]
    assert result.pages >= 7
