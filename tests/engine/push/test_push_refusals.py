"""What a refusal means for one record (H23 to H25, H31), and when it stops the load (H30, H31)."""

from __future__ import annotations

import orjson
import pytest

from regbulk.errors import AccessDenied, Outage

FORBIDDEN = {"message": "the object is protected"}


def ready(tenant, rows: int = 4, **columns):
    tenant.load(tenant.source(rows, **columns))
    return {contact: record["id"] for contact, record in tenant.registrations().items()}


def answered(tenant, said, status: int | None, message: str):
    """Every patch of a batch is done but that of c1, which is refused like this; the sandbox does not see it."""
    ids = {contact: record["id"] for contact, record in tenant.registrations().items()}

    def rule(asked):
        if not asked.is_batch:
            return None
        results = [
            {"id": each, "success": False, "status_code": status, "message": message}
            if each == ids["c1"]
            else {"id": each, "success": True, "status_code": 200}
            for each in asked.ids
        ]
        return said(200, {"success_count": len(results) - 1, "error_count": 1, "results": results})

    tenant.between.rule = rule


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        (409, "failed", "others depend on it"),
        (412, "conflict", "others depend on it"),
        (422, "failed", "others depend on it"),
        (403, "failed", "others depend on it"),
    ],
)
def test_h24_h25_the_words_of_the_api_are_kept(tenant, said, status, outcome, reason):
    ready(tenant)
    answered(tenant, said, status, "others depend on it")
    ended = tenant.load(tenant.source(4, notes="changed"))
    assert (ended.outcomes["patched"], ended.outcomes[outcome]) == (3, 1)
    row = tenant.outcomes(ended.load_id)[2]
    assert (row["outcome"], row["status"]) == (outcome, status)
    assert reason in row["message"]


@pytest.mark.parametrize("when", ["answered", "in doubt"])
def test_h23_a_patch_of_a_registration_that_is_gone_is_a_conflict(tenant, said, when):
    gone = ready(tenant)["c1"]

    def rule(asked):
        if not asked.is_batch:
            return None
        if gone in tenant.ids():
            tenant.delete(gone)
        return said(502, {}) if when == "in doubt" else None

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(4, notes="changed"), attempts=2)
    assert ended.outcomes["conflict"] == 1, ended.outcomes
    row = tenant.outcomes(ended.load_id)[2]
    assert (row["outcome"], row["status"], row["message"]) == ("conflict", 404, "the registration is gone")


def fields(*pairs: tuple[str, str]) -> str:
    return orjson.dumps(
        [{"custom_field_id": f"events-registrations__{name}__c", "string_value": value} for name, value in pairs]
    ).decode()


def test_a_patch_whose_test_no_longer_holds_is_a_conflict(tenant):
    ids = ready(tenant, custom_field_values=fields(("a", "1"), ("b", "2")))
    moved = orjson.loads(fields(("b", "2"), ("a", "1")))

    def rule(asked):
        if asked.is_batch:
            tenant.sandbox.edit(tenant.name, ids["c1"], custom_field_values=moved)

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(4, custom_field_values=fields(("a", "changed"))))
    assert (ended.outcomes["patched"], ended.outcomes["conflict"]) == (3, 1)
    row = tenant.outcomes(ended.load_id)[2]
    assert (row["status"], row["message"].partition(";")[0]) == (400, "changed since the plan was made")
    assert tenant.registrations()["c1"]["custom_field_values"] == moved


def test_h31_a_create_that_is_forbidden_fails_alone(tenant, said):
    tenant.between.rule = lambda asked: said(403, FORBIDDEN) if asked.is_create and b'"c2"' in asked.body else None
    ended = tenant.load(tenant.source(6))
    assert (ended.outcomes["created"], ended.outcomes["failed"]) == (5, 1)
    row = tenant.outcomes(ended.load_id)[3]
    assert row["status"] == 403
    assert "the object is protected" in row["message"]


def test_h31_a_single_create_that_is_forbidden_fails_where_reading_is_permitted(tenant, said):
    tenant.between.rule = lambda asked: said(403, FORBIDDEN) if asked.is_create else None
    ended = tenant.load(tenant.source(1))
    assert ended.outcomes["failed"] == 1


@pytest.mark.parametrize("denied", ["all creates", "one create and reading", "401"])
def test_h30_h31_where_the_api_denies_more_than_a_record_the_load_stops_and_goes_on_later(tenant, said, denied):
    rows = 6 if denied == "all creates" else 1
    reading = denied == "one create and reading"

    def rule(asked):
        if asked.is_create:
            return said(401 if denied == "401" else 403, FORBIDDEN)
        return said(403, FORBIDDEN) if reading and asked.path.startswith("eventContact") else None

    tenant.between.rule = rule
    with pytest.raises(AccessDenied):
        tenant.load(tenant.source(rows))
    tenant.between.rule = lambda _: None
    assert tenant.resume()["outcomes"]["created"] == rows
    assert len(tenant.registrations()) == rows


def limited(tenant, said, *, batches: float):
    """The first batches are answered with 429 for each operation; the sandbox does not see them."""

    def rule(asked):
        if not asked.is_batch or len(tenant.between.batches()) > batches:
            return None
        results = [{"id": each, "success": False, "status_code": 429, "message": "slow down"} for each in asked.ids]
        return said(200, {"success_count": 0, "error_count": len(results), "results": results})

    tenant.between.asked.clear()
    tenant.between.rule = rule


def test_operations_refused_for_the_limit_are_waited_for_and_are_no_attempts(tenant, said):
    ready(tenant)
    limited(tenant, said, batches=1)
    ended = tenant.load(tenant.source(4, notes="changed"), attempts=1)
    assert ended.outcomes["patched"] == 4
    assert tenant.between.batches() == [4, 4]


def test_operations_refused_for_the_limit_for_too_long_are_an_outage_and_stay_to_be_sent(tenant, said):
    ready(tenant)
    limited(tenant, said, batches=float("inf"))
    with pytest.raises(Outage, match=r"4 operations of batch 1 were refused with 429.*regbulk push"):
        tenant.load(tenant.source(4, notes="changed"), outage_seconds=0)
    tenant.between.rule = lambda _: None
    assert tenant.resume()["outcomes"]["patched"] == 4


def test_a_record_refused_in_words_without_a_status_is_not_tried_again(tenant, said):
    ready(tenant)
    answered(tenant, said, None, "the contact is no member")
    ended = tenant.load(tenant.source(4, notes="changed"))
    assert (ended.outcomes["failed"], ended.open) == (1, 0)
    assert tenant.outcomes(ended.load_id)[2]["message"] == "the contact is no member"
