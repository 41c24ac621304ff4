"""Creates whose answers are lost: found, sent again only when proven undone, and looked at once more after that."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import httpx
import orjson
import pytest

from regbulk.errors import AccessDenied
from regbulk.settle import together, under_way

LOST = {"message": "the answer was lost"}
SLOW = {"REGBULK_TIMEOUT": "3"}


def custom(*names: str) -> str:
    """Custom field values as a source says them; a name that is new is appended by the patch."""
    return orjson.dumps([{"custom_field_id": custom_id(name), "string_value": "x"} for name in names]).decode()


def custom_id(name: str) -> str:
    return f"events-registrations__{name}__c"


def customs(tenant) -> list[list[str]]:
    """The ids of the custom fields of each registration."""
    return [[each["custom_field_id"] for each in one["custom_field_values"]] for one in tenant.registrations().values()]


def killed(tenant, source, writes: int) -> None:
    """Import in a process that is killed once so many writes are under way; each takes effect two seconds later."""

    def slowly(asked) -> None:
        if asked.is_create or asked.is_batch:
            time.sleep(2.0)

    tenant.between.asked.clear()
    tenant.between.rule = slowly
    with tenant.start("import", str(source), **SLOW) as process:
        while sum(asked.is_create or asked.is_batch for asked in tenant.between.asked) < writes:
            assert process.poll() is None, "the load ended by itself"
            time.sleep(0.01)
        process.kill()
        process.communicate()
    tenant.between.rule = lambda _: None


def mine(asked, contact: str) -> bool:
    return asked.is_create and f'"{contact}"'.encode() in asked.body


def place_of(asked) -> str | None:
    """The contact of a lookup by event and contact."""
    return asked.path.rpartition("/")[2] if asked.path.startswith("eventContact") else None


def times_sent(tenant, contact: str) -> int:
    return sum(mine(asked, contact) for asked in tenant.between.asked)


def test_a_batch_of_lost_answers_is_found_with_one_search(tenant, said):
    tenant.between.rule = lambda asked: said(502, LOST, after=True) if asked.is_create else None
    ended = tenant.load(tenant.source(100))
    assert ended.outcomes["created"] == 100
    assert len(tenant.registrations()) == 100
    lookups = [asked.path for asked in tenant.between.asked if not asked.is_create]
    assert set(lookups) == {"search"}, "no record was looked for by itself"
    assert len(lookups) == 3, "one page for the plan, two for the doubt"


def test_creates_that_never_arrived_are_proven_undone_one_by_one_before_they_are_sent_again(tenant, said):
    tenant.between.rule = lambda asked: (
        said(502, LOST) if asked.is_create and times_sent(tenant, orjson.loads(asked.body)["contact_id"]) == 1 else None
    )
    ended = tenant.load(tenant.source(20))
    assert ended.outcomes["created"] == 20
    assert len(tenant.registrations()) == 20
    singly = [place_of(asked) for asked in tenant.between.asked if place_of(asked)]
    assert {contact: singly.count(contact) for contact in singly} == {f"c{n}": 2 for n in range(20)}
    assert ("settling", 20, 20) in tenant.heard


def test_a_search_that_shows_nothing_is_not_believed_alone(tenant, said):
    searches = []

    def rule(asked):
        if asked.path == "search":
            searches.append(asked)
            return said(200, {"Items": []}) if len(searches) > 1 else None
        return said(502, LOST, after=True) if asked.is_create else None

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(5))
    assert ended.outcomes["created"] == 5
    assert len(tenant.registrations()) == 5


def test_a_lookup_that_keeps_failing_makes_its_record_unknown_and_only_that(tenant, said):
    def rule(asked):
        if asked.is_create and orjson.loads(asked.body)["contact_id"] in {"c1", "c2"}:
            return said(502, LOST, after=True)
        broken = place_of(asked) == "c1" or (asked.path == "search" and "contact_id" in orjson.loads(asked.body))
        return said(500, {"message": "index is broken"}) if broken else None

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(6), attempts=2)
    assert (ended.outcomes["created"], ended.outcomes["unknown"]) == (5, 1)
    row = tenant.outcomes(ended.load_id)[2]
    assert row["outcome"] == "unknown"
    assert "could not be read" in row["message"]
    assert "index is broken" in row["message"]
    assert len(tenant.registrations()) == 6


def test_a_create_that_lands_after_it_was_sent_again_is_unknown_with_both_ids(tenant, said, push_sandbox):
    def late(body: bytes) -> None:
        time.sleep(1.0)
        url = f"{push_sandbox.url}/registrations/{tenant.name}"
        httpx.post(url, content=body, headers={"Authorization": "Bearer a-key"}).raise_for_status()

    threads: list[threading.Thread] = []

    def rule(asked):
        if mine(asked, "c3") and not threads:
            threads.append(threading.Thread(target=late, args=(asked.body,)))
            threads[0].start()
            return said(504, LOST)
        return None

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(6), settle_seconds=0.6)
    threads[0].join()
    twins = [record["id"] for record in tenant.sandbox.registrations(tenant.name) if record["contact_id"] == "c3"]
    assert len(twins) == 2, "it landed twice: this API has no way to say that it must not"
    assert (ended.outcomes["created"], ended.outcomes["unknown"]) == (5, 1)
    message = tenant.outcomes(ended.load_id)[4]["message"]
    assert all(twin in message for twin in twins)


@pytest.mark.parametrize(
    ("dialects", "reason"),
    [
        ((), "2 registrations carry the mark of this record"),
        (("drop-stamps",), "2 registrations may be this record and none carries its mark"),
    ],
    ids=["stamps kept", "stamps dropped"],
)
def test_a_create_sent_again_is_not_believed_before_the_lists_show_it(tenant, said, dialects, reason):
    """Lists that trail by more than REGBULK_SETTLE_SECONDS hide the first create, and the second one as long."""
    tenant.sandbox.dialects(tenant.name, *dialects)
    began = {}

    def rule(asked):
        if mine(asked, "c3"):
            began.setdefault("at", time.monotonic())
            return said(504, LOST, after=True) if times_sent(tenant, "c3") == 1 else None
        lags = "at" in began and time.monotonic() < began["at"] + 2.5
        if lags and place_of(asked):
            return said(404, {"message": "unable to locate records"})
        return said(200, {"Items": []}) if lags and asked.path == "search" else None

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(6), settle_seconds=0.3)
    assert (ended.outcomes["created"], ended.outcomes["unknown"]) == (5, 1)
    message = tenant.outcomes(ended.load_id)[4]["message"]
    twins = [record["id"] for record in tenant.sandbox.registrations(tenant.name) if record["contact_id"] == "c3"]
    assert reason in message
    assert all(twin in message for twin in twins)


@pytest.mark.parametrize("landed", [True, False])
def test_a_lost_create_of_a_tenant_that_drops_stamps_is_there_once(tenant, said, landed):
    tenant.sandbox.dialects(tenant.name, "drop-stamps")
    tenant.between.rule = lambda asked: (
        said(502, LOST, after=landed) if mine(asked, "c3") and times_sent(tenant, "c3") == 1 else None
    )
    ended = tenant.load(tenant.source(6))
    held = tenant.registrations()
    row = tenant.outcomes(ended.load_id)[4]
    assert (len(held), times_sent(tenant, "c3")) == (6, 1 if landed else 2)
    if landed:
        assert row["outcome"] == "unknown", "nothing shows that it is ours"
        assert held["c3"]["id"] in row["message"]
    else:
        assert (row["outcome"], row["id"]) == ("created", held["c3"]["id"])


def test_a_lost_patch_that_appends_is_not_repeated_where_stamps_are_dropped(tenant, said):
    tenant.load(tenant.source(3, custom_field_values=custom("a")))
    tenant.sandbox.dialects(tenant.name, "drop-stamps")
    tenant.between.rule = lambda asked: said(502, LOST, after=True) if asked.is_batch else None
    ended = tenant.load(tenant.source(3, custom_field_values=custom("b")))
    assert ended.outcomes["patched"] == 3
    assert customs(tenant) == [[custom_id("a"), custom_id("b")]] * 3


def test_creates_that_a_killed_process_left_under_way_are_waited_for(tenant):
    killed(tenant, tenant.source(6), writes=6)
    assert not tenant.registrations(), "nothing has taken effect yet"
    ended = tenant.resume(**SLOW)
    assert (ended["exit"], ended["outcomes"]["created"]) == (0, 6), ended["stderr"]
    assert sum(asked.is_create for asked in tenant.between.asked) == 6, "sent once"
    assert len(tenant.registrations()) == 6


def test_appending_patches_that_a_killed_process_left_under_way_are_waited_for(tenant):
    tenant.load(tenant.source(3, custom_field_values=custom("a")))
    killed(tenant, tenant.source(3, custom_field_values=custom("b")), writes=1)
    ended = tenant.resume(**SLOW)
    assert (ended["exit"], ended["outcomes"]["patched"]) == (0, 3), ended["stderr"]
    assert tenant.between.batches() == [3], "sent once"
    assert customs(tenant) == [[custom_id("a"), custom_id("b")]] * 3


def test_what_was_left_under_way_is_over_at_its_deadline_and_a_clock_set_back_counts_as_now(tenant):
    settings = tenant.settings(timeout=30)
    ages = {0: 40, 15: 25, 60: 0, -100: 40}
    for age, left in ages.items():
        assert under_way(settings, datetime.now(UTC) - timedelta(seconds=age)) == pytest.approx(left, abs=0.5)


def test_a_read_that_fails_ends_those_beside_it():
    ended = []

    async def goes_on() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("slow")

    async def fails() -> NoReturn:
        await asyncio.sleep(0)
        raise AccessDenied("no", method="POST", url="u", status=401)

    with pytest.raises(AccessDenied):
        asyncio.run(together([goes_on(), fails()]))
    assert ended == ["slow"]


@pytest.mark.parametrize("changed", [False, True])
def test_without_stamps_a_create_is_known_by_its_values_and_never_sent_twice(tenant, said, changed):
    def rule(asked):
        if not asked.is_create:
            return None
        return said(502, LOST, after=True)

    tenant.between.rule = rule
    if changed:
        # The tenant keeps another value than was sent, so the registration cannot be told from somebody else's.
        tenant.sandbox.dialects(tenant.name, "trimmed-texts")
    ended = tenant.load(tenant.source(3, notes=" a "), stamps="omit")
    assert ended.outcomes["unknown" if changed else "created"] == 3
    assert len(tenant.registrations()) == 3


def test_a_patch_without_stamps_that_changes_only_inside_an_object_is_settled_by_that_place(tenant, said):
    ids = {}
    tenant.load(tenant.source(3, **{"badge.location": "Leeds"}), stamps="omit")
    ids = {contact: record["id"] for contact, record in tenant.registrations().items()}
    tenant.between.rule = lambda asked: (
        said(502, LOST) if asked.is_batch and len(tenant.between.batches()) == 1 else None
    )
    ended = tenant.load(tenant.source(3, **{"badge.location": "York"}), stamps="omit")
    assert ended.outcomes["patched"] == 3
    assert {record["badge"]["location"] for record in tenant.registrations().values()} == {"York"}
    assert ids == {contact: record["id"] for contact, record in tenant.registrations().items()}


def test_an_unknown_record_is_looked_for_again_when_its_load_is_pushed_again(tenant, said):
    broken = [True]

    def rule(asked):
        if asked.is_create:
            return said(502, LOST, after=True) if mine(asked, "c1") or mine(asked, "c2") else None
        looks = place_of(asked) == "c1" or (asked.path == "search" and "contact_id" in orjson.loads(asked.body))
        return said(500, {"message": "index is broken"}) if broken[0] and looks else None

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(4), attempts=1)
    assert ended.outcomes["unknown"] == 1
    broken[0] = False
    again = tenant.push(ended.load_id)
    assert again["exit"] == 0, again["stderr"]
    assert (again["outcomes"]["created"], again["outcomes"]["unknown"]) == (4, 0)
    assert times_sent(tenant, "c1") == 1
    assert tenant.outcomes(ended.load_id)[2]["id"] == tenant.registrations()["c1"]["id"]


def test_whoever_waits_for_doubts_to_be_settled_is_told_at_once(tenant, said):
    tenant.between.rule = lambda asked: said(401, {}) if asked.is_create else None
    with pytest.raises(AccessDenied):
        tenant.load(tenant.source(5))
    tenant.between.rule = lambda _: None
    assert "settling: 0 of 5\n" in tenant.resume()["stderr"]


def test_a_create_that_is_refused_because_its_first_try_landed_is_created(tenant, said):
    """Lists trail until the tenant, which takes a contact once, refuses the second try."""
    tenant.sandbox.dialects(tenant.name, "unique-contacts")

    def rule(asked):
        if mine(asked, "c3"):
            return said(504, LOST, after=True) if times_sent(tenant, "c3") == 1 else None
        if times_sent(tenant, "c3") != 1:
            return None
        if place_of(asked):
            return said(404, {"message": "unable to locate records"})
        return said(200, {"Items": []}) if asked.path == "search" else None

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(6))
    assert times_sent(tenant, "c3") == 2
    assert ended.outcomes["created"] == 6, tenant.outcomes(ended.load_id)[4]
    assert tenant.outcomes(ended.load_id)[4]["id"] == tenant.registrations()["c3"]["id"]


def test_a_create_sent_again_that_is_refused_and_not_there_fails_with_the_words_of_the_api(tenant, said):
    def rule(asked):
        if not mine(asked, "c3"):
            return None
        return said(504, LOST) if times_sent(tenant, "c3") == 1 else said(409, {"message": "no such package"})

    tenant.between.rule = rule
    ended = tenant.load(tenant.source(6))
    assert (ended.outcomes["created"], ended.outcomes["failed"], ended.open) == (5, 1, 0)
    assert "no such package" in tenant.outcomes(ended.load_id)[4]["message"]
