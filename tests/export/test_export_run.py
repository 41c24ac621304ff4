from __future__ import annotations

import asyncio
import hashlib
import json
import stat
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regbulk.api import Client
from regbulk.errors import ApiError, ExportError, SettingsError
from regbulk.export import ExportQuery, ExportResult, arrow_schema, check_export, export_columns, export_registrations
from regbulk.settings import Settings

STARTED = datetime(2026, 3, 1, 8, tzinfo=UTC)


def export(search: Any, out: Path, **asked: Any) -> ExportResult:
    query = ExportQuery(**{"events": ("e1",), "filters": {}, "fields": None} | asked)

    async def run() -> ExportResult:
        async with Client(Settings(api_url=search.url, tenant="acme", api_key="k")) as client:
            return await export_registrations(client, query, out, started_at=STARTED)

    return asyncio.run(run())


def ids(path: Path) -> list[str]:
    return pq.read_table(path, columns=["id"])["id"].to_pylist()


def test_pages_of_several_events_become_one_checked_file(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[{"id": "a", "city": "Århus"}], [{"id": "b", "sys_version": 2}]])
    search.chain("e2", [[{"id": "c", "number": 1.5}]])
    out = tmp_path / "x.parquet"
    result = export(search, out, events=("e1", "e2", "e1"), filters={"status": ["active"]})
    assert (result.rows, result.pages, result.path) == (3, 3, out)
    manifest = check_export(out)
    assert result.manifest_path.name == "x.parquet.manifest.json"
    assert stat.S_IMODE(result.manifest_path.stat().st_mode) == stat.S_IMODE(out.stat().st_mode) == 0o600
    assert manifest.query.model_dump() == {
        "events": ("e1", "e2", "e1"),
        "filters": {"status": ["active"]},
        "fields": None,
    }
    assert (manifest.tenant, f"http://{manifest.api_host}") == ("acme", search.url)
    assert manifest.started_at == STARTED
    assert manifest.finished_at == STARTED + timedelta(seconds=result.seconds)
    assert (manifest.counts.event_rows, manifest.counts.kept_raw) == ({"e1": 2, "e2": 1}, {"number": 1})
    chain = '["e1","c1"]\n["e1",null]\n["e2",null]\n'
    assert manifest.counts.cursors_sha256 == hashlib.sha256(chain.encode()).hexdigest()
    assert [asked["body"] for asked in search.asked] == [
        {"status": ["active"], "event_id": event} for event in ("e1", "e1", "e2")
    ]


def test_an_empty_page_with_a_cursor_is_not_the_end(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[], [{"id": "a"}], [], [], [{"id": "b"}], []])
    result = export(search, tmp_path / "x.parquet")
    assert (result.rows, result.pages, ids(result.path)) == (2, 6, ["a", "b"])


def test_a_record_on_two_pages_is_written_once_and_counted(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[{"id": "a", "city": "first"}, {"id": "b"}], [{"id": "a", "city": "again"}, {"id": "c"}]])
    result = export(search, tmp_path / "x.parquet")
    assert pq.read_table(result.path, columns=["id", "city"]).to_pylist()[0] == {"id": "a", "city": "first"}
    assert ids(result.path) == ["a", "b", "c"]
    assert check_export(result.path).counts.overlaps == 1


@pytest.mark.parametrize("cursors", [["A", "A"], ["A", "B", "A"]], ids=["stuck", "cycle"])
def test_a_repeated_cursor_is_refused_and_nothing_is_published(search: Any, tmp_path: Path, cursors: list[str]) -> None:
    search.play("e1", [([{"id": str(n)}], cursor) for n, cursor in enumerate(cursors)])
    with pytest.raises(ApiError, match="cursor"):
        export(search, tmp_path / "x.parquet")
    assert list(tmp_path.iterdir()) == []


def test_no_record_gives_a_valid_empty_file_with_the_whole_schema(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[]])
    result = export(search, tmp_path / "x.parquet")
    assert result.rows == check_export(result.path).data.rows == 0
    assert pq.read_schema(result.path).equals(arrow_schema(export_columns()))


def test_chosen_fields_are_asked_for_with_key_and_version_and_nothing_else_is_kept(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[{"id": "a", "city": "x", "sys_version": 1, "state": "y", "novel": 1}]])
    result = export(search, tmp_path / "x.parquet", fields=("city",))
    assert search.asked[0]["fields"] == "id,city,sys_version"
    assert pq.read_table(result.path).to_pylist() == [{"id": "a", "city": "x", "sys_version": 1, "_raw": None}]


def test_a_record_without_an_id_is_never_taken_for_an_overlap(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[{"city": "a"}, {"city": "b"}, {"id": 7}, {"id": 7}]])
    result = export(search, tmp_path / "x.parquet")
    assert result.rows == 4
    assert check_export(result.path).counts.kept_raw == {"id": 2}


def test_what_is_no_registration_is_left_out_counted_and_listed(search: Any, tmp_path: Path, caplog: Any) -> None:
    search.chain("e1", [[{"id": "a"}], ["stray", {"id": "b"}, None]])
    result = export(search, tmp_path / "x.parquet")
    assert (result.rows, ids(result.path)) == (2, ["a", "b"])
    counts = check_export(result.path).counts
    assert counts.quarantined == 2
    assert [set_aside.model_dump() for set_aside in counts.quarantine] == [
        {"event": "e1", "page": 2, "position": 1, "value": '"stray"'},
        {"event": "e1", "page": 2, "position": 3, "value": "null"},
    ]
    assert "left out 2 values that are no registrations" in caplog.text
    assert "stray" not in caplog.text


def test_polars_and_pyarrow_see_the_same_types_and_values(search: Any, tmp_path: Path) -> None:
    badge = {"first_name": "Ana", "full_name": "Ana Å", "organization_name": "O", "job_title": "J", "location": "L"}
    record = {"id": "a", "date": "2026-03-01T09:00:00.5Z", "order_total": 12.5, "number": 7, "badge": badge}
    record |= {"ribbon_ids": ["r"], "sys_locked": False, "add_ons": [{"add_on_product_id": "p", "quantity": 2}]}
    search.chain("e1", [[record, {"id": "b"}]])
    out = export(search, tmp_path / "x.parquet").path
    frame, table = pl.read_parquet(out), pq.read_table(out)
    assert frame.to_dicts() == table.to_pylist()
    assert frame["date"][0] == datetime(2026, 3, 1, 9, 0, 0, 500000, tzinfo=UTC)
    assert frame["order_total"][0] == Decimal("12.5")
    assert frame["badge"][1] is None
    assert frame.schema == pl.from_arrow(table).schema
    assert table.schema.field("date").type == pa.timestamp("us", tz="UTC")


def test_many_pages_make_row_groups_of_bounded_size(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[{"id": f"{page}-{n}"} for n in range(2_500)] for page in range(16)])
    seen: list[tuple[int, int]] = []
    query = ExportQuery(events=("e1",), filters={}, fields=("city",))

    async def run() -> ExportResult:
        async with Client(Settings(api_url=search.url, tenant="acme", api_key="k")) as client:
            on_page = lambda rows, pages: seen.append((rows, pages))  # noqa: E731 - two arguments into one list
            return await export_registrations(client, query, tmp_path / "x", started_at=STARTED, on_page=on_page)

    result = asyncio.run(run())
    groups = pq.ParquetFile(result.path).metadata
    assert [groups.row_group(n).num_rows for n in range(groups.num_row_groups)] == [17_500, 17_500, 5_000]
    assert (seen[0], seen[-1]) == ((2_500, 1), (40_000, 16))


def test_nothing_to_export_is_a_wrong_setting(search: Any, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--event"):
        export(search, tmp_path / "x.parquet", events=())
    with pytest.raises(SettingsError, match="did you mean 'city'"):
        export(search, tmp_path / "x.parquet", fields=("citi",))
    assert search.asked == []


def test_a_file_that_is_not_its_manifests_is_found(search: Any, tmp_path: Path) -> None:
    search.chain("e1", [[{"id": "a"}]])
    out = export(search, tmp_path / "x.parquet").path
    manifest = tmp_path / "x.parquet.manifest.json"
    whole = out.read_bytes()
    with out.open("r+b") as file:
        file.seek(4)
        file.write(b"\xff")
    with pytest.raises(ExportError, match="sha256 is"):
        check_export(out)
    out.write_bytes(whole[:-1])
    with pytest.raises(ExportError, match="cannot be read as an export"):
        check_export(out)
    out.write_bytes(whole)
    stated = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(stated | {"counts": stated["counts"] | {"rows": 2}}))
    with pytest.raises(ExportError, match="not a manifest of this version"):
        check_export(out)
    manifest.unlink()
    with pytest.raises(ExportError, match="no manifest can be read"):
        check_export(out)
