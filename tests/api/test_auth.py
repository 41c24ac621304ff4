from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from urllib.parse import parse_qs

import orjson
import pytest

from regbulk.api.auth import MOST_TOKENS_A_DAY, credentials
from regbulk.errors import AccessDenied, NotSent, SettingsError
from regbulk.settings import Settings

ANOTHER_PROCESS = """
import asyncio, sys
from pathlib import Path
from regbulk.api import Client
from regbulk.settings import Settings
url, workspace, times = sys.argv[1:]
oauth = {"client_id": "client", "client_secret": "secret-1", "token_url": url + "/oauth/token"}
async def go():
    async with Client(Settings(api_url=url, tenant="acme", workspace=Path(workspace), **oauth)) as client:
        for _ in range(int(times)):
            await client.get("r1")
asyncio.run(go())
"""


def kept(workspace: Path) -> Path:
    (path,) = (workspace / "tokens").glob("*.json")
    return path


def test_a_token_is_asked_for_once_as_a_form_and_used_for_every_request(serving, issuer, by_oauth, tmp_path) -> None:
    async def go() -> list[bytes]:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            await asyncio.gather(*(client.get("r1") for _ in range(10)))
            assert len(server.received) == 11
            assert "authorization" not in server.received[0].headers
            return server.received[0].body

    grant = {name: value for name, (value,) in parse_qs(asyncio.run(go()).decode()).items()}
    assert grant == {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": "secret-1",
        "audience": "https://api.rhythmsoftware.com",
    }


def test_the_cache_is_its_owners_alone_whatever_the_umask(serving, issuer, by_oauth, tmp_path) -> None:
    async def go() -> None:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            await client.get("r1")

    before = os.umask(0)
    try:
        asyncio.run(go())
    finally:
        os.umask(before)
    folder = tmp_path / "tokens"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".lock"]


def test_a_401_refreshes_the_token_once_and_asks_again_even_a_write(serving, issuer, by_oauth) -> None:
    async def go() -> list[str]:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            await client.get("r1")
            issuer.tokens = 7
            await client.patch("r1", b"[]")
            return [received.line.split()[0] for received in server.received]

    assert asyncio.run(go()) == ["POST", "GET", "PATCH", "POST", "PATCH"]


def test_a_second_401_is_access_denied(serving, issuer, by_oauth) -> None:
    async def go() -> int:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            issuer.refuses_all = True
            with pytest.raises(AccessDenied):
                await client.get("r1")
            return len(server.received)

    assert asyncio.run(go()) == 4


def test_h30_a_token_that_is_refused_and_not_renewed_is_access_denied(serving, issuer, by_oauth, http) -> None:
    async def go() -> list[str]:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            await client.get("r1")
            server.script[:] = [http(401)]
            with pytest.raises(AccessDenied, match="no token: check REGBULK_CLIENT_ID"):
                await client.create(b"{}")
            return [received.line.split()[1] for received in server.received[2:]]

    assert asyncio.run(go()) == ["/registrations/acme", "/oauth/token"]


def test_a_key_that_is_refused_is_access_denied_at_once(serving, http, connected) -> None:
    async def go() -> int:
        async with serving(http(401)) as server, connected(server.url) as client:
            with pytest.raises(AccessDenied, match="REGBULK_API_KEY"):
                await client.get("r1")
            return len(server.received)

    assert asyncio.run(go()) == 1


def test_a_token_is_not_used_to_its_last_second(serving, issuer, by_oauth) -> None:
    async def go() -> int:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            issuer.life = 0
            await client.get("r1")
            await client.get("r1")
            return issuer.tokens

    assert asyncio.run(go()) == 2


def test_processes_that_start_together_share_one_token_and_one_refresh(serving, issuer, tmp_path) -> None:
    async def run(url: str, *, times: int) -> int:
        started = [
            await asyncio.create_subprocess_exec(sys.executable, "-c", ANOTHER_PROCESS, url, str(tmp_path), str(times))
            for _ in range(2)
        ]
        assert [await process.wait() for process in started] == [0, 0]
        return issuer.tokens

    async def go() -> list[int]:
        async with serving(issuer) as server:
            first = await run(server.url, times=3)
            issuer.tokens = 10
            return [first, await run(server.url, times=3)]

    assert asyncio.run(go()) == [1, 11]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b'{"access_token": "tok'),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"[1]"),
        lambda path: path.chmod(0o644),
        lambda path: (path.rename(path.with_suffix(".aside")), path.symlink_to(path.with_suffix(".aside"))),
    ],
    ids=["cut", "empty", "foreign", "readable by others", "link"],
)
def test_a_cache_that_is_damaged_or_not_private_is_replaced(serving, issuer, by_oauth, tmp_path, spoil) -> None:
    async def go() -> None:
        async with serving(issuer) as server:
            async with by_oauth(server.url) as client:
                await client.get("r1")
            spoil(kept(tmp_path))
            async with by_oauth(server.url) as client:
                await client.get("r1")

    asyncio.run(go())
    assert issuer.tokens == 2
    assert orjson.loads(kept(tmp_path).read_bytes())["access_token"] == "token-2"
    assert not kept(tmp_path).is_symlink()
    assert kept(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_folder_that_is_a_link_to_elsewhere_is_refused(serving, issuer, by_oauth, tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tokens").symlink_to(tmp_path / "elsewhere")

    async def go() -> None:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            await client.get("r1")

    with pytest.raises(SettingsError, match="not a folder of your own"):
        asyncio.run(go())


def test_a_workspace_where_no_token_can_be_kept_is_a_wrong_setting(serving, issuer, by_oauth, tmp_path) -> None:
    (tmp_path / "tokens").write_text("a file in the way")

    async def go() -> None:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            await client.get("r1")

    with pytest.raises(SettingsError, match="REGBULK_WORKSPACE"):
        asyncio.run(go())
    assert issuer.tokens == 0


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((401, b'{"error": "access_denied"}'), AccessDenied),
        ((403, b""), AccessDenied),
        ((200, b"<html>"), NotSent),
        ((200, b'{"access_token": "a\\nb"}'), NotSent),
        ((500, b""), NotSent),
        ((429, b""), NotSent),
    ],
)
def test_without_a_token_nothing_of_the_request_is_sent(serving, http, by_oauth, answer, kind) -> None:
    async def go() -> set[str]:
        async with serving(http(*answer)) as server, by_oauth(server.url) as client:
            with pytest.raises(kind) as caught:
                await client.create(b"{}")
            assert "secret-1" not in str(caught.value)
            return {received.line.split()[1] for received in server.received}

    assert asyncio.run(go()) == {"/oauth/token"}


def test_a_runaway_stops_fetching_tokens(serving, issuer, by_oauth, tmp_path) -> None:
    issuer.life = 0

    async def go() -> None:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            for _ in range(MOST_TOKENS_A_DAY + 1):
                await client.get("r1")

    with pytest.raises(AccessDenied, match="100 tokens were fetched within a day"):
        asyncio.run(go())


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({"api_key": "key-1"}, "Bearer key-1"),
        ({"api_key": " key-1\n", "auth_scheme": "bare"}, "key-1"),
        ({}, None),
    ],
)
def test_a_key_is_sent_as_the_setting_says(options, header) -> None:
    assert asyncio.run(credentials(Settings(**options)).header()) == header


@pytest.mark.parametrize("options", [{"api_key": "a b"}, {"api_key": "a\r\nX: y"}, {"client_id": "client"}])
def test_credentials_that_cannot_be_sent_are_a_wrong_setting(options) -> None:
    with pytest.raises(SettingsError) as caught:
        credentials(Settings(**options))
    assert "X: y" not in str(caught.value)


def test_no_token_or_secret_is_shown_by_repr(serving, issuer, by_oauth) -> None:
    async def go() -> str:
        async with serving(issuer) as server, by_oauth(server.url) as client:
            await client.get("r1")
            found = client._credentials
            return repr(vars(client)) + repr(vars(found))

    shown = asyncio.run(go())
    assert "token-1" not in shown
    assert "secret-1" not in shown
