from __future__ import annotations

import zlib
from contextlib import suppress

import httpx
import orjson
import pytest

LOST = [
    "status-after=500",
    "status-after=502",
    "status-after=503/date",
    "status-after=504",
    "reset-after",
    "reset-in-headers",
    "reset-in-body",
    "truncated",
    "long-length",
    "endless-chunks",
    "huge=1",
    "empty",
    "no-content",
    "html",
    "bom",
    "wrong-charset",
    "gzip-bomb=1",
    "nan",
    "deep",
    "duplicate-keys",
    "extra-fields",
    "drip=100000",
    "hang=0.01",
]


@pytest.mark.parametrize("fault", LOST)
def test_whatever_becomes_of_the_answer_the_write_is_done_once_and_counted(api, body, hear, fault):
    stats = api.sandbox.stats()
    api.sandbox.faults(fault, tenant=api.name)
    hear(api, "POST", "", body())
    assert len(api.sandbox.registrations(api.name)) == 1
    after = api.sandbox.stats()
    created = "post /registrations/{tenantId}"
    assert after["operations"]["create"] == stats["operations"]["create"] + 1
    assert after["requests"][created] == stats["requests"].get(created, 0) + 1
    assert api.sandbox.struck(api.name) == {fault: 1}
    assert api.post().status_code == 200, "the next answer is whole"


@pytest.mark.parametrize("fault", LOST)
def test_faults_strike_on_a_connection_in_use_and_the_next_request_finds_a_server(api, fault):
    with httpx.Client(headers={"Authorization": "Bearer key"}, timeout=20) as http:
        api.http = http
        api.created()
        api.sandbox.faults(fault, tenant=api.name)
        with suppress(httpx.TransportError, httpx.DecodingError):
            api.post()
        api.created()
    assert len(api.sandbox.registrations(api.name)) == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_an_error_after_the_write_looks_like_one_before_it(api, status):
    api.sandbox.faults(f"status-before={status}@create", f"status-after={status}@create", tenant=api.name)
    before, after = api.post(), api.post()
    assert (before.status_code, before.content) == (after.status_code, after.content)
    assert len(api.sandbox.registrations(api.name)) == 1


def test_a_reset_after_has_no_byte_of_an_answer(api, body, hear):
    api.sandbox.faults("reset-after", tenant=api.name)
    heard = hear(api, "POST", "", body())
    assert (heard.raw, heard.reset) == (b"", True)


def test_a_reset_in_the_headers_and_in_the_body_comes_in_the_middle(api, body, hear):
    api.sandbox.faults("reset-in-headers", tenant=api.name)
    heard = hear(api, "POST", "", body())
    assert heard.reset
    assert heard.raw.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\n\r\n" not in heard.raw
    api.sandbox.faults("reset-in-body", tenant=api.name)
    heard = hear(api, "POST", "", body())
    assert heard.reset
    assert 0 < len(heard.body) < int(heard.head["content-length"])


def test_a_truncated_answer_is_consistent_http(api):
    record = api.created()
    api.sandbox.faults("truncated", tenant=api.name)
    answer = api.get(record["id"])
    assert int(answer.headers["content-length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r".*"):
        answer.json()
    assert api.get(record["id"]).content.startswith(answer.content)


def test_an_answer_shorter_than_announced_ends_without_a_reset(api, hear):
    record = api.created()
    api.sandbox.faults("long-length", tenant=api.name)
    heard = hear(api, "GET", f"/{record['id']}")
    assert not heard.reset
    assert orjson.loads(heard.body) == record
    assert int(heard.head["content-length"]) > len(heard.body)


def test_endless_chunks_lack_the_last_one(api, hear):
    record = api.created()
    api.sandbox.faults("endless-chunks", tenant=api.name)
    heard = hear(api, "GET", f"/{record['id']}")
    assert not heard.reset
    size, _, rest = heard.body.partition(b"\r\n")
    assert heard.head["transfer-encoding"] == "chunked"
    assert rest == orjson.dumps(record) + b"\r\n"
    assert int(size, 16) == len(rest) - 2


def test_a_huge_answer_stops_when_the_client_leaves(api):
    api.sandbox.faults("huge=2000:always", tenant=api.name)
    url = f"{api.sandbox.url}/registrations/{api.name}"
    with api.http.stream("POST", url, json=api.body()) as answer:
        assert len(next(answer.iter_raw(2**20))) == 2**20
    api.sandbox.no_faults(api.name)
    assert api.search().status_code == 200


def test_a_gzip_bomb_expands_a_hundredfold(api, hear):
    api.sandbox.faults("gzip-bomb=2", tenant=api.name)
    heard = hear(api, "POST", "/search", {"event_id": "event-1"})
    assert heard.head["content-encoding"] == "gzip"
    assert len(zlib.decompress(heard.body, 31)) > 2 * 2**20 > 100 * len(heard.body)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("empty", (200, "application/json", b"")),
        ("no-content", (204, None, b"")),
        ("html", (200, "text/html; charset=utf-8", ...)),
        ("bom", (200, "application/json", b'\xef\xbb\xbf{"Items":[]}')),
        ("wrong-charset", (200, "application/json; charset=utf-16", b'{"Items":[]}')),
        ("wrong-charset=latin-1", (200, "application/json; charset=latin-1", b'{"Items":[]}')),
        ("nan", (200, "application/json", b'{"Items":[],"score":NaN}')),
        ("nan=infinity", (200, "application/json", b'{"Items":[],"score":-Infinity}')),
        ("duplicate-keys", (200, "application/json", b'{"Items":[],"Items":null}')),
    ],
)
def test_odd_answers_are_these_bytes(api, fault, expected):
    api.sandbox.faults(fault, tenant=api.name)
    answer = api.search()
    status, kind, content = expected
    assert (answer.status_code, answer.headers.get("content-type")) == (status, kind)
    assert content in (answer.content, ...)


def test_numbers_that_json_does_not_have_stand_in_the_place_of_the_first_one(api):
    api.sandbox.faults("nan=huge-integer@batch", tenant=api.name)
    answer = api.batch().content
    assert answer.startswith(b'{"success_count":' + b"9" * 5_000 + b",")


def test_a_deep_answer_is_deeper_than_parsers_go(api):
    api.sandbox.faults("deep", tenant=api.name)
    assert api.search().content.startswith(b'{"a":' * 100_000)


def test_new_fields_stand_beside_everything_that_was_there(api):
    record = api.created()
    api.sandbox.faults("extra-fields:always", tenant=api.name)
    found = api.search().json()
    assert found["Items"][0].items() > record.items()
    assert found.keys() > {"Items"}
    assert api.batch({"operation": "delete", "id": record["id"]}).json()["results"][0].keys() >= {"id", "drift_note"}


def test_half_a_batch_is_done_and_the_answer_is_a_gateways(api):
    ids = [api.created()["id"] for _ in range(5)]
    stats = api.sandbox.stats()
    api.sandbox.faults("status-half", tenant=api.name)
    answer = api.batch(*[{"operation": "delete", "id": one} for one in ids])
    assert (answer.status_code, answer.headers["content-type"]) == (504, "text/html; charset=utf-8")
    assert [record["id"] for record in api.sandbox.registrations(api.name)] == sorted(ids[2:])
    assert api.sandbox.stats()["operations"]["delete"] == stats["operations"]["delete"] + 2


@pytest.mark.parametrize(("way", "expected"), [("upper", (" ZOË ", " HI")), ("trim", ("Zoë", "hi"))])
def test_texts_are_stored_changed_and_answered_so(speaking, way, expected):
    api = speaking("batch-create")
    api.sandbox.faults(f"values-changed={way}:always", tenant=api.name)
    assert (api.created(name=" Zoë ", city=" a ")["name"], api.created(city=" a ")["city"]) == (expected[0], " a ")
    record = api.created()
    directives = [
        {"op": "add", "path": "/notes", "value": " hi"},
        {"op": "test", "path": "/notes", "value": expected[1]},
    ]
    assert api.patch(record["id"], *directives).json()["notes"] == expected[1]
    api.batch(
        {"operation": "create", "object": api.body(name=" Zoë ", contact_id="in a batch")},
        {"operation": "patch", "id": record["id"], "patch_directives": [directives[0] | {"path": "/name"}]},
    )
    stored = {each["contact_id"]: each["name"] for each in api.sandbox.registrations(api.name)}
    assert stored["in a batch"] == expected[0]
    assert api.get(record["id"]).json()["name"] == expected[1]
