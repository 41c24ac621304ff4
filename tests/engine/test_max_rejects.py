"""--max-rejects: stop before the first write."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("limit", "stops"), [("65", True), ("66", False), ("49%", True), ("49.7%", False)])
def test_a_load_stops_before_the_first_write_at_more_rejects_than_allowed(regbulk, samples, sandbox, limit, stops):
    ran = regbulk("import", samples / "registrations-dirty.csv", "--max-rejects", limit, "--json")
    assert ran.status == (4 if stops else 3)
    assert bool(sandbox.registrations("engine")) is not stops
    if stops:
        assert f"found 66 rejects in 133 records (49.62%), expected at most {limit}" in ran.json["stopped"]
        assert ran.json["state"] == "stopped"


def test_a_stopped_load_goes_on_with_a_higher_limit(regbulk, samples, sandbox):
    stopped = regbulk("import", samples / "registrations-dirty.csv", "--max-rejects", "1%", "--json")
    again = regbulk("push", stopped.json["load_id"], "--json")
    assert (again.status, again.json["state"]) == (4, "stopped")
    went_on = regbulk("push", stopped.json["load_id"], "--max-rejects", "100%", "--json")
    assert (went_on.status, went_on.json["outcomes"]["created"]) == (3, 67)
    assert len(sandbox.registrations("engine")) == 67


def test_rejects_that_only_the_plan_shows_count_too(regbulk, tmp_path, sandbox):
    source = tmp_path / "late.csv"
    # Without a package a record can be a patch, but not a new registration.
    source.write_text("sys_external_id,event_id,contact_id,type_id,name\nL-1,evt-l,con-1,typ-x,A\n")
    ran = regbulk("import", source, REGBULK_MAX_REJECTS="0")
    assert ran.status == 4
    assert sandbox.registrations("engine") == []


def test_a_limit_that_is_none_is_wrong_usage(regbulk, samples):
    ran = regbulk("import", samples / "registrations.csv", "--max-rejects", "few")
    assert ran.status == 2
    assert "max_rejects (REGBULK_MAX_REJECTS): found 'few', expected a number of records like 20" in ran.stderr
