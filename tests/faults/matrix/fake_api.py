"""A Registrations API of its own, as far as an import needs one, with answers as ugly as HTTP allows: fake_api.py

It shares no code with anything. It prints its port and serves until its stdin ends. A tenant is set up by
PUT /fake/TENANT {"style": [words], "faults": {"create 2": fault, "batch 1": fault}}, which counts from then on, and
read by GET /fake/TENANT: {"records": [...], "faults": those that did not strike}. A fault is `lost` (done, then a
reset), `reset` (nothing done), `failed` (500, nothing done) or `failed-after`. A body with "poison" is refused: 400.
"""

from __future__ import annotations

import gzip
import itertools
import json
import re
import socket
import struct
import sys
import threading
from urllib.parse import parse_qs, unquote, urlsplit

ERRORS = {"json": b'{"message": "no"}', "text": b"no\n", "html": b"<html><h1>no</h1>", "empty": b""}
NULLS = {"cancellation_date": None, "sessions": None, "sys_locked": None, "badge": None}
PAGE = 2


class Tenant:
    def __init__(self):
        self.records, self.lock, self.ends = {}, threading.Lock(), itertools.cycle([None, "", {}, "absent"])
        self.begin([], {})

    def begin(self, style, faults):
        self.style, self.faults, self.counts = set(style), faults, {}

    def fault(self, operation):
        self.counts[operation] = self.counts.get(operation, 0) + 1
        return self.faults.pop(f"{operation} {self.counts[operation]}", None)

    def shown(self, record):
        record = {name: value for name, value in record.items() if value is not None}
        if "floats" in self.style:
            record = {
                name: float(v) if isinstance(v, int) and not isinstance(v, bool) else v for name, v in record.items()
            }
        if "nulls" in self.style:
            record = NULLS | {"sys_snapshot_base_version": None} | record
        if "shuffled" in self.style:
            record = {"x_new": {"a": [1]}} | dict(reversed(record.items()))
        return record

    def create(self, sent):
        if {"event_id", "contact_id"} - sent.keys() or "id" in sent:
            return 400, None
        name = f"r-{len(self.records) + 1}|x"
        self.records[name] = sent | {"id": name, "sys_version": 1}
        return 201 if "created" in self.style else 200, self.shown(self.records[name])

    def page(self, found, cursor):
        start = int(json.loads(cursor)["from"] if cursor.startswith("{") else cursor or 0)
        items, more = [self.shown(record) for record in found[start : start + PAGE]], start + PAGE
        if "bare" in self.style:
            return 200, [self.shown(record) for record in found]
        answer = {"Items": items, "Count": float(len(found))}
        if more < len(found):
            answer["LastEvaluatedKey"] = {"from": more} if "object-cursor" in self.style else str(more)
        elif (end := next(self.ends)) != "absent" and "odd-ends" in self.style:
            answer["LastEvaluatedKey"] = end
        return 200, answer

    def search(self, query, cursor):
        found = [record for record in self.records.values() if record["event_id"] == query["event_id"]]
        found = [record for record in found if record["contact_id"] in query.get("contact_id", [record["contact_id"]])]
        return self.page([record for record in found if record["id"] in query.get("ids", [record["id"]])], cursor)

    def event_contact(self, event, contact, cursor):
        found = [r for r in self.records.values() if (r["event_id"], r["contact_id"]) == (event, contact)]
        return self.page(found, cursor) if found else (404, None)

    def patch(self, name, directives):
        record = dict(self.records[name])
        for each in directives:
            field = each["path"].removeprefix("/")
            if each["op"] == "test" and record.get(field) != each["value"]:
                return {"id": name, "status": 400, "message": "test"}
            if each["op"] != "test":
                record[field] = each.get("value")
        self.records[name] = record | {"sys_version": record["sys_version"] + 1}
        if "records" in self.style:
            return self.shown(self.records[name])
        told = {"error": None, "message": None, "statusCode": "200"} if "nulls" in self.style else {"success": True}
        return {"id": name} | told

    def batch(self, operations):
        results = [self.patch(each["id"], each["patch_directives"]) for each in operations]
        if "shuffled" in self.style:
            results.reverse()
        counts = {"error_count": 0, "success_count": float(len(results)) if "floats" in self.style else len(results)}
        return 200, results if "bare" in self.style and "records" not in self.style else counts | {"results": results}

    def answer(self, method, parts, query, body):
        if b"poison" in body:
            return 400, None
        cursor = query.get("exclusiveStartKey", [""])[0]
        if method == "GET":
            return self.read(parts, cursor)
        match parts:
            case []:
                return self.create(json.loads(body))
            case ["search"]:
                return self.search(json.loads(body), cursor)
        return self.batch(json.loads(body)["operations"])

    def read(self, parts, cursor):
        if parts[0] == "eventContact":
            return self.event_contact(*parts[1:], cursor)
        return (200, self.shown(self.records[parts[0]])) if parts[0] in self.records else (404, None)


def written(tenant, status, value):
    """An answer as bytes, in the tenant's style."""
    style = tenant.style
    # A list without records is told in plain words: a web page in its place would not be believed.
    error = next((ERRORS[word] for word in ERRORS if word in style and (status, word) != (404, "html")), ERRORS["json"])
    body = json.dumps(value, indent=1 if "spaces" in style else None).encode() if status < 400 else error
    if "spaces" in style and status < 400:
        body = b"\xef\xbb\xbf \r\n" + body + b"\r\n\t \n"
    headers = ["Content-Type: application/json; charset=UTF-8", "Server:", "X-Empty:   "]
    if "gzip" in style:
        body, headers = gzip.compress(body), [*headers, "Content-Encoding: gzip"]
    if "http10" in style:
        return b"HTTP/1.0 %d \r\n" % status + "\r\n".join([*headers, "", ""]).encode() + body
    if "chunks" in style:
        headers += ["Transfer-Encoding: chunked", "Trailer: X-End"]
        body = b"".join(b"1;why=no\r\n%c\r\n" % byte for byte in body) + b"000\r\nX-End: yes\r\n\r\n"
    else:
        headers += [f"Content-Length: {len(body)}"]
    headers += ["Connection: close"] if "closing" in style else ["Keep-Alive: timeout=5"]
    if "folded" in style:
        headers += ["X-Long: begins\r\n  goes on\r\n\tand ends", "X-Twice: 1", "x-twice: 2"]
    if "casing" in style:
        headers = [
            re.sub(
                r"^[^:]+", lambda name: "".join(c.upper() if n % 2 else c.lower() for n, c in enumerate(name[0])), one
            )
            for one in headers
        ]
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </x>\r\n\r\n" if "early" in style else b""
    return early + b"HTTP/1.1 %d \r\n" % status + "\r\n".join([*headers, "", ""]).encode() + body


def send(client, tenant, raw):
    if "tiny" in tenant.style:
        for at in range(0, len(raw), 7):
            client.sendall(raw[at : at + 7])
    else:
        client.sendall(raw)


def exchange(client, stream):
    """Answer one request; whether the connection goes on."""
    line = stream.readline().decode()
    if not line:
        return False
    method, target, _ = line.split()
    headers = dict(one.decode().strip().lower().split(": ", 1) for one in iter(stream.readline, b"\r\n"))
    body = stream.read(int(headers.get("content-length", 0)))
    url = urlsplit(target)
    root, name, *parts = [unquote(part) for part in url.path.strip("/").split("/")]
    if root == "fake":
        tenant = TENANTS.setdefault(name, Tenant())
        if method == "PUT":
            tenant.begin(**json.loads(body))
        client.sendall(written(Tenant(), 200, {"records": list(tenant.records.values()), "faults": tenant.faults}))
        return True
    tenant = TENANTS[name]
    with tenant.lock:
        fault = tenant.fault({"": "create", "batch": "batch"}.get("/".join(parts) if method == "POST" else "x", "read"))
        status, value = (
            (500, None) if fault in {"failed", "reset"} else tenant.answer(method, parts, parse_qs(url.query), body)
        )
    if fault in {"lost", "reset"}:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False
    send(client, tenant, written(tenant, 500 if fault == "failed-after" else status, value))
    return not tenant.style & {"http10", "closing"}


def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream = client.makefile("rb")
    try:
        while exchange(client, stream):
            pass
    except ConnectionError:
        pass
    stream.close()
    client.close()


def accept(listener):
    while True:
        threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()


if __name__ == "__main__":
    TENANTS = {}
    LISTENER = socket.create_server(("127.0.0.1", 0), backlog=64)
    threading.Thread(target=accept, args=(LISTENER,), daemon=True).start()
    print(LISTENER.getsockname()[1], flush=True)
    sys.stdin.read()
