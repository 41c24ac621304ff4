from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import polars as pl
import pytest

from regbulk import partitions
from regbulk.batch import Operation
from regbulk.ledger import RecordOutcome, open_ledger
from regbulk.references.waiting import Waiting, links_of

MAPPING = """
columns:
  legacy_no: sys_external_id
  who: name
  contact: contact_id
  event: event_id
  note: notes
  extra: functions
  main: {reference: {field: parent_registration_id, to: legacy_no}}
  replaces: {reference: {field: modified_registration_id, to: legacy_no}}
constants: {type_id: t, package_id: p}
"""
UNNUMBERED = MAPPING.replace("legacy_no: sys_external_id", "legacy_no: job_title")
PARENT, MODIFIED = "parent_registration_id", "modified_registration_id"
TOO_DEEP = '[{"a":' * 300 + "1" + "}]" * 300
"""What a source may hold and the sandbox refuses (400)."""
BATCH = "post /registrations/{tenantId}/batch"


class Row(NamedTuple):
    """A row of a legacy file."""

    legacy_no: str
    main: str | None = None
    replaces: str | None = None
    event: str = "e1"
    who: str | None = "Ada"
    note: str | None = None
    extra: str | None = None
    contact: str | None = None


def legacy(path: Path, rows: Iterable[Row], mapping: str = MAPPING) -> list[str | Path]:
    """Write a legacy file and its mapping; the arguments of a command that reads them."""
    known = [row._replace(contact=row.contact or f"c-{row.legacy_no}") for row in rows]
    pl.DataFrame(known, schema=dict.fromkeys(Row._fields, pl.String), orient="row").write_csv(path)
    beside = path.with_suffix(".yaml")
    beside.write_text(mapping)
    return [path, "--mapping", beside]


def generations(families: int) -> list[Row]:
    """Grandchildren, then children, then their parents, in families of six; the children come two by two."""
    rows = [Row(f"g{n}-{k}", f"c{n}-{k % 2}") for n in range(families) for k in range(3)]
    rows += [Row(f"c{n}-{k}", f"p{n}") for n in range(families) for k in range(2)]
    return rows + [Row(f"p{n}") for n in range(families)]


def assert_linked(registrations: list[dict[str, Any]], rows: list[Row]) -> None:
    """Every row is there once and refers to the registrations that its file says."""
    found = {record["contact_id"]: record for record in registrations}
    assert len(found) == len(registrations) == len(rows)
    ids = {row.legacy_no: found[row.contact or f"c-{row.legacy_no}"]["id"] for row in rows}
    for row in rows:
        record = found[row.contact or f"c-{row.legacy_no}"]
        assert record.get(PARENT) == (row.main and ids[row.main])
        assert record.get(MODIFIED) == (row.replaces and ids[row.replaces])


def outcomes(regbulk, ran) -> dict[int, tuple[str, str | None]]:
    rows = pl.read_parquet(regbulk.workspace / "loads" / ran.json["load_id"] / "outcomes.parquet")
    return {row["record_no"]: (row["outcome"], row["message"]) for row in rows.to_dicts()}


def refused(regbulk, ran) -> dict[int, tuple[str, str]]:
    rows = pl.read_parquet(regbulk.workspace / "loads" / ran.json["load_id"] / "rejects.parquet")
    return {row["record_no"]: (row["code"], row["message"]) for row in rows.to_dicts()}


def assert_nothing_lost(ran) -> None:
    told = ran.json
    assert told["read"] == told["accepted"] + told["rejects"]
    assert told["accepted"] == sum(told["outcomes"].values()) + told["not_started"]


def test_guests_before_their_parents_over_three_levels_are_linked_and_stay_unchanged(sandbox, regbulk, tmp_path):
    rows = generations(20)
    source = legacy(tmp_path / "a.csv", rows)
    ran = regbulk("import", *source, "--json")
    assert ran.status == 0, ran.stderr
    assert ran.json["outcomes"]["created"] == 120
    assert_linked(sandbox.registrations("engine"), rows)
    writes = sandbox.stats()["operations"]
    again = regbulk("import", *source, "--json")
    assert again.json["outcomes"]["unchanged"] == 120, again.stderr
    assert sandbox.stats()["operations"] == writes


def test_waves_are_numbered_from_the_parents_on_and_batches_follow_them(regbulk, tmp_path):
    planned = regbulk("plan", *legacy(tmp_path / "a.csv", generations(50)), "--json")
    rows = pl.read_parquet(Path(planned.json["load_path"]) / "plan" / "part-*.parquet")
    batches = rows.group_by("wave").agg(
        pl.len(), pl.col("batch").min().alias("first"), pl.col("batch").max().alias("last"), pl.col("canary").sum()
    )
    assert batches.sort("wave").rows() == [(0, 50, 1, 2, 10), (1, 100, 3, 3, 0), (2, 150, 4, 5, 0)]
    assert rows["batch"].is_sorted()


def test_ten_thousand_rows_killed_in_every_wave_are_linked_right_and_there_once(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(dialect=["batch-create"])
    regbulk = regbulk_for(sandbox.url)
    rows = generations(1667)
    source = legacy(tmp_path / "a.csv", rows)
    command, batched = ["import", *source], {"REGBULK_CREATE_IN_BATCH": "true", "REGBULK_CONCURRENCY": "2"}
    for at in (300, 3000, 7000):
        with regbulk.start(*command, **batched) as process:
            wait_for(lambda at=at: held_by(sandbox) >= at)
            process.kill()
            process.communicate()
        command = ["push", regbulk("status", "--json").json["loads"][-1]["load_id"]]
    resumed = regbulk(*command, "--json", **batched)
    assert resumed.status == 0, resumed.stderr
    assert resumed.json["outcomes"]["created"] == len(rows) == 10_002
    assert_linked(sandbox.registrations("engine"), rows)
    again = regbulk("import", *source, "--json", **batched)
    assert again.json["outcomes"]["unchanged"] == len(rows)


def test_without_stamps_a_killed_child_is_known_by_its_values_and_the_id_among_them(sandbox, regbulk, tmp_path):
    rows = generations(30)
    omit = {"REGBULK_STAMPS": "omit", "REGBULK_CONCURRENCY": "1"}
    with regbulk.start("import", *legacy(tmp_path / "a.csv", rows), **omit) as process:
        wait_for(lambda: held_by(sandbox) >= 60)
        process.kill()
        process.communicate()
    resumed = regbulk("push", regbulk("status", "--json").json["loads"][-1]["load_id"], **omit)
    assert resumed.status == 0, resumed.stderr
    assert_linked(sandbox.registrations("engine"), rows)


def test_modifications_and_both_references_in_one_record(sandbox, regbulk, tmp_path):
    rows = [Row("m", "p", "old"), Row("old", "p"), Row("p"), Row("new", None, "m"), Row("both", "p", "p")]
    ran = regbulk("import", *legacy(tmp_path / "a.csv", rows), "--json")
    assert ran.status == 0, ran.stderr
    assert_linked(sandbox.registrations("engine"), rows)


def test_a_child_that_is_there_is_patched_with_the_id_of_a_parent_made_in_the_same_load(sandbox, regbulk, tmp_path):
    before = [Row("c"), Row("g")]
    regbulk("import", *legacy(tmp_path / "a.csv", before))
    rows = [Row("g", "c"), Row("c", "p"), Row("p")]
    ran = regbulk("import", *legacy(tmp_path / "b.csv", rows), "--json")
    assert ran.json["outcomes"] | {"created": 1, "patched": 2} == ran.json["outcomes"], ran.stderr
    assert_linked(sandbox.registrations("engine"), rows)
    waves = pl.read_parquet(Path(ran.json["load_path"]) / "plan" / "part-*.parquet").sort("record_no")["wave"]
    assert waves.to_list() == [0, 1, 0], "the id of c was known, that of p was not"


def test_text_that_looks_like_a_placeholder_is_left_as_it_is(sandbox, regbulk, tmp_path):
    lookalike = '"parent_registration_id":"record:3"'
    nested = f'[{{{lookalike},"path":"/parent_registration_id","value":"record:3"}}]'
    regbulk("import", *legacy(tmp_path / "a.csv", [Row("b")]))
    rows = [
        Row("a", "p", None, "e1", "record:3", lookalike, nested),
        Row("b", "p", None, "e1", None, lookalike, nested),
    ]
    rows.append(Row("p", None, None, "e1", "record:3", "record:pending"))
    ran = regbulk("import", *legacy(tmp_path / "b.csv", rows), "--json")
    assert ran.status == 0, ran.stderr
    found = sandbox.registrations("engine")
    assert_linked(found, rows)
    told = {record["sys_external_id"]: record for record in found}
    for number in ("a", "b"):
        assert told[number]["notes"] == lookalike
        assert told[number]["functions"] == json.loads(nested)
    assert (told["a"]["name"], told["p"]["notes"]) == ("record:3", "record:pending")


def test_what_refers_wrongly_is_rejected_with_its_children_and_the_rest_is_loaded(sandbox, regbulk, tmp_path):
    rows = [
        *(Row("self", "self"), Row("x", "y"), Row("y", "x"), Row("below", "y")),
        *(Row("lost", "nobody"), Row("lost-child", "lost"), Row("nameless", who=None), Row("guest", "nameless")),
        *(Row("guest-2", "guest"), Row("fine", "p"), Row("p")),
    ]
    ran = regbulk("import", *legacy(tmp_path / "a.csv", rows), "--json")
    assert ran.status == 3, ran.stderr
    assert_nothing_lost(ran)
    found = refused(regbulk, ran)
    assert {number: code for number, (code, _) in found.items()} == dict.fromkeys(range(1, 10), "reference-error") | {
        7: "missing-value"
    }
    assert "own legacy key" in found[1][1]
    assert "2 -> 3 -> 2" in found[2][1]
    assert found[4][1] == "its parent, record 3 (line 4), was rejected"
    assert found[5][1] == (
        "found 'nobody', expected a record of this source or a registration loaded before with that number"
    )
    assert found[6][1] == "its parent, record 5 (line 6), was rejected"
    assert found[9][1] == "its parent, record 8 (line 9), was rejected"
    assert ran.json["outcomes"]["created"] == 2
    assert len(sandbox.registrations("engine")) == 2
    rejected = (Path(ran.json["load_path"]) / "rejects.csv").read_text().splitlines()
    assert len(rejected) == 10, "late ones and their children are in it"


def test_children_of_a_parent_that_the_api_refuses_are_not_started_and_go_when_it_is_corrected(
    sandbox, regbulk, tmp_path
):
    rows = [
        Row("g", "c"),
        Row("c", "bad"),
        Row("bad", extra=TOO_DEEP),
        Row("fine", "p"),
        Row("p"),
        Row("m", "p", "bad"),
    ]
    ran = regbulk("import", *legacy(tmp_path / "a.csv", rows), "--json")
    assert ran.status == 3, ran.stderr
    assert_nothing_lost(ran)
    assert (ran.json["outcomes"]["failed"], ran.json["outcomes"]["not started"], ran.json["not_started"]) == (1, 3, 0)
    found = outcomes(regbulk, ran)
    assert found[3][0] == "failed"
    assert found[2] == ("not started", f"its parent, record 3, failed: {found[3][1]}")
    assert found[6] == found[2]
    assert found[1] == ("not started", "its parent, record 2, was not started")
    again = regbulk("push", ran.json["load_id"], "--json")
    assert again.json["outcomes"] == ran.json["outcomes"], "that is final"
    corrected = [row._replace(extra=None) for row in rows]
    ran = regbulk("import", *legacy(tmp_path / "b.csv", corrected), "--json")
    assert ran.status == 0, ran.stderr
    assert (ran.json["outcomes"]["created"], ran.json["outcomes"]["unchanged"]) == (4, 2)
    assert_linked(sandbox.registrations("engine"), corrected)


def test_children_of_a_record_in_conflict_are_in_conflict_and_the_plan_says_so(sandbox, regbulk, tmp_path):
    regbulk("import", *legacy(tmp_path / "a.csv", [Row("p"), Row("q")]))
    twin = next(record for record in sandbox.registrations("engine") if record["sys_external_id"] == "q")
    sandbox.edit("engine", twin["id"], sys_external_id="p")
    rows = legacy(tmp_path / "b.csv", [Row("g", "c"), Row("c", "p"), Row("p"), Row("other")])
    assert regbulk("plan", *rows, "--json").json["actions"] == {"create": 1, "patch": 0, "unchanged": 0, "conflict": 3}
    ran = regbulk("import", *rows, "--json")
    assert ran.status == 3
    assert_nothing_lost(ran)
    found = outcomes(regbulk, ran)
    assert found[3] == ("conflict", "2 registrations have this key, expected one at most")
    assert found[2] == ("conflict", "its parent, record 3 (line 4), is in conflict")
    assert found[1] == ("conflict", "its parent, record 2 (line 3), is in conflict")
    assert found[4][0] == "created"


def test_a_locked_parent_has_an_id_all_the_same(sandbox, regbulk, tmp_path):
    regbulk("import", *legacy(tmp_path / "a.csv", [Row("p")]))
    sandbox.edit("engine", sandbox.registrations("engine")[0]["id"], sys_locked=True)
    rows = [Row("c", "p"), Row("p", note="new")]
    ran = regbulk("import", *legacy(tmp_path / "b.csv", rows), "--json")
    assert (ran.json["outcomes"]["created"], ran.json["outcomes"]["conflict"]) == (1, 1), ran.stderr
    assert_linked(sandbox.registrations("engine"), rows)


@pytest.mark.parametrize("mapping", [MAPPING, UNNUMBERED])
def test_a_parent_of_an_earlier_load_is_found(sandbox, regbulk, tmp_path, mapping):
    """By `sys_external_id` in the target, or in the load that brought it where the target does not keep the number."""
    first = [Row("p"), Row("q", "p")]
    assert regbulk("import", *legacy(tmp_path / "a.csv", first, mapping)).status == 0
    second = [Row("g", "c"), Row("c", "p", "q")]
    source = legacy(tmp_path / "b.csv", second, mapping)
    ran = regbulk("import", *source, "--json")
    assert ran.status == 0, ran.stderr
    assert_linked(sandbox.registrations("engine"), [*first, *second])
    assert regbulk("import", *source, "--json").json["outcomes"]["unchanged"] == 2
    third = legacy(tmp_path / "c.csv", [Row("last", "c")], mapping)
    assert regbulk("import", *third).status == 0, "also one that the latest load only met"


def test_a_number_means_the_registration_of_the_same_event(sandbox, regbulk, tmp_path):
    for event in ("e1", "e2"):
        mine = [Row("1", event=event, contact=f"{event}-1"), Row(event, event=event)]
        assert regbulk("import", *legacy(tmp_path / f"{event}.csv", mine, UNNUMBERED)).status == 0
    ran = regbulk("import", *legacy(tmp_path / "c.csv", [Row("c", "1"), Row("d", "e2")], UNNUMBERED), "--json")
    assert refused(regbulk, ran)[2][1].startswith("found 'e2', expected a record of this source or a registration")
    found = {record["contact_id"]: record for record in sandbox.registrations("engine")}
    assert found["c-c"][PARENT] == found["e1-1"]["id"]


def test_a_registration_of_an_earlier_load_must_still_be_there_and_carry_its_stamp(sandbox, regbulk, tmp_path):
    loaded = regbulk("import", *legacy(tmp_path / "a.csv", [Row("1"), Row("2"), Row("3")], UNNUMBERED), "--json").json
    ids = {record["contact_id"]: record["id"] for record in sandbox.registrations("engine")}
    authorization = {"Authorization": "Bearer a-key"}
    httpx.delete(f"{sandbox.url}/registrations/engine/{ids['c-1']}", headers=authorization).raise_for_status()
    sandbox.edit("engine", ids["c-2"], sys_bulk_load_id="20000101T000000Z-another")
    children = legacy(tmp_path / "b.csv", [Row("c1", "1"), Row("c2", "2"), Row("c3", "3")], UNNUMBERED)
    found = refused(regbulk, regbulk("import", *children, "--json"))
    gone = f"registration {ids['c-1']} of load {loaded['load_id']} is gone"
    unstamped = f"registration {ids['c-2']} of load {loaded['load_id']} carries neither the stamp of that load"
    assert set(found) == {1, 2}
    assert found[1] == ("reference-error", f"found '1', but {gone}")
    assert unstamped in found[2][1]


def test_an_external_id_in_the_target_means_the_registration_of_the_same_event(sandbox, regbulk, tmp_path):
    before = [Row("1", event="e1", contact="one-1"), Row("1", event="e2", contact="two-1"), Row("2", event="e2")]
    by = ("--key", "event_id,contact_id")
    assert regbulk("import", *legacy(tmp_path / "a.csv", before), *by).status == 0
    rows = [Row("a", "1", None, "e1"), Row("b", None, "1", "e2"), Row("c", "2", None, "e1"), Row("d", "2", None, "e2")]
    ran = regbulk("import", *legacy(tmp_path / "b.csv", rows), *by, "--json")
    assert set(refused(regbulk, ran)) == {3}, ran.stderr
    assert refused(regbulk, ran)[3][1].startswith("found '2', expected a record of this source or a registration")
    found = {record["contact_id"]: record for record in sandbox.registrations("engine")}
    assert found["c-a"][PARENT] == found["one-1"]["id"]
    assert found["c-b"][MODIFIED] == found["two-1"]["id"]
    assert found["c-d"][PARENT] == found["c-2"]["id"]


def test_numbers_that_begin_again_in_each_event_are_linked_within_it(sandbox, regbulk, tmp_path):
    rows = [Row("2", "1", None, event, contact=f"{event}-2") for event in ("e1", "e2")]
    rows += [Row("1", event=event, contact=f"{event}-1") for event in ("e1", "e2")]
    rows += [Row("3", event="e2"), Row("4", "3", None, "e1")]
    ran = regbulk("import", *legacy(tmp_path / "a.csv", rows, UNNUMBERED), "--json")
    assert refused(regbulk, ran) == {
        6: ("reference-error", "found record 5 of another event, expected one of the record's own event")
    }
    found = {record["contact_id"]: record for record in sandbox.registrations("engine")}
    for event in ("e1", "e2"):
        assert found[f"{event}-2"][PARENT] == found[f"{event}-1"]["id"]


def plain(path: Path, number: str) -> Path:
    """A file without references, of one registration with that external id."""
    columns = {"sys_external_id": number, "event_id": "e1", "contact_id": f"c-{number}", "name": "N"}
    pl.DataFrame(columns | {"type_id": "t", "package_id": "p"}).write_csv(path)
    return path


def test_a_load_without_references_is_known_by_its_external_ids(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(dialect=["drop-external-id"])
    regbulk, by = regbulk_for(sandbox.url), ("--key", "event_id,contact_id")
    assert regbulk("import", plain(tmp_path / "plain.csv", "p"), *by).status == 0
    rows = [Row("c", "p")]
    ran = regbulk("import", *legacy(tmp_path / "a.csv", rows), *by, "--json")
    assert ran.status == 0, ran.stderr
    assert_linked(sandbox.registrations("engine"), [Row("p"), *rows])


@pytest.mark.parametrize("other", ["plain", MAPPING, UNNUMBERED.replace("job_title", "badge.job_title")])
def test_numbers_of_another_kind_in_earlier_loads_are_no_parents(regbulk, tmp_path, other):
    numbered = [plain(tmp_path / "a.csv", "4242")]
    if other != "plain":
        numbered = legacy(tmp_path / "a.csv", [Row("4242"), Row("x", "4242")], other)
    assert regbulk("import", *numbered).status == 0
    ran = regbulk("import", *legacy(tmp_path / "b.csv", [Row("c", "4242")], UNNUMBERED), "--json")
    assert refused(regbulk, ran)[1] == (
        "reference-error",
        "found '4242', expected a record of this source or a registration loaded before with that number",
    )


def test_a_corrected_reject_finds_its_parent_in_the_load_that_refused_it(sandbox, regbulk, tmp_path):
    source = legacy(tmp_path / "a.csv", [Row("p"), Row("c", "misspelt"), Row("g", "c")], UNNUMBERED)
    first = regbulk("import", *source, "--json").json
    assert (first["rejects"], first["outcomes"]["created"]) == (2, 1)
    rejected, corrected = Path(first["load_path"]) / "rejects.csv", tmp_path / "corrected.csv"
    corrected.write_text(rejected.read_text().replace("misspelt", "p", 1))
    second = regbulk("import", corrected, *source[1:], "--json")
    assert second.status == 0, second.stderr
    assert_linked(sandbox.registrations("engine"), [Row("p"), Row("c", "p"), Row("g", "c")])


def test_a_source_whose_records_are_all_refused_plans_nothing(regbulk, tmp_path):
    ran = regbulk("import", *legacy(tmp_path / "a.csv", [Row("a", "b"), Row("b", "a")]), "--json")
    assert ran.status == 3, ran.stderr
    assert (ran.json["read"], ran.json["rejects"], ran.json["state"]) == (2, 2, "finished")


def test_creates_and_patches_that_take_turns_in_the_source_go_in_full_batches(sandbox, regbulk, tmp_path):
    regbulk("import", *legacy(tmp_path / "a.csv", [Row(str(n)) for n in range(0, 400, 2)]))
    before = sandbox.stats()["requests"].get(BATCH, 0)
    ran = regbulk("import", *legacy(tmp_path / "b.csv", [Row(str(n), note="new") for n in range(400)]), "--json")
    assert (ran.json["outcomes"]["created"], ran.json["outcomes"]["patched"]) == (200, 200)
    assert sandbox.stats()["requests"][BATCH] - before == 1 + 2, "the canary and two batches"


def test_the_first_records_that_can_be_sent_are_the_canary_where_none_of_it_can(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(dialect=["text-values"])
    regbulk, children = regbulk_for(sandbox.url), [f"c{n}" for n in range(40)]
    assert regbulk("import", *legacy(tmp_path / "a.csv", [Row(child) for child in children])).status == 0
    rows = [Row(child, "bad" if n < 15 else "p") for n, child in enumerate(children)]
    priced = MAPPING.replace("package_id: p", "package_id: p, order_total: 12.5")
    source = legacy(tmp_path / "b.csv", [*rows, Row("p"), Row("bad", extra=TOO_DEEP)], priced)
    small = {"REGBULK_BATCH_SIZE": "10"}
    stopped = regbulk("import", *source, "--json", **small)
    assert stopped.status == 4, stopped.stderr
    assert "REGBULK_PATCH_VALUES=text" in stopped.json["stopped"]
    told = stopped.json["outcomes"]
    assert (told["failed"], told["not started"], stopped.json["not_started"]) == (1 + 5, 15, 20), "what was left of it"
    again = regbulk("import", *source, "--json", **small, REGBULK_PATCH_VALUES="text")
    assert again.json["outcomes"]["patched"] == 25, again.stderr
    assert again.json["outcomes"]["not started"] == 15


def wanting(parent: str) -> str:
    return json.dumps({PARENT: parent}, separators=(",", ":"))


def test_a_part_holds_the_links_of_its_own_records_and_a_batch_finds_its_own_among_them(tmp_path):
    numbers = pl.int_range(1, 20_001, eager=True)
    links = pl.DataFrame({"record_no": numbers, "field": PARENT, "parent_no": 1 + numbers % 100})
    part = tmp_path / "part-00001.parquet"
    even = pl.DataFrame({"record_no": numbers.filter(numbers % 2 == 0)})
    partitions.write_frame(even.with_columns(batch=1 + pl.int_range(pl.len()) // 50), part)
    mine = links_of(links.reverse(), part, range(2, 201))
    assert mine is not None
    assert mine["record_no"].to_list() == list(range(102, 20_001, 2))
    with open_ledger(tmp_path / "workspace") as ledger:
        ledger.record("load-1", 1, [RecordOutcome(n, "created", id=f"id-{n}") for n in range(2, 101)])
        waiting = Waiting(ledger, "load-1", mine)
        for first in range(102, 20_001, 100):
            records = range(min(first + 98, 20_000), first - 1, -2)
            ready = waiting.complete([Operation(n, "create", None, wanting(f"record:{1 + n % 100}")) for n in records])
            assert [operation.document for operation in ready.operations] == [
                wanting(f"id-{1 + n % 100}") for n in records if n % 100
            ]
            assert [outcome.record_no for outcome in ready.barred] == [n for n in records if not n % 100]


def wait_for(condition, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def held_by(sandbox) -> int:
    return sandbox.stats()["registrations"].get("engine", 0)
