from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from regbulk.export import RAW, export_columns, fit

TENANT = "acme"


@dataclass
class SearchServer:
    """The search operation on a real socket: answers each event's pages as scripted, by cursor.

    A script is a list of `(items, next cursor)`; the first page is asked for without a cursor.
    """

    url: str = ""
    scripts: dict[str, dict[str | None, Any]] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    hold_at: int | None = None
    released: threading.Event = field(default_factory=threading.Event)
    reached: threading.Event = field(default_factory=threading.Event)

    def play(self, event: str, pages: Sequence[tuple[list[Any], str | None]]) -> None:
        cursors = [None, *(cursor for _, cursor in pages)]
        self.scripts[event] = dict(zip(cursors, pages, strict=False))

    def chain(self, event: str, pages: Sequence[list[Any]]) -> None:
        last = len(pages) - 1
        self.play(event, [(items, None if n == last else f"c{n + 1}") for n, items in enumerate(pages)])

    def answer(self, body: dict[str, Any], query: dict[str, list[str]]) -> dict[str, Any]:
        cursor = query.get("exclusiveStartKey", [None])[0]
        self.asked.append({"body": body, "cursor": cursor, "fields": query.get("fieldsToReturn", [None])[0]})
        if self.hold_at is not None and len(self.asked) > self.hold_at:
            self.reached.set()
            self.released.wait(30)
        items, following = self.scripts[body["event_id"]][cursor]
        return {"Items": items} | ({"LastEvaluatedKey": following} if following else {})


@pytest.fixture
def search() -> Iterator[SearchServer]:
    state = SearchServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            assert parts.path == f"/registrations/{TENANT}/search"
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps(state.answer(body, parse_qs(parts.query))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            with suppress(ConnectionError):  # the tests kill clients in the middle of an answer
                self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    state.released.set()
    server.shutdown()
    server.server_close()
    thread.join()


_OPEN = {column.name for column in export_columns() if column.shape.fit is fit.json_text}


@pytest.fixture(scope="session")
def decode() -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A row of an export back into the record it was made of, date-times in their shortest spelling."""
    return _decode


def _json_value(value: Any) -> Any:
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return float(value)
        case dict():
            return {name: _json_value(member) for name, member in value.items() if member is not None}
        case list():
            return [_json_value(item) for item in value]
        case _:
            return value


def _decode(row: dict[str, Any]) -> dict[str, Any]:
    raw = {name: kept["value"] for name, kept in json.loads(row.pop(RAW) or "{}").items()}
    typed = {name: value for name, value in row.items() if value is not None and name not in raw}
    return {name: json.loads(v) if name in _OPEN else _json_value(v) for name, v in typed.items()} | raw
