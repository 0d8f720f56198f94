"""`<state_dir>/gate.sock`: JSON lines with which other programs query the running gate. Server and client.

    {"do": "status"}                  -> the object of `gate status --json`
    {"do": "scene"}                   -> {"lanes", "visits"}: what is in view (`edge.runtime.scene.Scene`)
    {"do": "frame", "lane": "entry"}  -> {"lane", "jpeg" (base64 or null), "age_s", "seen" (what that picture shows)}
    {"do": "evidence", "visit": ID}   -> {"jpeg", "plate"}: the best picture of a vehicle in view
    {"do": "reload", "by": WHO}       -> {"live", "restart", "error"}: the config has changed, take what can be taken
    {"do": "aim", "lane": "entry"}    -> what its camera shows for the aim assistant (`edge.aim.sight.AimSight`)
    {"do": "call", "lane": L, "said": WORDS} -> {"ok": true}: `gate call` is at work; how a call ended, for the journal
    {"do": "passes_changed"}          -> {"ok": true}: the list on the disk has changed, load it

A malformed request is answered with {"error"}. The socket belongs to the user of `gate run`. If it cannot be created on
disk, it becomes an abstract socket (`relay.kernel_names`), and only root and that user may connect.
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
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from core.errors import GateError
from core.jsontext import read_json
from core.words.system import system_words
from edge.aim.sight import AimSight
from edge.config.live import Reloaded
from edge.language import say
from edge.runtime.scene import LaneSeen, Scene
from edge.runtime.status import GateStatus
from relay import kernel_names

FILE_NAME = "gate.sock"
NAME = "gate"
MOST_REQUEST_BYTES = 4096
MOST_WHO = 100
MOST_SAID = 500
MOST_ANSWER_BYTES = 8 * 1024 * 1024
CLIENT_TIMEOUT_S = 5.0
_LONGEST_ADDRESS = 100

log = logging.getLogger(__name__)


class GateAbsent(GateError, ConnectionError):
    """No `gate run` answers for this state_dir; its text tells whether there is none, or one that is silent."""

    def __str__(self) -> str:  # OSError would print its errno form
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class LanePicture:
    """The latest frame of a lane as JPEG, and what was found in that same frame."""

    seen: LaneSeen
    jpeg: bytes | None


@dataclass(frozen=True, slots=True)
class VisitPictures:
    """The best frame of a vehicle in view, and its plate if one was read."""

    jpeg: bytes
    plate: bytes | None


class Answers(Protocol):
    """Answers the requests. Called on the server's threads."""

    def status(self) -> GateStatus: ...

    def scene(self) -> Scene: ...

    def picture(self, lane: str) -> LanePicture | None:
        """None = no such lane."""
        ...

    def evidence(self, visit_id: str) -> VisitPictures | None:
        """None = no such vehicle in view, or no picture of it."""
        ...

    def aim(self, lane: str) -> AimSight | None:
        """None = no such lane."""
        ...

    def passes_changed(self) -> None: ...

    def reload(self, by: str) -> Reloaded: ...

    def call(self, lane: str, said: str) -> None: ...


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
        """For a socket file the permissions decide who may connect; an abstract socket has none."""
        del client_address
        return kernel_names.peer(request)[1] in {0, os.geteuid()}

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address
        log.error("gate.sock: запрос не выполнен: %r", sys.exception())


def answer_line(line: bytes, answers: Answers) -> dict[str, Any]:
    """The answer to one line, whether the line is valid or not."""
    try:
        request = read_json(line)
        do = request["do"]
    except (ValueError, TypeError, KeyError):
        return {"error": "bad_request"}
    answer = _ANSWERS.get(do) if isinstance(do, str) else None
    return {"error": "bad_request"} if answer is None else answer(request, answers)


def _status(_: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    return answers.status().values()


def _scene(_: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    return answers.scene().values()


def _frame(request: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    picture = answers.picture(str(request.get("lane", "")))
    if picture is None:
        return {"error": "no_such_lane"}
    seen = picture.seen
    return {"lane": seen.lane, "jpeg": _text(picture.jpeg), "age_s": seen.age_s, "seen": msgspec.to_builtins(seen)}


def _evidence(request: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    pictures = answers.evidence(str(request.get("visit", "")))
    if pictures is None:
        return {"error": "no_such_visit"}
    return {"jpeg": _text(pictures.jpeg), "plate": _text(pictures.plate)}


def _aim(request: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    sight = answers.aim(str(request.get("lane", "")))
    return {"error": "no_such_lane"} if sight is None else sight.values()


def _reload(request: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    return asdict(answers.reload(str(request.get("by", ""))[:MOST_WHO]))


def _passes_changed(_: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    answers.passes_changed()
    return {"ok": True}


def _call(request: Mapping[str, Any], answers: Answers) -> dict[str, Any]:
    said = "".join(char for char in str(request.get("said", "")) if char.isprintable())
    answers.call(str(request.get("lane", ""))[:MOST_WHO], said[:MOST_SAID])
    return {"ok": True}


_ANSWERS: Final[Mapping[str, Callable[[Mapping[str, Any], Answers], dict[str, Any]]]] = {
    "status": _status,
    "scene": _scene,
    "frame": _frame,
    "evidence": _evidence,
    "aim": _aim,
    "reload": _reload,
    "passes_changed": _passes_changed,
    "call": _call,
}


def _another_version() -> GateAbsent:
    return GateAbsent(say("gate run другой версии: перезапустите его"))


def _bytes(text: object) -> bytes | None:
    return base64.b64decode(text) if isinstance(text, str) and text else None


def _text(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


class ControlServer:
    """Owns the socket file. `run` is the work of the thread "control"."""

    def __init__(self, state_dir: Path, answers: Answers, *, beat: Callable[[], None] = lambda: None) -> None:
        self._path = state_dir / FILE_NAME
        self._beat = beat
        self.in_memory = False
        try:
            self._server = self._in_folder(answers)
        except OSError as error:
            log.error("%s: %s; сокет в памяти", self._path, system_words(error))  # noqa: TRY400 - the disk, not us
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
        # We hold the instance lock, so any socket file here was left by a process that is gone.
        self._path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            with _short_address(self._path) as address:
                return _Server(address, answers)
        finally:
            os.umask(before)


class ControlClient:
    """Queries the gate that runs in `state_dir`, one connection per call. Raises GateAbsent."""

    def __init__(self, state_dir: Path, *, timeout_s: float = CLIENT_TIMEOUT_S) -> None:
        self._path = state_dir / FILE_NAME
        self._timeout_s = timeout_s

    def status(self) -> GateStatus:
        try:
            return GateStatus.from_values(self._ask({"do": "status"}))
        except ValueError as error:
            raise _another_version() from error

    def picture(self, lane: str) -> LanePicture:
        answer = self._ask({"do": "frame", "lane": lane})
        try:
            seen = msgspec.convert(answer.get("seen", {"lane": lane}), LaneSeen)
            return LanePicture(seen, _bytes(answer.get("jpeg")))
        except ValueError as error:
            raise _another_version() from error

    def scene(self) -> Scene:
        try:
            return Scene.from_values(self._ask({"do": "scene"}))
        except ValueError as error:
            raise _another_version() from error

    def evidence(self, visit_id: str) -> VisitPictures | None:
        answer = self._ask({"do": "evidence", "visit": visit_id})
        try:
            picture = _bytes(answer.get("jpeg"))
            return None if picture is None else VisitPictures(picture, _bytes(answer.get("plate")))
        except ValueError as error:
            raise _another_version() from error

    def aim(self, lane: str) -> AimSight:
        try:
            return AimSight.from_values(self._ask({"do": "aim", "lane": lane}))
        except ValueError as error:
            raise _another_version() from error

    def passes_changed(self) -> None:
        self._ask({"do": "passes_changed"})

    def call(self, lane: str = "", said: str = "") -> None:
        """Report that `gate call` is alive. `said`, if not empty, is how a call of the lane ended, for the journal."""
        self._ask({"do": "call", "lane": lane, "said": said[:MOST_SAID]})

    def reload(self, by: str) -> Reloaded:
        """Make the gate read its config again."""
        answer = self._ask({"do": "reload", "by": by[:MOST_WHO]})
        if "live" not in answer:
            raise _another_version()
        try:
            return msgspec.convert(answer, Reloaded)
        except ValueError as error:
            raise _another_version() from error

    def _ask(self, request: dict[str, str]) -> dict[str, Any]:
        silent = say("gate run не отвечает ({path})", path=self._path)
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
                link.settimeout(self._timeout_s)
                self._connect(link)
                link.sendall((json.dumps(request) + "\n").encode())
                with link.makefile("rb") as lines:
                    answer = read_json(lines.readline(MOST_ANSWER_BYTES))
        except (FileNotFoundError, ConnectionRefusedError) as error:
            raise GateAbsent(say("gate run не запущен ({path})", path=self._path)) from error
        except (OSError, ValueError) as error:
            raise GateAbsent(silent) from error
        if not isinstance(answer, dict):
            raise GateAbsent(silent)
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
    """An address the kernel accepts: a socket's name is at most 107 bytes, and a path in state_dir may be longer."""
    if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
