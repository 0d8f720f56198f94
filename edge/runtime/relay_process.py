"""The relay process that `gate run` starts for itself on a desk, and keeps alive. Owned by the main thread.

It outlives a `gate run` that is killed: button and exit loop go on working, and the next `gate run` takes it over.
Under systemd the relay is a unit of its own and answers already: then nothing is started, and nothing stopped.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from relay.client import Relay
from relay.errors import RelayError

PID_FILE = "relay.own"
_STOP_S = 4.0
_LOOK_S = 0.05
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0

log = logging.getLogger(__name__)


def own_relay_process(
    config_file: Path, state_dir: Path, relay: Relay, *, clock: Callable[[], float] = time.monotonic
) -> RelayProcess | None:
    """The relay process to keep; None where somebody else's owns the state_dir."""
    try:
        answering = relay.status().pid
    except RelayError:
        return RelayProcess(config_file, state_dir, adopted=None, clock=clock)
    if answering != _remembered(state_dir):
        return None
    log.info("gate relay работает с прошлого раза (pid %s)", answering)
    return RelayProcess(config_file, state_dir, adopted=answering, clock=clock)


def _remembered(state_dir: Path) -> int | None:
    """The relay process that an earlier `gate run` started."""
    try:
        return int((state_dir / PID_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


class RelayProcess:
    """Starts `gate relay`, and starts it again when it dies."""

    def __init__(
        self, config_file: Path, state_dir: Path, *, adopted: int | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._command = [sys.executable, "-m", "edge", "relay", "--config", str(config_file)]
        self._pid_file = state_dir / PID_FILE
        self._adopted = adopted
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._start_at = 0.0
        self._started_at = 0.0

    def keep(self) -> None:
        """Start it, or start it again after a pause. Called again and again; never blocks."""
        now = self._clock()
        if self._adopted is not None:
            if _lives(self._adopted):
                return
            self._adopted = None
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                if now - self._started_at > _LONGEST_PAUSE_S:
                    self._pause_s = _FIRST_PAUSE_S
                return
            log.error("gate relay закончился с кодом %s; новый через %.1f с", status, self._pause_s)
            self._process = None
            self._start_at = now + self._pause_s
            self._pause_s = min(self._pause_s * 2, _LONGEST_PAUSE_S)
        if now >= self._start_at:
            self._start(now)

    def stop(self) -> None:
        """End it: it drives its outputs off by itself."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                log.error("gate relay не остановился за %.0f с", _STOP_S)  # noqa: TRY400 - the stack says nothing
                process.kill()
                process.wait()
        elif self._adopted is not None:
            self._stop_adopted(self._adopted)
        with contextlib.suppress(OSError):
            self._pid_file.unlink(missing_ok=True)

    def _start(self, now: float) -> None:
        self._started_at = now
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            self._command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us: we end it last
        )
        with contextlib.suppress(OSError):  # without the note it is not taken over, only used
            self._pid_file.write_text(f"{self._process.pid}\n", encoding="ascii")

    def _stop_adopted(self, pid: int) -> None:
        """It is no child of ours: it can be asked, and watched until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = self._clock() + _STOP_S
        while _lives(pid) and self._clock() < deadline:
            time.sleep(_LOOK_S)


def _lives(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"
