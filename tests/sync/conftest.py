"""A small cloud of our own on loopback that can be told to go wrong in every way the field has."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from core.events import Instant
from sync import wire
from sync.api import CloudApi
from sync.http import CloudHttp
from sync.memory import MemoryClock
from sync.settings import CloudSettings
from tests.pass_items import pass_item
from tests.patience import PATIENCE_S

TOKEN = "device-token-of-the-tests"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Fault = Callable[[Asked, socket.socket], bool]
"""Answers in the cloud's place and says True, or says False and lets it answer."""


@dataclass
class FaultyCloud:
    """Passes with revisions, events by id; `fault` may step in before (or after) each answer."""

    url: str = ""
    fault: Fault = lambda _asked, _socket: False
    cut_after: Callable[[Asked], int | None] = lambda _asked: None
    """How many bytes of the answer go out before the connection is cut; None = all."""
    epoch: int = 1
    rev: int = 0
    page: int = 1000
    passes: dict[str, tuple[int, wire.PassItem]] = field(default_factory=dict)
    events: dict[str, wire.GateEvent] = field(default_factory=dict)
    repeats: int = 0
    pictures: dict[str, bytes] = field(default_factory=dict)
    acks: list[tuple[str, str]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    wanted: wire.HealthAnswer | None = None
    """What it would like of whoever reports; None = it says nothing."""
    ahead: timedelta = timedelta(0)
    """How far the clock in its Date headers is ahead."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(self, item: wire.PassItem) -> None:
        with self.lock:
            self.rev += 1
            self.passes[item.id] = (self.rev, item)

    def live(self) -> dict[str, wire.PassItem]:
        return {key: item for key, (_, item) in self.passes.items() if not item.deleted}

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        with self.lock:
            self.asked.append(asked)
            if asked.headers.get("authorization") != f"Bearer {TOKEN}":
                return 401, b'{"error": "unknown"}'
            match asked.method, asked.path.removeprefix(wire.BASE).strip("/").split("/"):
                case "GET", ["passes"]:
                    return self._page(asked.query.get("cursor", ""))
                case "POST", ["events"]:
                    return self._events(asked.body)
                case "PUT", ["events", event_id, "snapshot"]:
                    self.pictures[event_id] = asked.body
                    return 204, b""
                case "POST", ["commands", command_id, "ack"]:
                    self.acks.append((command_id, wire.decode(wire.CommandAck, asked.body).outcome))
                    return 204, b""
                case "POST", ["health"]:
                    wire.decode(wire.Health, asked.body)
                    return (204, b"") if self.wanted is None else (200, wire.encode(self.wanted))
                case _:
                    return 404, b'{"error": "no such thing"}'

    def _page(self, cursor: str) -> tuple[int, bytes]:
        after = 0
        if cursor:
            epoch, _, rev = cursor.partition("-")
            if int(epoch) != self.epoch or int(rev) > self.rev:
                return 410, b'{"error": "too old"}'
            after = int(rev)
        rows = sorted((rev, item) for rev, item in self.passes.values() if rev > after)
        if not cursor:
            rows = [row for row in rows if not row[1].deleted]
        more = len(rows) > self.page
        rows = rows[: self.page]
        end = rows[-1][0] if more else self.rev
        page = wire.PassPage(tuple(item for _, item in rows), f"{self.epoch}-{end}", more, reset=not cursor)
        return 200, wire.encode(page)

    def _events(self, body: bytes) -> tuple[int, bytes]:
        batch = wire.decode(wire.EventBatch, body).events
        self.repeats += sum(event.id in self.events for event in batch)
        self.events.update((event.id, event) for event in batch)
        return 200, wire.encode(wire.Accepted(tuple(event.id for event in batch)))


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        cloud: FaultyCloud = self.server.cloud  # type: ignore[attr-defined]
        while True:
            asked = self._read()
            if asked is None or cloud.fault(asked, self.connection):
                return
            status, body = cloud.answer(asked)
            cut = cloud.cut_after(asked)
            raw = plain(status, body, date=datetime.now(UTC) + cloud.ahead)
            self.wfile.write(raw if cut is None else raw[:cut])
            if cut is not None:
                return

    def _read(self) -> Asked | None:
        try:
            first = self.rfile.readline(65536).decode().split()
            if len(first) != 3:
                return None
            headers = {}
            while line := self.rfile.readline(65536).decode().strip():
                name, _, value = line.partition(":")
                headers[name.lower()] = value.strip()
            body = self.rfile.read(int(headers.get("content-length", 0)))
        except OSError:
            return None
        parts = urlsplit(first[1])
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return Asked(first[0], parts.path, query, headers, body)


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what these tests are about."""


def plain(
    status: int, body: bytes, *headers: str, kind: str = "application/json", date: datetime | None = None
) -> bytes:
    """A whole HTTP answer."""
    told = format_datetime((date or datetime.now(UTC)).replace(microsecond=0), usegmt=True)
    lines = [f"HTTP/1.1 {status} X", f"Date: {told}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.fixture
def answering() -> Callable[..., Fault]:
    """Makes a fault that gives one and the same whole answer to everything."""

    def make(status: int, body: bytes = b"", *headers: str, kind: str = "application/json") -> Fault:
        def fault(_asked: Asked, connection: socket.socket) -> bool:
            connection.sendall(plain(status, body, *headers, kind=kind))
            return True

        return fault

    return make


@contextmanager
def running(context: ssl.SSLContext | None = None) -> Iterator[FaultyCloud]:
    """The cloud on a port of its own, over TLS when there is a context."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "http" if context is None else "https"
        made = FaultyCloud(url=f"{scheme}://127.0.0.1:{server.server_address[1]}")
        server.cloud = made  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="faulty-cloud")
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join(PATIENCE_S)


@pytest.fixture
def cloud() -> Iterator[FaultyCloud]:
    with running() as made:
        yield made


@pytest.fixture
def cloud_over_tls() -> Callable[[ssl.SSLContext], AbstractContextManager[FaultyCloud]]:
    """Runs the cloud with a certificate."""
    return running


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock(Instant(mono=time.monotonic(), wall=datetime.now(UTC), wall_trusted=True))


@pytest.fixture
def settings(cloud: FaultyCloud) -> CloudSettings:
    """Patient enough for a busy machine; tests of endless answers have their own."""
    return CloudSettings(url=cloud.url, connect_s=10.0, request_s=20.0, body_bytes=200_000)


@pytest.fixture
def http(settings: CloudSettings, clock: MemoryClock) -> Iterator[CloudHttp]:
    made = CloudHttp(settings, clock=clock, token=lambda: TOKEN, version="1")
    yield made
    made.close()


@pytest.fixture
def api(http: CloudHttp) -> CloudApi:
    return CloudApi(http)


def item(number: int, **fields: object) -> wire.PassItem:
    return pass_item(id=f"pass-{number}", plate=f"A{number:03}AA77", **fields)


@pytest.fixture
def make_item() -> Callable[..., wire.PassItem]:
    """A pass by number."""
    return item


@pytest.fixture
def page_json() -> Callable[..., bytes]:
    """The JSON of an answer of `GET /passes`, with any field replaced."""

    def make(**fields: object) -> bytes:
        return json.dumps({"items": [], "cursor": "1-1", "more": False, "reset": False} | fields).encode()

    return make
