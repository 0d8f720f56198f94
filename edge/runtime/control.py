"""`<state_dir>/gate.sock`: JSON lines in which other programs ask the running gate. Server and client.

    {"do": "status"}                  -> the object of `gate status --json`
    {"do": "frame", "lane": "entry"}  -> {"lane", "jpeg" (base64 or null), "age_s"}
    {"do": "passes_changed"}          -> {"ok": true}: the list on the disk has changed, load it

A wrong request is answered with {"error"}. The socket belongs to the user of `gate run`. Where the disk will not have
it, it is a name in the kernel's memory (`relay.kernel_names`), and others than root and that user are sent away.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from core.errors import GateError
from core.jsontext import read_json
from edge.language import say
from edge.runtime.status import GateStatus
from relay import kernel_names

FILE_NAME = "gate.sock"
NAME = "gate"
MOST_REQUEST_BYTES = 4096
MOST_ANSWER_BYTES = 8 * 1024 * 1024
CLIENT_TIMEOUT_S = 5.0
_LONGEST_ADDRESS = 100

log = logging.getLogger(__name__)


class GateAbsent(GateError, ConnectionError):
    """No `gate run` answers for this state_dir."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class LanePicture:
    """The last frame of a lane as JPEG, and its age."""

    lane: str
    jpeg: bytes | None
    age_s: float | None


class Answers(Protocol):
    """Who answers. Called on threads of the server."""

    def status(self) -> GateStatus: ...

    def picture(self, lane: str) -> LanePicture | None:
        """None = no such lane."""
        ...

    def passes_changed(self) -> None: ...


class _Handler(socketserver.StreamRequestHandler):
    timeout = CLIENT_TIMEOUT_S
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            while line := self.rfile.readline(MOST_REQUEST_BYTES):
                answer = answer_line(line, self.server.answers)
                self.wfile.write((json.dumps(answer, ensure_ascii=False) + "\n").encode())


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 16

    def __init__(self, address: str, answers: Answers) -> None:
        self.answers = answers
        super().__init__(address, _Handler)

    def verify_request(self, request: Any, client_address: object) -> bool:
        """The file's permissions say who may come in; a name in memory has none."""
        del client_address
        return kernel_names.peer(request)[1] in {0, os.geteuid()}

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        log.error("gate.sock: запрос не выполнен: %r", sys.exception())


def answer_line(line: bytes, answers: Answers) -> dict[str, Any]:
    """The answer to one line, right or wrong."""
    try:
        request = read_json(line)
        do = request["do"]
    except (ValueError, TypeError, KeyError):
        return {"error": "bad_request"}
    if do == "status":
        return answers.status().values()
    if do == "passes_changed":
        answers.passes_changed()
        return {"ok": True}
    if do == "frame":
        picture = answers.picture(str(request.get("lane", "")))
        if picture is None:
            return {"error": "no_such_lane"}
        text = None if picture.jpeg is None else base64.b64encode(picture.jpeg).decode()
        return {"lane": picture.lane, "jpeg": text, "age_s": picture.age_s}
    return {"error": "bad_request"}


class ControlServer:
    """Owns the socket file; `run` is the work of the thread "control"."""

    def __init__(self, state_dir: Path, answers: Answers, *, beat: Callable[[], None] = lambda: None) -> None:
        self._path = state_dir / FILE_NAME
        self._beat = beat
        self.in_memory = False
        try:
            self._server = self._in_folder(answers)
        except OSError as error:
            log.error("%s: %s; сокет в памяти", self._path, error.strerror)  # noqa: TRY400 - the disk, not us
            self._server = _Server(kernel_names.address(state_dir, NAME), answers)
            self.in_memory = True
        self._server.timeout = 0.5

    def run(self, stop: threading.Event) -> None:
        try:
            while not stop.is_set():
                self._beat()
                self._server.handle_request()
        finally:
            self._server.server_close()
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    def _in_folder(self, answers: Answers) -> _Server:
        # The instance lock is held: whatever lies there is of a process that is gone.
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            with _short_address(self._path) as address:
                return _Server(address, answers)
        finally:
            os.umask(before)


class ControlClient:
    """Asks the gate that runs in `state_dir`; one connection a call. Raises GateAbsent."""

    def __init__(self, state_dir: Path, *, timeout_s: float = CLIENT_TIMEOUT_S) -> None:
        self._path = state_dir / FILE_NAME
        self._timeout_s = timeout_s

    def status(self) -> GateStatus:
        try:
            return GateStatus.from_values(self._ask({"do": "status"}))
        except ValueError as error:
            raise GateAbsent(say("gate run другой версии: перезапустите его")) from error

    def picture(self, lane: str) -> LanePicture:
        answer = self._ask({"do": "frame", "lane": lane})
        text, age_s = answer.get("jpeg"), answer.get("age_s")
        try:
            jpeg = base64.b64decode(text) if text else None
            return LanePicture(lane, jpeg, None if age_s is None else float(age_s))
        except (ValueError, TypeError) as error:
            raise GateAbsent(say("gate run другой версии: перезапустите его")) from error

    def passes_changed(self) -> None:
        self._ask({"do": "passes_changed"})

    def _ask(self, request: dict[str, str]) -> dict[str, Any]:
        absent = say("gate run не запущен ({path})", path=self._path)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                link.settimeout(self._timeout_s)
                self._connect(link)
                link.sendall((json.dumps(request) + "\n").encode())
                with link.makefile("rb") as lines:
                    answer = read_json(lines.readline(MOST_ANSWER_BYTES))
        except (OSError, ValueError) as error:
            raise GateAbsent(absent) from error
        if not isinstance(answer, dict):
            raise GateAbsent(absent)
        return answer

    def _connect(self, link: socket.socket) -> None:
        try:
            with _short_address(self._path) as address:
                link.connect(address)
        except OSError as error:
            try:
                kernel_names.connect(link, self._path.parent, NAME)
            except OSError:
                raise error from None


@contextlib.contextmanager
def _short_address(path: Path) -> Any:
    """A path the kernel takes: a socket's name is at most 107 bytes, a state_dir may be longer."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
