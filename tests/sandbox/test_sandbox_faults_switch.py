from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from functools import partial

import httpx
import pytest

from regbulk.errors import SettingsError
from regbulk.sandbox.faults.catalogue import KINDS, PRESETS, listing
from regbulk.sandbox.faults.spec import faults_of

EXAMPLES = {
    "latency": "0..0.01",
    "hang": "0",
    "hang-before": "0",
    "drip": "100000",
    "rate-limit": "1000/1",
    "too-large": "10",
    "clock": "60",
    "lag": "0.01",
    "item-status": "404",
    "item-status-after": "500",
    "gzip-bomb": "1",
    "huge": "1",
}


def spec(name):
    return f"{name}={EXAMPLES[name]}" if name in EXAMPLES else name


def statuses(api, count):
    return [api.search().status_code for _ in range(count)]


def listed(sandbox, path=""):
    return httpx.get(f"{sandbox.url}/_sandbox/faults{path}", timeout=20).json()


@pytest.mark.parametrize(
    ("when", "struck"),
    [
        ("", {1}),
        (":once", {1}),
        (":once-at=3", {3}),
        (":every=2", {2, 4, 6, 8}),
        (":always", set(range(1, 9))),
        (":p=0", set()),
        (":p=1", set(range(1, 9))),
        (":p=1.0", set(range(1, 9))),
    ],
)
def test_a_fault_strikes_the_requests_in_scope_that_its_when_names(api, when, struck):
    api.sandbox.faults(f"auth@search{when}", tenant=api.name)
    api.created()
    found = statuses(api, 8)
    assert {number for number, status in enumerate(found, start=1) if status == 401} == struck
    assert listed(api.sandbox)["faults"][-1] == {
        "fault": f"auth@search{when}",
        "tenant": api.name,
        "met": 8,
        "struck": len(struck),
    }


@pytest.mark.parametrize(
    ("scope", "met"),
    [
        ("create", "c"),
        ("patch", "p"),
        ("delete", "d"),
        ("batch", "b"),
        ("search", "s"),
        ("get", "g"),
        ("list", "l"),
        ("record", "cpd"),
        ("write", "cpdb"),
        ("read", "sgl"),
        ("page", "sl"),
        ("any", "cpdbsgl"),
        ("token", ""),
    ],
)
def test_a_scope_holds_these_operations(api, scope, met):
    record = api.created(contact_id="c")
    api.sandbox.faults(f"latency=0@{scope}", tenant=api.name)
    asked = {
        "c": lambda: api.post(contact_id="c"),
        "p": lambda: api.patch(record["id"], {"op": "test", "path": "/contact_id", "value": "c"}),
        "b": api.batch,
        "s": api.search,
        "g": lambda: api.get(record["id"]),
        "l": lambda: api.request("GET", "/eventContact/event-1/c"),
        "d": lambda: api.request("DELETE", f"/{record['id']}"),
    }
    found = ""
    for letter, ask in asked.items():
        before = sum(api.sandbox.struck(api.name).values())
        assert ask().status_code == 200
        found += letter if sum(api.sandbox.struck(api.name).values()) > before else ""
    assert set(found) == set(met)


def test_the_same_seed_strikes_the_same_requests_and_another_one_others(api):
    def run(seed):
        api.sandbox.faults("auth:p=0.5", tenant=api.name, seed=seed)
        return statuses(api, 24)

    first = run(7)
    assert set(first) == {200, 401}
    assert run(7) == first
    assert run(8) != first


def test_requests_out_of_scope_change_nothing_about_those_in_scope(api):
    api.sandbox.faults("auth@search:p=0.5", tenant=api.name)
    first = statuses(api, 16)
    api.sandbox.faults("auth@search:p=0.5", "latency=0:p=0.5", tenant=api.name)
    again = []
    for _ in range(16):
        api.created()
        again += statuses(api, 1)
    assert again == first


def test_tenants_are_struck_each_for_itself(api, tenant_of):
    other = tenant_of(api.sandbox)
    api.sandbox.faults("auth", tenant=api.name)
    assert statuses(other, 2) == [200, 200]
    other.sandbox.faults("auth:once-at=2", tenant=other.name)
    assert (statuses(api, 2), statuses(other, 3)) == ([401, 200], [200, 401, 200])
    api.sandbox.no_faults(other.name)
    assert api.sandbox.struck(api.name) == {"auth": 1}
    assert api.sandbox.struck(other.name) == {}


def test_faults_for_all_tenants_meet_each_tenant_anew_and_add_up(start_sandbox, tenant_of):
    sandbox = start_sandbox(fault=["auth:once-at=2", "429@create"], seed=3)
    one, other = tenant_of(sandbox), tenant_of(sandbox)
    assert (statuses(one, 2), statuses(other, 2)) == ([200, 401], [200, 401])
    assert listed(sandbox) == {
        "seed": 3,
        "faults": [
            {"fault": "auth:once-at=2", "tenant": None, "met": 4, "struck": 2},
            {"fault": "429@create", "tenant": None, "met": 0, "struck": 0},
        ],
    }
    sandbox.faults("auth=403", tenant=one.name)
    sandbox.no_faults()
    assert (statuses(one, 1), statuses(other, 1)) == ([403], [200])


def test_faults_change_while_it_runs_and_counts_begin_anew(api):
    api.sandbox.faults("auth:always", tenant=api.name)
    assert statuses(api, 2) == [401, 401]
    api.sandbox.faults("auth:always", tenant=api.name)
    assert api.sandbox.struck(api.name) == {"auth:always": 0}
    api.sandbox.faults("429:always", tenant=api.name)
    assert statuses(api, 1) == [429]
    api.sandbox.no_faults(api.name)
    assert statuses(api, 1) == [200]
    assert api.sandbox.struck(api.name) == {}


def test_the_first_that_refuses_keeps_the_request_from_those_behind_it(api):
    api.sandbox.faults("429", "auth", tenant=api.name)
    assert statuses(api, 3) == [429, 401, 200]
    assert [fault["met"] for fault in listed(api.sandbox)["faults"] if fault["tenant"] == api.name] == [3, 2]


def test_a_fault_that_finds_nothing_to_strike_waits_for_the_next_request(api):
    ids = [api.created()["id"] for _ in range(4)]
    api.sandbox.faults("results-short", "status-half", tenant=api.name)
    answers = [api.batch(*[{"operation": "delete", "id": one} for one in pair]) for pair in (ids[:2], ids[2:])]
    assert [answer.status_code for answer in answers] == [504, 200]
    assert len(answers[1].json()["results"]) == 1, "an answer that was lost has no results to shorten"


def test_paths_of_the_sandbox_itself_are_never_struck(start_sandbox):
    sandbox = start_sandbox(fault=["reset-before:always", "reset-before@token:always"])
    assert sandbox.stats()["requests"] == {}
    assert sandbox.registrations("t") == []
    assert httpx.get(f"{sandbox.url}/openapi.json", timeout=20).status_code == 200
    with pytest.raises(httpx.TransportError):
        httpx.post(f"{sandbox.url}/oauth/token", timeout=20)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("quake", "no fault is called quake; there are: latency, "),
        ("quake", "presets storm, lossy"),
        ("storm:p=0.1", "storm is a preset"),
        ("auth@moon", "no scope is called moon; there are: create, "),
        ("auth:sometimes", "once, once-at=N, every=N"),
        ("auth:once-at=0", "once, once-at=N, every=N"),
        ("auth:every", "once, once-at=N, every=N"),
        ("auth:p=1.5", "p=SHARE (0 to 1)"),
        ("auth=500", "one of 401, 403 is expected"),
        ("reset-after=3", "it takes no value"),
        ("latency", "seconds are expected"),
        ("latency=2..1", "seconds are expected, a number from 2"),
        ("hang=nan", "seconds are expected"),
        ("drip=0", "bytes per second are expected, a number from 1"),
        ("rate-limit=5", "RATE/BURST"),
        ("rate-limit=5/0", "requests at once are expected, a number from 1"),
        ("rate-limit=5/5/never", "one of seconds, date, zero"),
        ("status-before=501", "one of 500, 502, 503, 504 is expected"),
        ("status-after=500/date", "only 503 takes a form"),
        ("429=never", "one of seconds, date, zero"),
        ("", "expected NAME[=VALUE][@SCOPE][:WHEN]"),
        ("Auth", "expected NAME[=VALUE][@SCOPE][:WHEN]"),
    ],
)
def test_a_malformed_fault_is_refused_with_what_there_is(asked, said):
    with pytest.raises(SettingsError) as refused:
        faults_of([asked])
    assert said in str(refused.value)
    assert repr(asked) in str(refused.value)


@pytest.mark.parametrize(
    "asked",
    [
        {"faults": ["quake"]},
        {"faults": "auth"},
        {"faults": [1]},
        {},
        [],
        {"faults": [], "seed": "x"},
        {"faults": [], "x": 1},
    ],
)
def test_what_cannot_be_set_is_400_and_changes_nothing(api, http, asked):
    api.sandbox.faults("auth:always", tenant=api.name)
    for tenant in ("", f"/{api.name}"):
        answer = http.put(f"{api.sandbox.url}/_sandbox/faults{tenant}", json=asked)
        assert (answer.status_code, list(answer.json())) == (400, ["message"])
    assert api.sandbox.struck(api.name) == {"auth:always": 0}


@pytest.mark.parametrize("asked", [{"dialects": ["klingon"]}, {"dialects": "strict"}, {"dialects": [1]}, {}, []])
def test_dialects_that_cannot_be_set_are_400(api, http, asked):
    answer = http.put(f"{api.sandbox.url}/_sandbox/dialects/{api.name}", json=asked)
    assert (answer.status_code, list(answer.json())) == (400, ["message"])


def test_the_command_says_what_it_does_not_know_and_lists_what_there_is():
    command = [sys.executable, "-m", "regbulk", "sandbox"]
    refused = subprocess.run([*command, "--fault", "quake"], capture_output=True, text=True, check=False, timeout=60)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "no fault is called quake; there are:" in refused.stderr
    shown = subprocess.run([*command, "--faults-list"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert shown == listing() + "\n"
    assert all(f"\n  {name}" in shown for name in (*KINDS, *PRESETS))


@pytest.mark.parametrize("preset", PRESETS)
def test_a_preset_stands_for_its_faults(api, preset):
    api.sandbox.faults(preset, tenant=api.name)
    assert list(api.sandbox.struck(api.name)) == list(PRESETS[preset].faults)
    assert {fault.text for fault in faults_of([preset])} == set(PRESETS[preset].faults)


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_says_in_a_sentence_what_it_does(name):
    assert KINDS[name].about.endswith(".")
    assert KINDS[name].about[0].isupper() or not KINDS[name].about[0].isalpha()


def test_all_faults_at_once_leave_the_sandbox_healthy_and_silent(start_sandbox, tenant_of, body):
    sandbox = start_sandbox()
    for name in KINDS:
        api = tenant_of(sandbox)
        with httpx.Client(headers={"Authorization": "Bearer key"}, timeout=20) as api.http:
            ids = [api.created()["id"] for _ in range(2)]
            sandbox.faults(f"{spec(name)}@any:p=0.7", tenant=api.name)
            delete = partial(api.batch, {"operation": "delete", "id": ids[0]})
            for ask in (api.post, api.search, delete, api.search):
                with suppress(httpx.TransportError, httpx.DecodingError):
                    ask()
            sandbox.no_faults(api.name)
            assert api.get(ids[1]).status_code == 200
    assert (sandbox.stop(), sandbox.stderr.read_text()) == (0, "")
