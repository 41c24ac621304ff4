"""A batch refused as a whole (H9, H27, H28): the member is found, nothing is lost, nothing is written twice."""

from __future__ import annotations

import pytest

from regbulk.errors import ApiError


def ready(tenant, rows: int = 40):
    """Registrations to patch, and a source that changes each."""
    assert tenant.load(tenant.source(rows)).outcomes["created"] == rows
    tenant.between.asked.clear()
    return {record["contact_id"]: record["id"] for record in tenant.registrations().values()}


@pytest.mark.parametrize(("status", "calls"), [(400, 14), (404, 14), (422, 14), (500, 16)])
def test_h27_h9_one_bad_member_of_a_batch_fails_alone(tenant, said, status, calls):
    poison = ready(tenant)["c17"]
    tenant.between.rule = lambda asked: (
        said(status, {"message": "custom_field_values/0: no"}) if asked.is_batch and poison in asked.ids else None
    )
    ended = tenant.load(tenant.source(40, notes="changed"))
    assert (ended.outcomes["patched"], ended.outcomes["failed"]) == (39, 1)
    row = tenant.outcomes(ended.load_id)[18]
    assert (row["outcome"], row["status"]) == ("failed", status)
    assert "custom_field_values/0: no" in row["message"]
    assert len(tenant.between.batches()) <= calls, tenant.between.batches()
    versions = {record["contact_id"]: record["sys_version"] for record in tenant.registrations().values()}
    assert versions.pop("c17") == 1
    assert set(versions.values()) == {2}


def test_h9_a_server_that_fails_every_write_stops_the_load_after_a_bounded_number_of_calls(tenant, said):
    ready(tenant, rows=100)
    tenant.between.rule = lambda asked: said(500, {"message": "down"}) if asked.is_batch else None
    with pytest.raises(ApiError, match=r"The server fails, not these records.*regbulk push"):
        tenant.load(tenant.source(100, notes="changed"))
    assert len(tenant.between.batches()) == 65
    tenant.between.rule = lambda _: None
    assert tenant.resume()["outcomes"]["patched"] == 100
    assert {record["sys_version"] for record in tenant.registrations().values()} == {2}


def test_h9_bad_members_that_cannot_be_told_apart_within_the_bound_are_failed_and_say_so(tenant, said):
    known = ready(tenant, rows=100)
    bad = {known[f"c{n}"] for n in range(25, 100)}
    tenant.between.rule = lambda asked: (
        said(500, {"message": "down"}) if asked.is_batch and bad & set(asked.ids) else None
    )
    ended = tenant.load(tenant.source(100, notes="changed"))
    assert (ended.outcomes["patched"], ended.outcomes["failed"]) == (25, 75)
    assert len(tenant.between.batches()) <= 66
    reasons = [row["message"] for row in tenant.outcomes(ended.load_id).values() if row["outcome"] == "failed"]
    assert any("not told apart within 64 extra calls: the server failed: down" in reason for reason in reasons), reasons


@pytest.mark.parametrize("canary", [0, 10])
def test_creates_of_a_server_that_is_down_stay_to_be_sent(tenant, said, canary):
    tenant.between.rule = lambda asked: said(503, {"message": "maintenance"}) if asked.is_create else None
    with pytest.raises(ApiError, match="maintenance"):
        tenant.load(tenant.source(20), canary=canary, attempts=2, settle_seconds=0)
    tenant.between.rule = lambda _: None
    assert tenant.resume(REGBULK_CANARY=str(canary))["outcomes"]["created"] == 20
    assert len(tenant.registrations()) == 20


def test_h11_a_batch_that_is_applied_in_part_before_its_504_is_settled_member_by_member(tenant, said):
    ready(tenant)

    def half_done(asked):
        if asked.is_batch and len(tenant.between.batches()) == 1:
            tenant.between.pass_on(asked, operations=2)
            return said(504, {"message": "late"})
        return None

    tenant.between.rule = half_done
    ended = tenant.load(tenant.source(40, notes="changed"))
    assert ended.outcomes["patched"] == 40
    assert tenant.between.batches() == [40, 38]
    assert {record["sys_version"] for record in tenant.registrations().values()} == {2}


def test_h28_a_batch_that_is_too_large_is_made_smaller_and_a_single_record_says_what_to_do(tenant, said):
    ready(tenant, rows=100)
    tenant.between.rule = lambda asked: (
        said(413, {"message": "entity too large"}) if asked.is_batch and len(asked.body) > 1_500 else None
    )
    notes = ["x" * 2_000 if n == 3 else "y" * 500 for n in range(100)]
    ended = tenant.load(tenant.source(100, notes=notes))
    assert (ended.outcomes["patched"], ended.outcomes["failed"]) == (99, 1)
    row = tenant.outcomes(ended.load_id)[4]
    assert (row["status"], row["outcome"]) == (413, "failed")
    assert "shorten its texts" in row["message"]


def test_a_single_create_that_the_server_always_fails_on_is_failed_with_what_was_said_last(tenant, said):
    tenant.between.rule = lambda asked: (
        said(502, {"message": "bad gateway"}) if asked.is_create and b'"c2"' in asked.body else None
    )
    ended = tenant.load(tenant.source(5), attempts=3, settle_seconds=0)
    assert (ended.outcomes["created"], ended.outcomes["failed"]) == (4, 1)
    row = tenant.outcomes(ended.load_id)[3]
    assert row["status"] == 502
    assert row["message"] == "proven undone after each of 3 attempts: the server failed: bad gateway"
    assert len(tenant.registrations()) == 4
    tenant.between.rule = lambda _: None
    assert tenant.push(ended.load_id)["outcomes"]["created"] == 5, "the server works again, so it is tried again"
    assert len(tenant.registrations()) == 5
