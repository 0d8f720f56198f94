"""The faults injected into the box, each for some seconds.

None ends a process on purpose: the aim is to find growth.
"""

from __future__ import annotations

import contextlib
import os
import random
import resource
import signal
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.soak.samples import descriptors
from edge.runtime.control import ControlClient, GateAbsent
from edge.store.local_passes import local_pass
from edge.store.passes import PassStore
from relay.tools.emulators import Emulator
from tests.faults.hostile_camera import MODES, WELL, HostileCamera


class Faults:
    """Injects faults into the box, each for some seconds."""

    def __init__(self, pid: int, state: Path, boards: tuple[Emulator, ...], camera: HostileCamera) -> None:
        self._pid, self._state, self._boards, self._camera = pid, state, boards, camera

    def all(self) -> dict[str, Callable[[float], None]]:
        cameras = {f"camera: {mode}": lambda seconds, mode=mode: self._camera_is(mode, seconds) for mode in MODES}
        return cameras | {
            "a board is silent": lambda seconds: self._board("silent", seconds),
            "a board garbles": lambda seconds: self._board("garble", seconds),
            "gate run stands still": self._stopped,
            "out of descriptors": self._starved,
            "the list changes": self._list,
            "strangers on the sockets": self._strangers,
        }

    def _camera_is(self, mode: str, seconds: float) -> None:
        self._camera.mode = mode
        time.sleep(seconds)
        self._camera.mode = WELL

    def _board(self, how: str, seconds: float) -> None:
        board = random.choice(self._boards)
        setattr(board, how, True)
        time.sleep(seconds)
        setattr(board, how, False)

    def _stopped(self, seconds: float) -> None:
        os.kill(self._pid, signal.SIGSTOP)
        time.sleep(seconds)
        os.kill(self._pid, signal.SIGCONT)

    def _starved(self, seconds: float) -> None:
        soft, hard = resource.prlimit(self._pid, resource.RLIMIT_NOFILE)
        resource.prlimit(self._pid, resource.RLIMIT_NOFILE, (descriptors(self._pid), hard))
        time.sleep(min(seconds, 2))
        resource.prlimit(self._pid, resource.RLIMIT_NOFILE, (soft, hard))

    def _list(self, _: float) -> None:
        plate = f"A{random.randrange(1000):03}BC77"
        with PassStore(self._state / "passes.db") as store:
            if not store.local.remove(plate):
                store.local.add([local_pass(plate, None, None)], at=datetime.now(UTC))
            store.keep_good_copy()
        with contextlib.suppress(GateAbsent):
            ControlClient(self._state).passes_changed()

    def _strangers(self, seconds: float) -> None:
        links = []
        for name in ("gate.sock", "relay.sock"):
            for _ in range(5):
                link = socket.socket(socket.AF_UNIX)
                with contextlib.suppress(OSError):
                    link.settimeout(1)
                    link.connect(str(self._state / name))
                    link.sendall(random.choice((b"", b"{", b"[" * 3000 + b"\n", b'{"do":"open"}\n', os.urandom(500))))
                links.append(link)
        time.sleep(min(seconds, 2))
        for link in links:
            link.close()
