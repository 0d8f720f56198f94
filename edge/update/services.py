"""The gate's services: restarts them with the program in use, and checks that all that worked before works again."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edge.language import say
from edge.runtime.control import ControlClient, GateAbsent
from edge.update.errors import UpdateFailed
from relay.client import RelayClient
from relay.errors import RelayError

UNITS = (
    "okter-gate-relay.service",
    "okter-gate.service",
    "okter-gate-console.service",
    "okter-gate-call.service",
)
COME_UP_S = 120.0
"""Time to come up: `gate run` loads its networks and opens its cameras."""
STEADY_S = 20.0
"""How long it must stay well, in the same processes."""
_ASK_S = 1.0
SILENT = -1
"""In place of a pid: systemd says that the service is up, and it does not answer. It must, once it is replaced."""


@dataclass(frozen=True, slots=True)
class Health:
    """What was seen running. `None`: it does not run. `SILENT`: it should, and does not answer."""

    gate: int | None = None
    """pid"""
    relay: int | None = None
    cameras: frozenset[str] = frozenset()
    """lanes with live pictures"""
    barriers: frozenset[str] = frozenset()
    """barriers whose board answers"""
    passes: bool = False
    """a list is in force"""

    def lacks(self, before: Health) -> str:
        """What worked before and does not now; empty: nothing."""
        if before.gate is not None and self.gate in {None, SILENT}:
            return say("gate run не отвечает")
        if before.relay is not None and self.relay in {None, SILENT}:
            return say("процесс шлагбаума не отвечает")
        if None is not before.gate == self.gate or None is not before.relay == self.relay:
            return say("работает прежний процесс: он запущен не службой")  # so nothing is known about the new program
        lost = sorted((before.cameras - self.cameras) | (before.barriers - self.barriers))
        if lost:
            return say("пропали: {lost}", lost=", ".join(lost))
        return say("пропал список") if before.passes and not self.passes else ""


class Services(Protocol):
    """The processes of the box."""

    def restart(self) -> None: ...

    def health(self) -> Health: ...


class SystemdServices:
    """The systemd services that are enabled here."""

    def __init__(self, state_dir: Path) -> None:
        self._state_dir = state_dir

    def restart(self) -> None:
        """Restart the enabled services. Raises UpdateFailed."""
        wanted = [unit for unit in UNITS if _systemctl("is-enabled", unit).returncode == 0]
        if not wanted:
            return
        done = _systemctl("restart", *wanted)
        if done.returncode:
            raise UpdateFailed(f"systemctl restart: {done.stderr.strip()[:300]}")

    def health(self) -> Health:
        relay: int | None
        try:
            relay = RelayClient(self._state_dir).status().pid
        except RelayError:
            relay = _silent("okter-gate-relay.service")
        try:
            found = ControlClient(self._state_dir).status()
        except GateAbsent:
            return Health(gate=_silent("okter-gate.service"), relay=relay)
        return Health(
            gate=found.pid,
            relay=relay,
            cameras=frozenset(camera.lane for camera in found.cameras if camera.alive),
            barriers=frozenset(one.name for one in found.barriers if one.health == "ok"),
            passes=found.passes is not None and "list_lost" not in {alarm.code for alarm in found.alarms},
        )


def comes_up(
    services: Services,
    before: Health,
    *,
    come_up_s: float = COME_UP_S,
    steady_s: float = STEADY_S,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], None] = time.sleep,
) -> str:
    """Wait until all that worked before works again, steadily in the same processes. Returns why not, or empty."""
    end, since = clock() + come_up_s + steady_s, clock()
    same: tuple[int | None, int | None] = (None, None)
    missing = say("не отвечает")
    while clock() < end:
        now = services.health()
        missing = now.lacks(before)
        if missing or (now.gate, now.relay) != same:
            same, since = (now.gate, now.relay), clock()
        elif clock() - since >= steady_s:
            return ""
        rest(_ASK_S)
    return missing or say("перезапускается снова и снова")


def _silent(unit: str) -> int | None:
    """For a service that does not answer: `SILENT` if it is up, None if it is down or systemd does not tell."""
    return SILENT if _systemctl("is-active", unit).stdout.strip() == "active" else None


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(["systemctl", *words], capture_output=True, text=True, timeout=120, check=False)  # noqa: S603, S607 - fixed words
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(["systemctl"], 1, "", str(error))
