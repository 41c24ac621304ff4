from __future__ import annotations

import time

import httpx
import pytest

from regbulk.sandbox.credentials import TOKEN_SECONDS, Credentials
from regbulk.sandbox.refusal import Refused

GRANT = {"grant_type": "client_credentials", "client_id": "me", "audience": "https://api.rhythmsoftware.com"}


@pytest.fixture(scope="module")
def guarded(session_starter):
    """A sandbox with one key for each of two tenants."""
    return session_starter(api_key=["key=a=acme", "key-b=beta"])


def status(sandbox, tenant, authorization):
    headers = {} if authorization is None else {"Authorization": authorization}
    url = f"{sandbox.url}/registrations/{tenant}/search"
    response = httpx.post(url, json={"event_id": "e"}, headers=headers, timeout=60)
    assert response.is_success or list(response.json()) == ["message"]
    return response.status_code


def token(sandbox, secret, **changes):
    return httpx.post(f"{sandbox.url}/oauth/token", data=GRANT | {"client_secret": secret} | changes, timeout=60)


@pytest.mark.parametrize("authorization", ["anything", "Bearer anything", "bearer  anything", "Basic eDp5"])
def test_any_credential_opens_any_tenant_unless_keys_are_given(shared_sandbox, authorization):
    assert status(shared_sandbox, "any", authorization) == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "bearer"])
def test_no_credential_is_401(shared_sandbox, guarded, authorization):
    assert status(shared_sandbox, "any", authorization) == 401
    assert status(guarded, "acme", authorization) == 401


def test_a_key_opens_its_own_tenant_only(guarded):
    assert [status(guarded, tenant, "key=a") for tenant in ("acme", "beta", "other")] == [200, 403, 403]
    assert [status(guarded, tenant, "Bearer key-b") for tenant in ("acme", "beta")] == [403, 200]
    assert status(guarded, "acme", "Bearer unknown") == 401


def test_a_token_is_bound_to_the_tenant_of_its_client_secret(guarded):
    answer = token(guarded, "key-b").json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 86_400)
    bearer = f"Bearer {answer['access_token']}"
    assert [status(guarded, tenant, bearer) for tenant in ("acme", "beta")] == [403, 200]


def test_a_token_request_may_be_json_and_without_keys_any_secret_will_do(shared_sandbox):
    response = httpx.post(f"{shared_sandbox.url}/oauth/token", json=GRANT | {"client_secret": "s"}, timeout=60)
    assert status(shared_sandbox, "any", f"Bearer {response.json()['access_token']}") == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_secret": "unknown"}, (401, "invalid_client")),
        ({"client_secret": ""}, (400, "invalid_request")),
        ({"client_id": ""}, (400, "invalid_request")),
        ({"grant_type": "password"}, (400, "unsupported_grant_type")),
    ],
)
def test_a_refused_token_request_says_why(guarded, changes, expected):
    response = token(guarded, "key-b", **changes)
    assert (response.status_code, response.json()["error"]) == expected


def test_a_token_request_that_is_not_json_is_400(guarded):
    for content in (b"{oops", b"\xff\x00"):
        assert httpx.post(f"{guarded.url}/oauth/token", content=content, timeout=60).status_code == 400


def test_a_forged_token_is_401_even_where_any_credential_will_do(shared_sandbox):
    issued = token(shared_sandbox, "s").json()["access_token"]
    assert status(shared_sandbox, "any", issued) == 200
    forged = issued[:30] + ("A" if issued[30] != "A" else "B") + issued[31:]
    assert status(shared_sandbox, "any", forged) == 401


def test_a_token_ends_after_its_seconds():
    credentials = Credentials({}, b"secret")
    issued = credentials.token(GRANT | {"client_secret": "s"}, now=1_000.0)["access_token"]
    assert credentials.actor(issued, "t", now=1_000.0 + TOKEN_SECONDS - 1)
    with pytest.raises(Refused, match="expired") as refused:
        credentials.actor(issued, "t", now=1_000.0 + TOKEN_SECONDS)
    assert refused.value.status == 401


def test_tenants_do_not_see_each_other(api, tenant_of, shared_sandbox):
    other = tenant_of(shared_sandbox)
    record = api.created()
    assert other.get(record["id"]).status_code == 404
    assert other.request("DELETE", f"/{record['id']}").status_code == 404
    assert other.batch({"id": record["id"], "operation": "delete"}).json()["error_count"] == 1
    assert other.search().json() == {"Items": []}
    assert other.request("GET", "/eventContact/event-1/c-1").status_code == 404
    assert api.get(record["id"]).json() == record


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/registrations"),
        ("GET", "/registrations/t"),
        ("POST", "/registrations/t/"),
        ("POST", "/registrations/t/some-id"),
        ("PUT", "/registrations/t/batch"),
        ("GET", "/registrations/t/a/b/c/d"),
        ("DELETE", "/registrations/t/eventContact/e/c"),
        ("GET", "/oauth/token"),
        ("GET", "/docs"),
    ],
)
def test_a_path_or_method_outside_the_document_is_403(shared_sandbox, http, method, path):
    response = http.request(method, shared_sandbox.url + path)
    assert (response.status_code, list(response.json())) == (403, ["message"])


def test_the_credential_itself_is_stored_nowhere(api, http):
    secret = f"secret-{time.time_ns()}"
    url = f"{api.sandbox.url}/registrations/{api.name}"
    response = http.post(url, json=api.body(), headers={"Authorization": secret})
    assert response.status_code == 200
    assert secret not in response.text
