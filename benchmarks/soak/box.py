"""The box under test: `gate run` with two emulated boards, a film at the entrance, a hostile camera at the exit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from relay.client import RelayClient
from relay.errors import RelayError
from relay.tools.emulators import Emulator, LcusEmulator, ModbusEmulator
from tests.faults.hostile_camera import HostileCamera

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """\
[site]
name = "soak"
timezone = "Europe/Moscow"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = "file:{film}"
barrier = "first"

[[lane]]
name = "exit"
direction = "exit"
camera = "{camera}"
barrier = "second"
read_timeout_s = 3

[[barrier]]
name = "first"
driver = "modbus"
port = "{first}"
pulse_s = 0.2
min_gap_s = 0.5

[[barrier]]
name = "second"
driver = "lcus"
port = "{second}"
read_back = "ascii"
pulse_s = 0.2
min_gap_s = 0.5
"""


@contextlib.contextmanager
def box(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], tuple[Emulator, ...], HostileCamera]]:
    with (
        ModbusEmulator(channels=8) as first,
        LcusEmulator(channels=2, read_back="ascii") as second,
        HostileCamera() as camera,
    ):
        film = ROOT / "config/demo/gate.mp4"
        text = CONFIG.format(film=film, camera=camera.url, first=first.port, second=second.port)
        (folder / "gate.toml").write_text(text)
        (folder / "state").mkdir()
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--config", str(folder / "gate.toml")],
                stdout=log,
                stderr=log,
                cwd=ROOT,
            )
            try:
                yield process, (first, second), camera
            finally:
                with contextlib.suppress(RelayError):
                    relay = RelayClient(folder / "state").status().pid
                    os.kill(process.pid, signal.SIGCONT)
                    process.terminate()
                    process.wait(60)
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(relay, signal.SIGTERM)
                if process.poll() is None:
                    process.kill()
                process.wait()
