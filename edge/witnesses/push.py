"""Cameras that post their events to us: `http://THIS_BOX:PORT/LANE`, accepted only from that lane's camera.

An address proves nothing about the sender. What protects the gate is that a forged reading opens nothing by itself (ADR
117).
"""

from __future__ import annotations

import logging
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import unquote

from core.words.language import say
from core.words.system import system_words
from edge.witnesses import hikvision
from edge.witnesses.ear import Ear
from edge.witnesses.multipart import MOST_PART_BYTES, NotMultipart, Part, Parts, boundary_of

CLIENT_S = 5.0
MOST_BODY_BYTES = 16 * 1024 * 1024
"""Maximum size of an event with its pictures."""
PIECE_BYTES = 64 * 1024
REST_S = 10.0

log = logging.getLogger(__name__)


class PushServer:
    """Handles one post at a time: a camera has little to say, and a slow one is cut off after `CLIENT_S`."""

    def __init__(self, host: str, port: int, ears: Mapping[str, Ear], cameras: Mapping[str, str]) -> None:
        """`cameras`: host name or address of each lane's camera."""
        self._address = (host, port)
        self._ears = dict(ears)
        self._cameras = dict(cameras)
        self.port = port
        self.ready = threading.Event()

    def listen(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                self._serve(stop)
            except OSError as error:
                for ear in self._ears.values():
                    ear.failed(say("[anpr] порт не занять: {why}", why=system_words(error)))
                stop.wait(REST_S)

    def _serve(self, stop: threading.Event) -> None:
        with _Server(self._address, self._ears, self._cameras) as server:
            self.port = server.server_port
            server.timeout = 0.5
            for ear in self._ears.values():
                ear.linked()
            self.ready.set()
            while not stop.is_set():
                server.handle_request()


class _Server(HTTPServer):
    def __init__(self, address: tuple[str, int], ears: Mapping[str, Ear], cameras: Mapping[str, str]) -> None:
        self._ears = ears
        self._cameras = cameras
        super().__init__(address, _Page)

    def ear(self, path: str, peer: str) -> Ear | None:
        """The receiver of the lane in the path, if its camera is the sender."""
        lane = unquote(path.partition("?")[0]).strip("/")
        return self._ears.get(lane) if is_at(peer, self._cameras.get(lane, "")) else None

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        log.warning("%s: %s", "anpr push", repr(sys.exception()))


class _Page(BaseHTTPRequestHandler):
    timeout = CLIENT_S
    server_version, sys_version = "okter-gate", ""
    server: _Server

    def do_POST(self) -> None:
        ear = self.server.ear(self.path, self.client_address[0])
        if ear is None:
            self._answer(403)
            return
        length = self.headers.get("Content-Length", "")
        size = int(length) if length.isdecimal() and len(length) < 12 else 0
        if not 0 < size <= MOST_BODY_BYTES:
            self._answer(413)
            return
        for part in self._parts(size):
            for said in hikvision.said_in(part):
                ear.hear(said)
        self._answer(200)

    def _parts(self, size: int) -> Iterator[Part]:
        kind = self.headers.get("Content-Type", "")
        try:
            parts = Parts(boundary_of(kind))
        except NotMultipart:
            yield Part(kind.partition(";")[0].strip().lower(), self.rfile.read(min(size, MOST_PART_BYTES)))
            return
        left = size
        while left and (piece := self.rfile.read(min(left, PIECE_BYTES))):
            left -= len(piece)
            yield from parts.feed(piece)

    def _answer(self, code: int) -> None:
        self.close_connection = True
        self.send_response(code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Posts of cameras are not logged."""


def is_at(peer: str, camera: str) -> bool:
    """Whether `peer` is an address of the host `camera`."""
    try:
        return bool(camera) and any(found[4][0] == peer for found in socket.getaddrinfo(camera, None))
    except (OSError, UnicodeError):
        return False
