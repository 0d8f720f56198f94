"""The demo's own small world: a temporary folder, a config, and the processes that run in it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from core.errors import GateError
from core.plates.canonical import canonical
from edge.paths import config_dir

START_S = 60.0
STOP_S = 10.0

# Two barriers, because in the clips the same car leaves through one while it enters through the other. At a single
# barrier that could only be the same car seen twice.
_CONFIG = """\
[site]
name = "Демо-КПП"
timezone = "Europe/Moscow"
state_dir = "state"

[[lane]]
name = "entry"
direction = "entry"
camera = {entry}
barrier = "entry"

[[lane]]
name = "exit"
direction = "exit"
camera = {exit}
barrier = "exit"

[[barrier]]
name = "entry"
driver = "simulated"

[[barrier]]
name = "exit"
driver = "simulated"

[console]
port = {port}
"""


class DemoFailed(GateError, RuntimeError):
    """Part of the demo did not start or ended too early."""


def demo_dir() -> Path:
    """The folder of the clips, their ground truth and their pass list."""
    return config_dir() / "demo"


def free_port() -> int:
    """A port of this machine that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Stage:
    """A context manager for the main thread. At its end every process is stopped and the folder removed.

    SIGTERM and SIGHUP end it in the same way, so that a terminated demo leaves no process behind.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="okter-gate-demo-"))
        self.console_port = free_port()
        self.config = self.folder / "gate.toml"
        clips = {lane: json.dumps(f"file:{demo_dir() / clip}") for lane, clip in CLIPS.items()}
        self.config.write_text(_CONFIG.format(**clips, port=self.console_port), encoding="utf-8")
        self._processes: list[subprocess.Popen[str]] = []
        self._handlers: dict[signal.Signals, Any] = {}

    @property
    def state_dir(self) -> Path:
        return self.folder / "state"

    def __enter__(self) -> Self:
        for number in (signal.SIGTERM, signal.SIGHUP):
            self._handlers[number] = signal.signal(number, _leave)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in reversed(self._processes):
            stop(process)
        self._end_orphan()
        shutil.rmtree(self.folder, ignore_errors=True)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def _end_orphan(self) -> None:
        """Stop a relay process that outlived a killed gate. At a barrier it should go on; here nobody stops it."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.state_dir / "relay.lock").read_text(encoding="ascii"))
            if not self._is_ours(pid):
                return
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_S
            while self._is_ours(pid) and time.monotonic() < deadline:
                time.sleep(0.05)

    def _is_ours(self, pid: int) -> bool:
        return os.fsencode(self.config) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")

    def gate(self, *arguments: str) -> None:
        """Run one short `gate` command in this world. Raises DemoFailed with its message."""
        done = subprocess.run(  # noqa: S603 - our own program
            self._command(*arguments), capture_output=True, text=True, check=False, timeout=START_S
        )
        if done.returncode != 0:
            raise DemoFailed(f"gate {arguments[0]}: {done.stderr.strip() or done.stdout.strip()}")

    def import_passes(self, *, without: Collection[str]) -> None:
        """Import the demo's list as the local one, except the plates that the portal will have."""
        file = self.folder / "passes.csv"
        lines = (demo_dir() / "passes.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines[1:] if canonical(line.partition(",")[0]) not in without]
        file.write_text("".join([lines[0], *kept]), encoding="utf-8")
        self.gate("passes", "import", str(file))

    def start(
        self, *arguments: str, module: str = "edge", log: str = "", listen: bool = False
    ) -> subprocess.Popen[str]:
        """Start a long-lived process of this world. Its stderr goes to `log` in the folder; `listen` pipes stdout."""
        with (self.folder / f"{log or arguments[0]}.log").open("w") as errors:
            process = subprocess.Popen(  # noqa: S603 - our own program
                self._command(*arguments) if module == "edge" else [sys.executable, "-m", module, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if listen else subprocess.DEVNULL,
                stderr=errors,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C goes to the demo, which then stops them in order
            )
        self._processes.append(process)
        return process

    def last_words(self, log: str) -> str:
        """The last line that a process wrote to its log."""
        with contextlib.suppress(OSError, IndexError):
            return (self.folder / f"{log}.log").read_text(encoding="utf-8").strip().splitlines()[-1]
        return ""

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "edge", *arguments, "--config", str(self.config)]


CLIPS = {"entry": "gate.mp4", "exit": "exit.mp4"}
TRUTHS = {"entry": "gate-truth.csv", "exit": "exit-truth.csv"}
CLIP_FPS = 15.0


def _leave(number: int, frame: object) -> None:
    del frame
    sys.exit(128 + number)


def stop(process: subprocess.Popen[str]) -> None:
    """Stop a process, by force if it does not end in time."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def json_lines(stream: IO[str]) -> Iterator[dict[str, Any]]:
    """The JSON objects that a process prints, one per line; other lines are skipped."""
    for line in stream:
        with contextlib.suppress(ValueError):
            yield json.loads(line)


def environment_has_display() -> bool:
    """Whether a browser could show anything."""
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
