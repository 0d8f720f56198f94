"""The relay process that `gate run` starts for itself on a desk, and keeps alive. Owned by the main thread.

It outlives a `gate run` that is killed: button and exit loop go on working, and the next `gate run` takes it over.
When it dies unasked the next one is started at once, for its first word is OFF. At our own end, unless it was seen to end
well, `gate relay --off` has the last word, as systemd's `ExecStopPost` has.

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
_OFF_S = 10.0
"""For `gate relay --off`, the start of Python on a starved machine included."""
_BETWEEN_STARTS_S = 1.0
"""One that dies as soon as it is started must not take all of the processor; any other is started again at once."""

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
        self._start_at = 0.0

    def keep(self) -> None:
        """Start it, or start it again when it has died. Called again and again; never blocks."""
        now = self._clock()
        if self._adopted is not None:
            if _lives(self._adopted):
                return
            log.error("gate relay (pid %s) закончился", self._adopted)
            self._adopted = None
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                return
            log.error("gate relay закончился с кодом %s", status)
            self._process = None
        if now >= self._start_at:
            self._start_at = now + _BETWEEN_STARTS_S
            self._start()

    def stop(self) -> None:
        """End it. It drives its outputs off by itself; where that is not certain, another process does."""
        process, self._process = self._process, None
        adopted, self._adopted = self._adopted, None
        if adopted is not None:
            self._stop_adopted(adopted)
        if process is None or not _ended_well(process):
            self._switch_off()
        with contextlib.suppress(OSError):
            self._pid_file.unlink(missing_ok=True)

    def _start(self) -> None:
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for us: we end it last
            )
        except OSError as error:  # no memory for it just now
            log.error("gate relay не запускается: %s", error)  # noqa: TRY400 - the stack says nothing
            return
        with contextlib.suppress(OSError):  # without the note it is not taken over, only used
            self._pid_file.write_text(f"{self._process.pid}\n", encoding="ascii")

    def _stop_adopted(self, pid: int) -> None:
        """It is no child of ours: it can be asked, and watched until it is gone."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
            deadline = self._clock() + _STOP_S
            while _lives(pid) and self._clock() < deadline:
                time.sleep(_LOOK_S)
            if not _lives(pid):
                return
            log.error("gate relay (pid %s) не остановился за %.0f с", pid, _STOP_S)

    def _switch_off(self) -> None:
        """OFF on every output by a process that does nothing else; refused where a relay process is alive."""
        try:
            status = subprocess.run(  # noqa: S603 - our own interpreter and module
                [*self._command, "--off"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                timeout=_OFF_S,
                check=False,
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("выходы шлагбаума не разомкнуты: %s", error)  # noqa: TRY400 - the stack says nothing
        else:
            if status:
                log.error("неизвестно, разомкнуты ли выходы шлагбаума (код %s)", status)


def _ended_well(process: subprocess.Popen[bytes]) -> bool:
    """End a child; whether it said that its outputs are off. SIGTERM during its start kills it: it said nothing."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            log.error("gate relay не остановился за %.0f с", _STOP_S)  # noqa: TRY400 - the stack says nothing
            process.kill()
            process.wait()
    return process.returncode == 0


def _lives(pid: int) -> bool:
    """Whether the process is there and no zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"
