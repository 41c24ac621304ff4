from __future__ import annotations

import sqlite3

import polars as pl
import pytest


def small(path, rows: int, **columns: str):
    data = {
        "sys_external_id": [f"L{n}" for n in range(rows)],
        "event_id": ["e1"] * rows,
        "contact_id": [f"c{n}" for n in range(rows)],
        "name": ["A B"] * rows,
        "type_id": ["t"] * rows,
        "package_id": ["p"] * rows,
    } | {name: [value] * rows for name, value in columns.items()}
    pl.DataFrame(data).write_csv(path)
    return path


def test_a_tenant_that_drops_the_stamps_is_found_out_on_ten_records(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(dialect=["drop-stamps"])
    regbulk = regbulk_for(sandbox.url)
    source = small(tmp_path / "a.csv", 50)
    stopped = regbulk("import", source, "--json")
    assert stopped.status == 4
    assert "REGBULK_STAMPS=omit" in stopped.stderr
    assert sandbox.stats()["registrations"] == {"engine": 10}
    assert stopped.json["not_started"] == 40
    again = regbulk("import", source, "--json", REGBULK_STAMPS="omit")
    assert again.status == 0, again.stderr
    assert again.json["outcomes"]["created"] == 40
    assert sandbox.stats()["registrations"] == {"engine": 50}


def test_a_tenant_that_drops_the_key_is_found_out(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(dialect=["drop-external-id"])
    regbulk = regbulk_for(sandbox.url)
    source = small(tmp_path / "a.csv", 50)
    stopped = regbulk("import", source)
    assert stopped.status == 4
    assert "--key event_id,contact_id" in stopped.stderr
    refused = regbulk("import", source)
    assert refused.status == 4
    assert "wrote 10 registrations by the key sys_external_id" in refused.stderr
    assert sandbox.stats()["registrations"] == {"engine": 10}, "not created a second time"
    again = regbulk("import", source, "--key", "event_id,contact_id", "--json")
    assert again.json["outcomes"]["created"] == 40, again.stderr


def test_a_tenant_that_wants_values_as_text_is_found_out_and_the_setting_helps(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(dialect=["text-values"])
    regbulk = regbulk_for(sandbox.url)
    assert regbulk("import", small(tmp_path / "a.csv", 50)).status == 0
    changed = small(tmp_path / "b.csv", 50, order_total="12.5")
    stopped = regbulk("import", changed)
    assert stopped.status == 4
    assert "REGBULK_PATCH_VALUES=text" in stopped.stderr
    again = regbulk("import", changed, "--json", REGBULK_PATCH_VALUES="text")
    assert again.status == 0, again.stderr
    assert again.json["outcomes"]["patched"] == 50
    assert {record["order_total"] for record in sandbox.registrations("engine")} == {12.5}


def test_creates_go_into_the_batch_where_the_tenant_takes_them(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(dialect=["batch-create"])
    ran = regbulk_for(sandbox.url)("import", small(tmp_path / "a.csv", 210), "--json", REGBULK_CREATE_IN_BATCH="true")
    assert ran.json["outcomes"]["created"] == 210, ran.stderr
    assert sandbox.stats()["requests"]["post /registrations/{tenantId}/batch"] == 3
    assert "post /registrations/{tenantId}" not in sandbox.stats()["requests"]


def test_creates_in_a_batch_that_takes_none_are_stopped_by_the_canary(sandbox, regbulk, tmp_path):
    ran = regbulk("import", small(tmp_path / "a.csv", 50), REGBULK_CREATE_IN_BATCH="true")
    assert ran.status == 4
    assert "REGBULK_CREATE_IN_BATCH=false" in ran.stderr
    assert sandbox.stats()["registrations"] == {}


def test_a_search_that_wants_a_name_gets_one(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(dialect=["search-needs-name"])
    regbulk = regbulk_for(sandbox.url)
    source = small(tmp_path / "a.csv", 5)
    refused = regbulk("plan", source)
    assert refused.status == 1
    assert "REGBULK_SEARCH_NAME" in refused.stderr
    assert regbulk("plan", source, REGBULK_SEARCH_NAME=" ").status == 0


def test_a_locked_registration_and_two_of_one_key_are_conflicts(sandbox, regbulk, tmp_path):
    regbulk("import", small(tmp_path / "a.csv", 4))
    records = sorted(sandbox.registrations("engine"), key=lambda record: record["contact_id"])
    sandbox.edit("engine", records[0]["id"], sys_locked=True)
    sandbox.edit("engine", records[1]["id"], sys_external_id="L2")
    ran = regbulk("import", small(tmp_path / "b.csv", 4, notes="changed"), "--json")
    assert ran.status == 3
    assert ran.json["outcomes"]["conflict"] == 2
    assert ran.json["outcomes"]["created"] == 1, "the key L1 is gone, so its record is new"
    assert ran.json["outcomes"]["patched"] == 1
    outcomes = pl.read_csv(regbulk.workspace / "loads" / ran.json["load_id"] / "outcomes.csv")
    reasons = outcomes.filter(pl.col("outcome") == "conflict")["message"].to_list()
    assert "locked" in reasons[0]
    assert "2 registrations have this key" in reasons[1]


def test_an_id_that_the_target_does_not_have_is_a_conflict_never_a_create(sandbox, regbulk, tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("id,event_id,notes\nnobody,e1,x\n")
    ran = regbulk("import", source, "--json")
    assert (ran.status, ran.json["outcomes"]["conflict"]) == (3, 1)
    assert sandbox.stats()["registrations"] == {}


def test_a_record_with_an_id_is_refused_in_mode_create(regbulk, tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("id,event_id,contact_id,name,type_id,package_id\nr1,e,c,n,t,p\n")
    ran = regbulk("import", source, "--mode", "create", "--json")
    assert (ran.status, ran.json["rejects"]) == (3, 1)


def test_writes_beyond_this_machine_need_consent(sandbox, regbulk_for, tmp_path):
    regbulk = regbulk_for(f"http://0.0.0.0:{sandbox.port}")
    source = small(tmp_path / "a.csv", 2)
    ran = regbulk("import", source)
    assert ran.status == 4
    assert "nobody agreed" in ran.stderr
    assert sandbox.stats()["registrations"] == {}
    assert regbulk("import", source, "--yes").status == 0
    assert sandbox.stats()["registrations"] == {"engine": 2}


@pytest.mark.parametrize("arguments", [["import"], ["import", "a.csv", "--mode", "sync"], ["nonsense"]])
def test_wrong_usage_has_its_own_status(regbulk, arguments):
    assert regbulk(*arguments).status == 2


def test_a_wrong_key_says_what_to_do(start_sandbox, regbulk_for, tmp_path):
    sandbox = start_sandbox(api_key=["right=engine"])
    ran = regbulk_for(sandbox.url)("import", small(tmp_path / "a.csv", 2))
    assert ran.status == 1
    assert "401" in ran.stderr
    assert "REGBULK_API_KEY" in ran.stderr
    assert "a-key" not in ran.stderr


def test_a_broken_header_is_told_whole_before_anything_is_sent(sandbox, regbulk, tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("event_id,contact_id,nmae,badge,badge.first_name,event_id\ne,c,n,,,e\n")
    ran = regbulk("import", source)
    assert ran.status == 1
    assert "did you mean 'name'" in ran.stderr
    assert "3 problems" in ran.stderr, ran.stderr
    assert sandbox.stats()["requests"] == {}


@pytest.mark.parametrize("header", ["id,notes", "id,event_id,notes"])
def test_records_known_by_id_alone_are_read_one_by_one(sandbox, regbulk, tmp_path, header):
    regbulk("import", small(tmp_path / "a.csv", 3))
    source = tmp_path / "b.csv"
    empty = "," * (header.count(",") - 1)
    ids = [record["id"] for record in sandbox.registrations("engine")]
    source.write_text("\n".join([header, *(f"{identity},{empty}changed" for identity in ids)]) + "\n")
    ran = regbulk("import", source, "--json")
    assert (ran.status, ran.json["outcomes"]["patched"]) == (0, 3), ran.stderr


def test_a_value_of_the_wrong_type_in_the_target_is_a_difference(sandbox, regbulk, tmp_path):
    regbulk("import", small(tmp_path / "a.csv", 1, notes="5", **{"badge.location": "Leeds"}))
    (record,) = sandbox.registrations("engine")
    sandbox.edit("engine", record["id"], notes=5, badge="text")
    ran = regbulk("import", small(tmp_path / "a.csv", 1, notes="5", **{"badge.location": "Leeds"}), "--json")
    assert ran.json["outcomes"]["patched"] == 1
    (mended,) = sandbox.registrations("engine")
    assert (mended["notes"], mended["badge"]) == ("5", {"location": "Leeds"})


def test_a_source_or_target_that_is_not_the_loads_own_is_refused(sandbox, regbulk, tmp_path):
    source = small(tmp_path / "a.csv", 3)
    load_id = regbulk("plan", source, "--json").json["load_id"]
    other = regbulk("push", load_id, REGBULK_TENANT="other")
    assert other.status == 2
    assert "belongs to tenant engine" in other.stderr
    # Staged again, the load would read another file under its old name.
    with sqlite3.connect(regbulk.workspace / "ledger.sqlite") as ledger:
        ledger.execute("delete from steps")
    ledger.close()
    small(source, 7)
    changed = regbulk("push", load_id)
    assert changed.status == 4
    assert "is not the file it was" in changed.stderr
    assert sandbox.stats()["registrations"] == {}


def test_a_planned_source_that_changed_is_not_pushed_and_one_that_is_gone_is(sandbox, regbulk, tmp_path):
    source = small(tmp_path / "a.csv", 3)
    load_id = regbulk("plan", source, "--json").json["load_id"]
    small(source, 7)
    changed = regbulk("push", load_id)
    assert changed.status == 4
    assert "is not the file it was" in changed.stderr
    assert sandbox.stats()["registrations"] == {}
    source.unlink()
    gone = regbulk("push", load_id)
    assert gone.status == 0, gone.stderr
    assert "is not there any more" in gone.stderr
    assert sandbox.stats()["registrations"] == {"engine": 3}
