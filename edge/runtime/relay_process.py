"""The relay process that `gate run` starts for itself on a desk, and keeps alive. Owned by the main thread.

It outlives a killed `gate run`: button and exit loop keep working, and the next `gate run` adopts it. If it dies
unexpectedly, the next one is started at once, because the first thing it does is switch the outputs OFF. When we stop,
`gate relay --off` runs last unless our relay process was seen to exit cleanly, as systemd's `ExecStopPost` does. When
we end because of a fault, it is left running: drivers must be able to leave whatever is wrong with the networks.

A relay process that somebody else started (a unit, a terminal) is used but not stopped. It is watched all the same: if
it dies and nobody restarts it, ours takes its place.
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
from relay.process import outputs_in_use

PID_FILE = "relay.own"
_STOP_S = 4.0
_LOOK_S = 0.05
_MARK = "OKTER_GATE_RELAY_OWN"
"""Environment variable that marks a relay process started by a `gate run`; works even without the pid file."""
_OTHERS_GRACE_S = 5.0
"""Time that whoever started the other relay process has to restart it."""
_OFF_S = 10.0
"""For `gate relay --off`, including the start of Python on a starved machine."""
_BETWEEN_STARTS_S = 1.0
"""A process that dies right after its start must not use up the processor; any other is restarted at once."""

log = logging.getLogger(__name__)


def own_relay_process(
    config_file: Path, state_dir: Path, relay: Relay, *, clock: Callable[[], float] = time.monotonic
) -> RelayProcess:
    """The relay process to keep: a new one, one from the last run, or somebody else's."""
    kept = RelayProcess(config_file, state_dir, relay=relay, clock=clock)
    kept.look_for_another()
    return kept


class RelayProcess:
    """Starts `gate relay` and restarts it when it dies."""

    def __init__(
        self,
        config_file: Path,
        state_dir: Path,
        *,
        relay: Relay | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._command = [sys.executable, "-m", "edge", "relay", "--config", str(config_file)]
        self._environment = {**os.environ, _MARK: "1", outputs_in_use.STATE_VARIABLE: str(state_dir)}
        self._pid_file = state_dir / PID_FILE
        self._adopted: int | None = None
        """Pid of a relay process that an earlier `gate run` started."""
        self._others: int | None = None
        """Pid of a relay process that somebody else started."""
        self._relay = relay
        self._clock = clock
        self._process: subprocess.Popen[bytes] | None = None
        self._start_at = 0.0

    def look_for_another(self) -> bool:
        """Whether a relay process that is not our child answers: one from the last run, or somebody else's."""
        if self._relay is None:
            return False
        try:
            pid = self._relay.status().pid
        except RelayError:
            return False
        if pid == self._remembered() or _is_marked(pid):
            log.info("gate relay работает с прошлого раза (pid %s)", pid)
            self._adopted = pid
        else:
            log.info("gate relay запущен отдельно (pid %s)", pid)
            self._others = pid
        return True

    def keep(self) -> None:
        """Start it, or restart it if it has died. Called repeatedly."""
        now = self._clock()
        if self._adopted is not None:
            if _lives(self._adopted):
                return
            log.error("gate relay (pid %s) закончился", self._adopted)
            self._adopted = None
        if self._others is not None:
            if _lives(self._others):
                return
            log.error("gate relay (pid %s), запущенный отдельно, закончился", self._others)
            self._others = None
            self._start_at = now + _OTHERS_GRACE_S
        if self._process is not None:
            status = self._process.poll()
            if status is None:
                return
            log.error("gate relay закончился с кодом %s", status)
            self._process = None
        if now >= self._start_at:
            self._start_at = now + _BETWEEN_STARTS_S
            if not self.look_for_another():
                self._start()

    def leave(self) -> None:
        """Leave it running for the button and the loops; the next `gate run` finds it."""
        pid = self._adopted if self._process is None else self._process.pid
        if pid is not None:
            log.warning("gate relay продолжает работать (pid %s): кнопка и петли действуют", pid)

    def stop(self) -> None:
        """Stop it. It switches its outputs off itself; unless that is certain, a separate process does so."""
        process, self._process = self._process, None
        adopted, self._adopted = self._adopted, None
        if self._others is not None and _lives(self._others):
            return
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
                start_new_session=True,  # Ctrl-C is for us only; we stop the relay last
                env=self._environment,
            )
        except OSError as error:  # e.g. out of memory at the moment
            log.error("gate relay не запускается: %s", error)  # noqa: TRY400 - the stack says nothing
            return
        with contextlib.suppress(OSError):  # without the pid file and the mark it is used but not adopted
            self._pid_file.write_text(f"{self._process.pid}\n", encoding="ascii")

    def _remembered(self) -> int | None:
        """Pid of the relay process that an earlier `gate run` started."""
        try:
            return int(self._pid_file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return None

    def _stop_adopted(self, pid: int) -> None:
        """It is not our child, so it cannot be waited for: signal it, then poll until it is gone."""
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
        """Switch every output OFF in a separate process; it refuses while a relay process is alive."""
        try:
            status = subprocess.run(  # noqa: S603 - our own interpreter and module
                [*self._command, "--off"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,
                env=self._environment,
                timeout=_OFF_S,
                check=False,
            ).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            log.error("выходы шлагбаума не разомкнуты: %s", error)  # noqa: TRY400 - the stack says nothing
        else:
            if status:
                log.error("неизвестно, разомкнуты ли выходы шлагбаума (код %s)", status)


def _ended_well(process: subprocess.Popen[bytes]) -> bool:
    """Stop a child; whether it confirmed that its outputs are off. SIGTERM during its start kills it before it can."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            log.error("gate relay не остановился за %.0f с", _STOP_S)  # noqa: TRY400 - the stack says nothing
            process.kill()
            process.wait()
    return process.returncode == 0


def _is_marked(pid: int) -> bool:
    """Whether a `gate run` started it. Only our own user's processes can be checked."""
    try:
        return f"{_MARK}=1".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return False


def _lives(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"
