from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from regbulk import partitions, rejects
from regbulk.load import Manifest
from regbulk.orphans import refuse_orphans
from regbulk.plan import PLAN_SCHEMA, PlanRules, in_batches
from regbulk.references import resolved
from regbulk.schema import import_schema
from regbulk.target import Shape

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
    key=("sys_external_id",),
    started_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
)
RULES = PlanRules(Shape(MANIFEST.key, (), import_schema()), "upsert", MANIFEST, (), batch_size=3, canary=2)


def planned(path, rows: list[tuple[int, str, int]]):
    """Write a partition of records (number, action, wave)."""
    frame = pl.DataFrame(rows, schema=["record_no", "action", "wave"], orient="row")
    texts = frame.with_columns(id=None, document=pl.lit("{}"), reason=None, line_no=pl.col("record_no") + 1)
    partitions.write_frame(in_batches(texts, RULES), path)
    return path


def waiting(*pairs: tuple[int, int]) -> pl.DataFrame:
    """Links of children to their parents."""
    rows = [(child, child + 1, "parent_registration_id", f"L{parent}", parent, 1) for child, parent in pairs]
    return pl.DataFrame(rows, schema=list(resolved.RESOLVED)[:6], orient="row").with_columns(
        parent_id=pl.lit(None, pl.String), message=pl.lit(None, pl.String)
    )


def late(*numbers: int) -> pl.DataFrame:
    rows = [(number, number + 1, "name", "missing-value", "found nothing", None) for number in numbers]
    return pl.DataFrame(rows, schema=rejects.SCHEMA, orient="row")


def test_children_of_late_rejects_leave_the_plan_over_generations_and_partitions(tmp_path):
    parts = [
        planned(tmp_path / "1.parquet", [(2, "create", 1), (4, "create", 0)]),
        planned(tmp_path / "2.parquet", [(3, "create", 2), (5, "create", 1)]),
    ]
    found = refuse_orphans(parts, waiting((2, 1), (3, 2), (5, 4)), late=late(1), rules=RULES)
    assert found.select("record_no", "line_no", "code", "message", "value").rows() == [
        (2, 3, "reference-error", "its parent, record 1 (line 2), was rejected", "L1"),
        (3, 4, "reference-error", "its parent, record 2 (line 3), was rejected", "L2"),
    ]
    assert [pl.read_parquet(path)["record_no"].to_list() for path in parts] == [[4], [5]]


def test_what_is_left_has_canaries_and_full_batches_again(tmp_path):
    part = planned(tmp_path / "1.parquet", [(n, "patch", 1) for n in range(1, 13)])
    refuse_orphans([part], waiting(*((n, 100) for n in (1, 2, 4, 7))), late=late(100), rules=RULES)
    left = pl.read_parquet(part)
    assert left.select("record_no", "batch", "canary").rows() == [
        *((3, 1, True), (5, 1, True)),
        *((6, 2, False), (8, 2, False), (9, 2, False)),
        *((10, 3, False), (11, 3, False), (12, 3, False)),
    ]


def test_children_of_conflicts_are_in_conflict_and_are_not_sent(tmp_path):
    part = planned(tmp_path / "1.parquet", [(1, "conflict", 0), (2, "create", 1), (3, "patch", 2), (4, "create", 0)])
    found = refuse_orphans([part], waiting((2, 1), (3, 2)), late=rejects.none(), rules=RULES)
    assert not found.height
    rows = pl.read_parquet(part).sort("record_no").select("action", "reason", "document", "batch")
    assert rows.rows()[1:] == [
        ("conflict", "its parent, record 1 (line 2), is in conflict", None, None),
        ("conflict", "its parent, record 2 (line 3), is in conflict", None, None),
        ("create", None, "{}", 1),
    ]
    assert pl.read_parquet(part).schema == pl.Schema(PLAN_SCHEMA)


def test_a_plan_without_orphans_is_not_touched(tmp_path):
    part = planned(tmp_path / "1.parquet", [(1, "create", 0), (2, "create", 1)])
    before = part.stat().st_mtime_ns
    assert not refuse_orphans([part], waiting((2, 1)), late=late(7), rules=RULES).height
    assert part.stat().st_mtime_ns == before
