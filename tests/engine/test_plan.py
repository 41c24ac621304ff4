from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from regbulk import partitions, rejects
from regbulk.load import Manifest
from regbulk.mapping import compile_mapping
from regbulk.plan import Planned, PlanRules, plan_partition
from regbulk.schema import import_schema
from regbulk.source import open_source
from regbulk.stage import Staged, StageRules, stage
from regbulk.stamps import STAMPS, stamp
from regbulk.target import Shape, searches, snapshot

SCHEMA = import_schema()
MANIFEST = Manifest(
    load_id="load-1",
    version="0",
    tenant="t",
    api_url="http://127.0.0.1:1",
    source="a.csv",
    source_name="a.csv",
    fingerprint="f",
    inputs_hash="h",
    mode="upsert",
    key=("event_id", "contact_id"),
    started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
FULL = "event_id,contact_id,first_name,last_name,type_id,package_id,notes,status,cancellation_date,badge.location"


def staged(tmp_path: Path, text: str, key: tuple[str, ...] = MANIFEST.key) -> tuple[Staged, tuple[str, ...]]:
    (tmp_path / "a.csv").write_text(text)
    source = open_source(str(tmp_path / "a.csv"))
    converter = compile_mapping(None, source.columns, SCHEMA, source_name=source.name)
    rules = StageRules(converter, SCHEMA, key, complete="no record", ids_allowed=True)
    with partitions.PartitionWriter(tmp_path / "accepted", rows=7) as writer:
        found = stage(
            source, rules, tmp_path, keep=lambda frame: writer.write(stamp(frame, MANIFEST)), progress=lambda _: None
        )
    return found, converter.columns


def planned(tmp_path: Path, columns: tuple[str, ...], registrations: list[dict], count: int = 1, **changes) -> Planned:
    key = changes.pop("key", MANIFEST.key)
    shape = Shape(key, columns, SCHEMA)
    with partitions.PartitionWriter(tmp_path / "target", rows=5) as writer:
        for registration in registrations:
            writer.write(snapshot([registration], shape))
    given = {"mode": "upsert", "stamps": STAMPS, "batch_size": 4, "canary": 2} | changes
    rules = PlanRules(shape=shape, manifest=MANIFEST, **given)
    parts = [plan_partition(tmp_path / "accepted", tmp_path / "target", index, count, rules) for index in range(count)]
    return Planned(pl.concat(part.rows for part in parts), rejects.merge(*(part.rejects for part in parts)))


def rows(numbers: range) -> str:
    return "".join(f"e1,c{n},Ada,Lovelace,t,p,note {n},,,\n" for n in numbers)


@pytest.mark.parametrize("count", [2, 5])
def test_the_number_of_partitions_does_not_change_what_becomes_of_a_record(tmp_path, count):
    _, columns = staged(tmp_path, f"{FULL}\n{rows(range(40))}")
    known = [
        {"id": f"r{n}", "event_id": "e1", "contact_id": f"c{n}", "notes": f"note {n % 30}", "sys_version": 1}
        for n in range(10, 40)
    ]
    one = planned(tmp_path, columns, known).rows.drop("batch", "canary").sort("record_no")
    several = planned(tmp_path, columns, known, count).rows.drop("batch", "canary").sort("record_no")
    assert one.rows() == several.rows()
    assert one.group_by("action").len().sort("action").rows() == [("create", 10), ("patch", 30)]


def test_batches_are_numbered_from_one_canaries_first_and_none_is_larger_than_asked(tmp_path):
    _, columns = staged(tmp_path, f"{FULL}\n{rows(range(20))}")
    known = [{"id": f"r{n}", "event_id": "e1", "contact_id": f"c{n}", "sys_version": 1} for n in range(8)]
    found = planned(tmp_path, columns, known).rows
    batches = found.group_by("batch").agg("action", pl.col("canary").unique(), pl.len()).sort("batch")
    assert batches["batch"].to_list() == list(range(1, 8))
    assert batches["len"].to_list() == [2, 4, 4, 2, 2, 4, 2]
    assert batches["canary"].to_list() == [[True], [False], [False], [False], [True], [False], [False]]
    assert all(len(set(actions)) == 1 for actions in batches["action"])


def test_a_new_registration_gets_a_name_of_first_and_last_name_and_its_stamps(tmp_path):
    _, columns = staged(tmp_path, f"{FULL}\n{rows(range(1))}")
    document = json.loads(planned(tmp_path, columns, []).rows["document"][0])
    assert document["name"] == "Ada Lovelace"
    assert {name: document[name] for name in STAMPS} == {
        "sys_bulk_load_pk": "t:load-1",
        "sys_bulk_load_at": "2026-01-02T03:04:05Z",
        "sys_bulk_load_id": "load-1",
        "sys_bulk_load_record_no": 1,
        "sys_bulk_load_source_file": "a.csv",
    }


def test_a_record_that_turns_out_to_be_a_create_must_be_complete(tmp_path):
    text = f"{FULL}\ne1,c1,,,,,x,,,\ne1,c2,,,,,x,cancelled,,\n"
    found, columns = staged(tmp_path, text)
    assert found.accepted == 2
    result = planned(tmp_path, columns, [{"id": "r1", "event_id": "e1", "contact_id": "c1", "sys_version": 3}])
    assert result.rows.select("record_no", "action").rows() == [(1, "patch")]
    assert set(result.rejects.select("record_no", "field", "code").rows()) == {
        (2, "type_id", "missing-value"),
        (2, "package_id", "missing-value"),
        (2, "name", "missing-value"),
        (2, "cancellation_date", "condition-error"),
    }


def test_stamps_alone_are_no_change(tmp_path):
    _, columns = staged(tmp_path, f"{FULL}\n{rows(range(1))}")
    known = {"id": "r0", "event_id": "e1", "contact_id": "c0", "first_name": "Ada", "last_name": "Lovelace"}
    known |= {"type_id": "t", "package_id": "p", "notes": "note 0", "sys_bulk_load_id": "another"}
    assert planned(tmp_path, columns, [known]).rows["action"].to_list() == ["unchanged"]


def test_a_tenant_without_stamps_gets_none(tmp_path):
    _, columns = staged(tmp_path, f"{FULL}\n{rows(range(2))}")
    known = [{"id": "r0", "event_id": "e1", "contact_id": "c0", "sys_version": 1}]
    documents = planned(tmp_path, columns, known, stamps=()).rows["document"].to_list()
    assert not any("sys_" in document for document in documents)
    assert all(json.loads(document) for document in documents)


def test_a_clear_removes_what_is_there_and_means_nothing_for_a_new_registration(tmp_path):
    _, columns = staged(tmp_path, f"{FULL}\ne1,c1,A,B,t,p,\\N,,,\\N\ne1,c2,A,B,t,p,\\N,,,\n")
    known = {"id": "r1", "event_id": "e1", "contact_id": "c1", "first_name": "A", "last_name": "B"}
    known |= {"type_id": "t", "package_id": "p", "notes": "old", "badge": {"location": "x", "job_title": "y"}}
    found = planned(tmp_path, columns, [known], stamps=()).rows.sort("record_no")["document"].to_list()
    assert json.loads(found[0]) == [
        {"op": "remove", "path": "/badge/location"},
        {"op": "remove", "path": "/notes"},
    ]
    assert "notes" not in json.loads(found[1])


def test_mode_create_leaves_what_exists_alone(tmp_path):
    _, columns = staged(tmp_path, f"{FULL}\n{rows(range(2))}")
    known = [{"id": "r0", "event_id": "e1", "contact_id": "c0", "notes": "other"}]
    found = planned(tmp_path, columns, known, mode="create").rows.sort("record_no")
    assert found["action"].to_list() == ["conflict", "create"]
    assert "exists already" in found["reason"][0]


def test_few_records_of_an_event_are_searched_by_list_and_many_by_event(tmp_path):
    staged(tmp_path, f"{FULL}\n{rows(range(201))}e2,c1,A,B,t,p,,,,\n")
    accepted = pl.scan_parquet(partitions.files(tmp_path / "accepted"))
    assert searches(accepted, MANIFEST.key) == [{"event_id": "e1"}, {"event_id": "e2", "contact_id": ["c1"]}]
    assert searches(accepted, ("sys_external_id",)) == [{"event_id": "e1"}, {"event_id": "e2"}]


def test_records_that_share_a_key_are_found_whatever_lies_between_them(tmp_path):
    found, _ = staged(tmp_path, f"{FULL}\n{rows(range(30))}{rows(range(10, 12))}")
    assert found.rejects["record_no"].to_list() == [11, 12, 31, 32]
    assert set(found.rejects["code"]) == {"duplicate-key"}
