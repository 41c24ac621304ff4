"""A load through a storm of 429 with lost answers and killed connections; the long version is a benchmark."""

from __future__ import annotations

import csv
from collections import Counter

RECORDS = 600
STORM = ("rate-limit=400/20", "429=missing@write:p=0.01", "reset-after@write:p=0.02", "reset-before@write:p=0.01")
STORMY = {"settle_seconds": 0.5, "attempts": 20}


def source(path, notes: str):
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["event_id", "contact_id", "name", "type_id", "package_id", "notes"])
        writer.writerows(["e", f"c{number}", "Ada", "t", "p", notes] for number in range(RECORDS))
    return path


def test_a_storm_loses_no_record_and_writes_none_twice(lane, tmp_path):
    lane.sandbox.faults(*STORM, tenant="storm", seed=7)
    created = lane.run("storm", "import", source(tmp_path / "a.csv", "new"), "--json", **STORMY)
    patched = lane.run("storm", "import", source(tmp_path / "b.csv", "changed"), "--json", **STORMY, batch_size=5)
    _, *struck = lane.sandbox.struck("storm").values()
    assert min(struck) > 0, "the storm blew"
    assert (created.status, patched.status) == (0, 0), created.stderr + patched.stderr
    assert (created.json["outcomes"]["created"], patched.json["outcomes"]["patched"]) == (RECORDS, RECORDS)
    held = lane.registrations("storm")
    assert Counter(record["contact_id"] for record in held) == {f"c{number}": 1 for number in range(RECORDS)}
    assert {(record["notes"], record["sys_version"]) for record in held} == {("changed", 2)}
