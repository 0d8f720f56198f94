"""The relay process that `gate run` starts for itself on a desk, and keeps alive. Owned by the main thread.

Under systemd the relay is a unit of its own and answers already: then nothing is started.
"""

from __future__ import annotations

import ctypes
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

_PR_SET_PDEATHSIG = 1
_STOP_S = 4.0
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0

log = logging.getLogger(__name__)


def relay_answers(relay: Relay) -> bool:
    """Whether a relay process owns the state_dir already."""
    try:
        relay.status()
    except RelayError:
        return False
    return True


class RelayProcess:
    """Starts `gate relay` and starts it again when it dies."""

    def __init__(self, config_file: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._command = [sys.executable, "-m", "edge", "relay", "--config", str(config_file)]
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._pause_s = _FIRST_PAUSE_S
        self._start_at = 0.0
        self._started_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    def keep(self) -> None:
        """Start it, or start it again after a pause. Called again and again; never blocks."""
        now = self._clock()
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
            self._started_at = now
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - started by the main thread before any lock is held
            )

    def stop(self) -> None:
        """End it: it drives its outputs off by itself."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            log.error("gate relay не остановился за %.0f с", _STOP_S)  # noqa: TRY400 - the stack says nothing
            process.kill()
            process.wait()


def _die_with_parent() -> None:
    """Runs in the child: should `gate run` be killed, the relay it started ends too, outputs off."""
    if os.name == "posix":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
