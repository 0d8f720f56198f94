"""A camera on the wire that behaves as it is told: motion JPEG over HTTP, well or in one of the ways cameras and strangers misbehave."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from pathlib import Path
from typing import Self

import cv2
import numpy as np

WELL = "well"
MODES = (
    "silent",
    "hang up",
    "garbage",
    "endless header",
    "endless picture",
    "other size",
    "huge picture",
    "half picture",
    "slow bytes",
)
_HEAD = b"HTTP/1.0 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"


class HostileCamera:
    """Serves pictures of a road at `fps`; `mode` holds for whoever is connected, from the next picture on."""

    def __init__(self, *, fps: float = 5.0, size: tuple[int, int] = (426, 240)) -> None:
        self.mode = WELL
        self.connections = 0
        self._fps, self._size = fps, size
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.2)
        self._road = np.random.default_rng(1).integers(60, 120, (size[1], size[0], 3), np.uint8)
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/stream.mjpg"

    def __enter__(self) -> Self:
        self._start(self._serve)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads = [one for one in self._threads if one.is_alive()] + [thread]
        thread.start()

    def _serve(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                link, _ = self._listener.accept()
                self.connections += 1
                self._start(self._play, link)

    def _play(self, link: socket.socket) -> None:
        rng = np.random.default_rng(self.connections)
        with link, contextlib.suppress(OSError):
            link.settimeout(5)
            link.recv(65536)
            if self.mode == "endless header":
                link.sendall(b"HTTP/1.0 200 OK\r\n")
                self._pour(link, b"X-Filler: " + b"a" * 4000 + b"\r\n", "endless header")
                return
            link.sendall(_HEAD)
            for _ in itertools.count():
                if self._stop.wait(1 / self._fps) or not self._one(link, rng):
                    return

    def _one(self, link: socket.socket, rng: np.random.Generator) -> bool:
        mode = self.mode
        if mode == "silent":
            return True
        if mode == "hang up":
            return False
        if mode == "garbage":
            link.sendall(rng.bytes(3000))
            return True
        if mode == "endless picture":
            link.sendall(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 999999999999\r\n\r\n\xff\xd8")
            self._pour(link, rng.bytes(65536), mode)
            return False
        size = {"other size": (320, 180), "huge picture": (4000, 3000)}.get(mode, self._size)
        road = self._road if size == self._size else cv2.resize(self._road, size)
        noise = rng.integers(0, 3, road.shape, np.uint8)
        jpeg = cv2.imencode(".jpg", np.asarray(road + noise, np.uint8))[1].tobytes()
        part = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n"
        if mode == "half picture":
            link.sendall(part[: len(part) // 2])
            return False
        if mode == "slow bytes":
            for at in range(0, min(len(part), 400), 4):
                link.sendall(part[at : at + 4])
                if self._stop.wait(0.02) or self.mode != mode:
                    return False
            return False
        link.sendall(part)
        return True

    def _pour(self, link: socket.socket, block: bytes, mode: str) -> None:
        poured = 0
        while not self._stop.is_set() and self.mode == mode and poured < 1 << 30:
            link.sendall(block)
            poured += len(block)


def resident_mb(pid: int) -> float:
    """What the process holds in memory now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
