"""What the neighbours' tests share: a config, a status, records, and small servers on loopback."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from edge.config import GateConfig, load
from edge.neighbours.fake import FakeGateAccess
from edge.runtime.alarms import Alarm
from edge.runtime.status import BarrierState, CameraStatus, DiskStatus, GateStatus, JournalStatus, LinkStatus
from tests.configs import write_config

CAMERA = CameraStatus("entry", "entry", "file:clip.mp4", True, False, 12.5, 0.1, 100, 40, 1, 0, 61.0, "")
BARRIER = BarrierState("main", "simulated", "ok", "open", "idle", None, "closed", ())
STATUS = GateStatus(
    site="КПП-1", version="1", pid=1, up_s=5.0, relay_pid=2, cameras=(CAMERA,), barriers=(BARRIER,), passes=7,
    list_version="c1", list_age_s=30.0, wall="", clock_trusted=True, cloud=LinkStatus(True, linked=True),
    journal=JournalStatus(0, 0, ""), disk=DiskStatus(100, 200), temperatures_c=(51.0,), memory_mb=80.0, queue=0,
    state_dir="", config="",
)  # fmt: skip
LOST = replace(STATUS, cameras=(replace(CAMERA, alive=False),), alarms=(Alarm("vision_dead"),))


@pytest.fixture
def access() -> FakeGateAccess:
    return FakeGateAccess()


@pytest.fixture
def config_of(tmp_path: Path) -> Callable[[str], GateConfig]:
    return lambda more: load(write_config(tmp_path, more))


@dataclass
class Asked:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"


@dataclass
class Receiver:
    """An HTTP server on loopback that answers as told and remembers what it was asked."""

    url: str = ""
    code: int = 200
    answer: Callable[[Asked], bytes] = lambda _asked: b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    """Sent along with every answer."""
    asked: list[Asked] = field(default_factory=list)
    heard: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, until: Callable[[list[Asked]], bool]) -> list[Asked]:
        """Until what was asked is so."""
        with self.heard:
            assert self.heard.wait_for(lambda: until(self.asked), timeout=60)
            return list(self.asked)


@contextmanager
def receiving(receiver: Receiver) -> Iterator[Receiver]:
    class Page(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked = Asked(self.path, dict(self.headers), said, self.command)
            body, code = receiver.answer(asked), receiver.code
            with receiver.heard:
                receiver.asked.append(asked)
                receiver.heard.notify_all()
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self) -> None:
            self.do_POST()

        def do_HEAD(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving(Receiver()) as one:
        yield one
