"""A scripted network camera: motion JPEG over HTTP. For tests, and for developing without a camera."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2

from camera.frame import Picture

_BOUNDARY = b"--frame"
_HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Script:
    """What one connection gets: pictures, then either the end of the stream or silence on an open connection.

    With `greets=False` the connection is accepted and nothing is ever sent, as a hung camera does.
    """

    pictures: tuple[Picture, ...]
    then_silent: bool = False
    greets: bool = True


class MjpegServer:
    """Serves one script per connection, in order; the last script serves all later connections."""

    def __init__(self, scripts: Iterable[Script]) -> None:
        self._scripts = list(scripts)
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        self._threads: list[threading.Thread] = []
        self.connections = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/stream.mjpg"

    def serve(self) -> None:
        """Accepts connections until `stop`."""
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            thread = threading.Thread(target=self._play, args=(connection, script), name="mjpeg-client", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Closes all connections."""
        self._stop.set()
        self._listener.close()
        for thread in self._threads:
            thread.join(2)

    def _play(self, connection: socket.socket, script: Script) -> None:
        with connection:
            try:
                connection.recv(65536)
                if script.greets:
                    connection.sendall(_HEAD)
                    for part in _parts(script.pictures):
                        connection.sendall(part)
                if script.then_silent or not script.greets:
                    self._stop.wait()
            except OSError:
                return  # the client hung up


def _parts(pictures: Iterable[Picture]) -> Iterator[bytes]:
    for picture in pictures:
        jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
        yield _BOUNDARY + b"\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n"


@contextmanager
def serving(*scripts: Script) -> Iterator[MjpegServer]:
    """A server running on its own thread inside the `with` block."""
    server = MjpegServer(scripts)
    thread = threading.Thread(target=server.serve, name="mjpeg-server", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join(2)
