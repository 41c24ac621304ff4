"""The H cases of the fault matrix: what the API answers, and what becomes of the main job."""

from __future__ import annotations

import pytest

from regbulk.errors import AccessDenied, ApiError, RegbulkError

ON_WRITES = ("@create:once-at=2", "@batch:once")


def on_writes(*faults: str) -> list[str]:
    """Each fault once on a create and once on a batch."""
    return [fault + place for fault in faults for place in ON_WRITES]


def oauth(job):
    """Settings of a client that gets tokens from the sandbox, which knows a client by the name of its tenant."""
    token_url = f"{job.sandbox.url}/oauth/token"
    return {"api_key": None, "client_id": job.tenant, "client_secret": "s", "token_url": token_url}


@pytest.mark.parametrize("form", ["seconds", "date", "zero", "negative", "missing"])
def test_h01_h02_h03_h05_a_429_in_any_form_is_waited_out_and_nothing_is_lost(job, form):
    job.all_done(job.mixed(*on_writes(f"429={form}")))


def test_h07_operations_refused_for_the_limit_inside_a_batch_are_sent_again_alone(job):
    job.all_done(job.mixed("item-status=429"))


def test_h08_a_503_with_a_wait_is_settled_and_sent_again(job):
    job.all_done(job.mixed(*on_writes("status-before=503/seconds")))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_h10_an_error_after_the_write_was_applied_makes_no_duplicate(job, status):
    job.all_done(job.mixed(*on_writes(f"status-after={status}")))


def test_h11_a_batch_that_was_applied_in_part_is_settled_item_by_item(job):
    job.all_done(job.mixed("status-half=504"))


@pytest.mark.parametrize("fault", ["truncated", "long-length", "endless-chunks", "html", "empty", "no-content"])
def test_h12_h13_h14_h16_an_answer_that_is_cut_or_empty_is_settled_by_reading(job, fault):
    job.all_done(job.mixed(*on_writes(fault)))


def test_h15_a_login_page_in_place_of_every_answer_stops_before_anything_is_written(job):
    ended = job.mixed("html-before@any:always", attempts=1)
    assert isinstance(ended.error, ApiError)
    assert "HTML page: is REGBULK_API_URL the API's own address?" in str(ended.error)
    assert {record["sys_version"] for record in job.held().values()} == {1}, "nothing was written"


@pytest.mark.parametrize(
    "fault",
    [
        "results-short",
        "results-long",
        "results-duplicated",
        "results-reordered",
        "results-foreign-id",
        "results-contradictory",
        "results-without-ids",
        "results-wrong-counts",
        "results-missing",
        "results-not-objects",
    ],
)
@pytest.mark.parametrize("canary", [0, 10])
def test_h17_h18_h19_h20_h21_h22_results_that_do_not_fit_are_not_believed(job, fault, canary):
    ended = job.mixed(f"{fault}:always", canary=canary)
    job.all_done(ended)


def test_h20_reordered_results_with_a_refusal_among_them_blame_the_right_record(job):
    ended = job.mixed("item-status=409", "results-reordered")
    (failed,) = [row for row in ended.rows.values() if row["outcome"] == "failed"]
    untouched = [contact for contact, record in job.held().items() if record["notes"] == "old"]
    assert untouched == [f"c{failed['record_no'] - 1}"]


@pytest.mark.parametrize(
    ("status", "outcome"), [(404, "failed"), (409, "failed"), (412, "conflict"), (422, "failed"), (500, "patched")]
)
def test_h24_h25_what_one_item_of_a_batch_is_told_is_its_own_outcome(job, status, outcome):
    ended = job.mixed(f"item-status={status}")
    told = [row for row in ended.rows.values() if row["record_no"] <= 3]
    assert sorted(row["outcome"] for row in told) == sorted([outcome, "patched", "patched"])
    if outcome == "patched":
        return
    (row,) = [row for row in told if row["outcome"] == outcome]
    assert row["status"] == status
    assert row["message"]
    assert job.held()[f"c{row['record_no'] - 1}"]["notes"] == "old", "a refused operation had no effect"


@pytest.mark.parametrize("status", [404, 409, 412, 500])
def test_h24_an_item_that_is_done_and_told_to_be_refused_does_not_lose_its_write(job, status):
    ended = job.mixed(f"item-status-after={status}")
    assert ended.error is None
    assert job.held().keys() == {f"c{n}" for n in range(6)}
    assert {record["notes"] for record in job.held().values()} == {"new"}
    assert max(record["sys_version"] for record in job.held().values()) == 2, "no patch was applied twice"
    wrong = [row for row in ended.rows.values() if row["outcome"] not in {"patched", "created"}]
    # 409 is final by the document, so its word stands; all others are read again.
    assert [row["status"] for row in wrong] == ([409] if status == 409 else [])


@pytest.mark.parametrize("place", ["create", "batch"])
def test_h29_a_token_that_expires_in_the_middle_is_renewed(job, place):
    job.given = oauth(job)
    job.all_done(job.mixed(f"token-expires@{place}:once"))


def test_h30_a_token_that_expires_and_cannot_be_renewed_stops_the_load_which_goes_on_later(job):
    job.given = oauth(job)
    job.plant()
    source = job.source()
    job.sandbox.faults("token-expires@batch:once", "auth=401@token:once-at=2", tenant=job.tenant)
    ended = job.load(source, canary=0)
    assert min(job.sandbox.struck(job.tenant).values()) == 1
    assert isinstance(ended.error, RegbulkError)
    assert "token" in str(ended.error)
    job.all_done(job.resume())


def test_h32_a_token_that_ends_between_its_check_and_its_use_is_renewed_for_every_request(job):
    job.given = oauth(job)
    job.all_done(job.mixed("token-expires@any:every=4"))


@pytest.mark.parametrize("way", ["same", "other", "http", "301"])
@pytest.mark.parametrize("place", ["create", "batch"])
def test_h33_h34_h35_a_write_that_is_redirected_is_refused_and_the_load_goes_on_later(job, way, place):
    ended = job.mixed(f"redirect={way}@{place}:once")
    assert isinstance(ended.error, ApiError)
    assert not isinstance(ended.error, AccessDenied)
    assert "redirected" in str(ended.error)
    job.all_done(job.resume())


def test_h36_a_small_answer_that_unpacks_without_end_is_cut_off_and_settled(job):
    job.all_done(job.mixed("gzip-bomb=80@create:once-at=2"))


@pytest.mark.parametrize("fault", ["bom", "wrong-charset=utf-16", "wrong-charset=latin-1", "extra-fields"])
def test_h37_h39_an_odd_dress_or_new_fields_do_not_disturb(job, fault):
    job.all_done(job.mixed(f"{fault}:always", canary=10))


@pytest.mark.parametrize("fault", ["nan=nan", "nan=infinity", "nan=huge-integer", "deep", "duplicate-keys"])
def test_h38_json_that_is_none_or_says_two_things_is_settled_or_read_again(job, fault):
    job.all_done(job.mixed(*on_writes(fault), f"{fault}@search:once"))


def test_h40_an_api_that_wants_more_from_the_middle_on_fails_those_records_and_loses_none(job):
    job.plant()
    source = job.source(40)
    changed = []

    def change(step: str, done: int) -> None:
        if step.startswith("push") and done >= 10 and not changed:
            changed.append(step)
            job.sandbox.dialects(job.tenant, "full-records")

    job.watch = change
    ended = job.load(source, batch_size=10, concurrency=1)
    assert changed
    assert ended.error is None
    failed = [row for row in ended.rows.values() if row["outcome"] == "failed"]
    assert failed
    assert {row["status"] for row in failed} == {400}
    assert all("cancellation_date" in row["message"] or "membership" in row["message"] for row in failed)
    assert len(job.held()) + len(failed) == 40


def test_h42_a_create_that_lists_do_not_show_yet_is_waited_for_and_not_sent_again(job):
    ended = job.mixed("lag=0.8", "reset-after@create:always", settle_seconds=2)
    job.all_done(ended)
    assert job.held()["c3"]["sys_bulk_load_id"] == ended.load_id


@pytest.mark.parametrize("way", ["upper", "trim"])
def test_h43_values_that_are_stored_in_another_form_are_told_by_the_canary(job, way, warnings_told):
    job.plant()
    source = job.source(notes="  as written  ")
    job.sandbox.faults(f"values-changed={way}:always", tenant=job.tenant)
    ended = job.load(source)
    assert ended.counts == {"patched": 3, "created": 3}
    assert "the tenant keeps other values than were sent" in warnings_told()
    assert "notes" in warnings_told()


@pytest.mark.parametrize("seconds", [-3600, 3600])
def test_h44_a_server_clock_that_is_off_changes_no_outcome(job, seconds):
    job.all_done(job.mixed(f"clock={seconds}", *on_writes("status-after=502"), canary=10))
