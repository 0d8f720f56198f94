"""Cameras that recognise plates, as they are on the wire: real HTTP on loopback, digest passwords, endless answers."""

from __future__ import annotations

import hashlib
import json
import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from edge.witnesses import dahua, hikvision

USER, PASSWORD = "admin", "сложный#пароль"
NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)


def hikvision_event(
    plate: str, *, at: str = "2026-12-01T15:00:00+03:00", kind: str = "ANPR", more: str = "", length: bool = True
) -> bytes:
    """One part of `alertStream`."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">\n'
        f"<ipAddress>192.168.1.64</ipAddress><channelID>1</channelID><dateTime>{at}</dateTime>\n"
        f"<eventType>{kind}</eventType><eventState>active</eventState>{more}\n"
        f"<ANPR><country>0</country><licensePlate>{plate}</licensePlate><confidenceLevel>97</confidenceLevel></ANPR>\n"
        "</EventNotificationAlert>\n"
    ).encode()
    told = f"Content-Length: {len(body)}\r\n" if length else ""
    return f"--boundary\r\nContent-Type: application/xml; charset=UTF-8\r\n{told}\r\n".encode() + body + b"\r\n"


def picture(size: int) -> bytes:
    """A part that is a picture, with bytes in it that look like the end of it."""
    body = (b"\xff\xd8--boundary\r\n" * (size // 14 + 1))[:size]
    return f"--boundary\r\nContent-Type: image/jpeg\r\nContent-Length: {size}\r\n\r\n".encode() + body + b"\r\n"


def dahua_event(plate: str, *, length: bool = False, **times: object) -> bytes:
    """One part of `eventManager.cgi`."""
    values = {"Name": "gate {1}", "TrafficCar": {"PlateNumber": plate}, **(times or {"RealUTC": NOW.timestamp()})}
    body = b"Code=TrafficJunction;action=Pulse;index=0;data=" + json.dumps(values, indent=3).encode()
    told = len(body) if length else 0
    return f"--myboundary\r\nContent-Type: text/plain\r\nContent-Length:{told}\r\n\r\n".encode() + body + b"\r\n\r\n"


DAHUA_LIFE = b"--myboundary\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nHeartbeat\r\n\r\n"
HIKVISION_LIFE = hikvision_event("", kind="videoloss")


@dataclass
class Camera:
    """What it is asked, and what it is to say; None in the queue ends the answer."""

    url: str = ""
    says: queue.Queue[bytes | None] = field(default_factory=queue.Queue)
    asked: list[str] = field(default_factory=list)
    wrong: int = 0
    """Requests whose password did not fit."""


@contextmanager
def emulated(make: str) -> Iterator[Camera]:
    """A camera of that make, `hikvision` or `dahua`, for as long as it is needed."""
    camera = Camera()
    boundary = "boundary" if make == "hikvision" else "myboundary"
    path = hikvision.STREAM_PATH if make == "hikvision" else dahua.STREAM_PATH

    class Page(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            camera.asked.append(self.path)
            answer = digest(self.headers.get("Authorization", ""))
            camera.wrong += answer is False
            if not answer:
                self._short(401, ("WWW-Authenticate", 'Digest realm="IP Camera", qop="auth", nonce="n1", opaque="o"'))
                return
            if self.path != path:
                self._short(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", f"multipart/mixed; boundary={boundary}")
            self.end_headers()
            while (data := camera.says.get()) is not None:
                for at in range(0, len(data), 700):  # as a network cuts it
                    self.wfile.write(data[at : at + 700])
            self.close_connection = True

        def _short(self, code: int, *headers: tuple[str, str]) -> None:
            self.send_response(code)
            for name, value in (*headers, ("Content-Length", "0")):
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        server.daemon_threads = True
        camera.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield camera
        finally:
            camera.says.put(None)
            server.shutdown()
            thread.join()


def digest(authorization: str) -> bool | None:
    """Whether the password fits (RFC 7616); None: none was given."""
    facts = dict(re.findall(r'(\w+)="?([^",]*)"?', authorization))
    if not facts:
        return None
    first, second = _md5(f"{USER}:IP Camera:{PASSWORD}"), _md5(f"GET:{facts.get('uri', '')}")
    told = ":".join((first, facts["nonce"], facts["nc"], facts["cnonce"], facts["qop"], second))
    return facts.get("response") == _md5(told)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
