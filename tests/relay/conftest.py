"""Real `gate relay` processes for the tests, each with its own state directory and config."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from core.words.reasons import Reason
from relay.client import RelayClient
from relay.errors import RelayAbsent
from relay.protocol import Reply, Status
from relay.tools.emulators import LcusEmulator
from tests.commands import in_this_process
from tests.patience import PATIENCE_S, comes

CONFIG = """
[site]
name = "КПП"
state_dir = "{state_dir}"
[[lane]]
name = "entry"
direction = "entry"
camera = "/dev/video9"
barrier = "main"
[[lane]]
name = "exit"
direction = "exit"
camera = "/dev/video9"
barrier = "main"
[[barrier]]
name = "main"
min_gap_s = 0.5
{barrier}
{more}
"""

AT_ONCE = frozenset({"open", "hold", "release", "status"})
"""Commands that ask the relay process and are done."""


@dataclass
class Relay:
    """One `gate relay` on one config, started and ended as often as a test likes."""

    config: Path
    state_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[str] | None = None

    @property
    def client(self) -> RelayClient:
        return RelayClient(self.state_dir, timeout_s=5.0)

    def start(self, *, ready: bool = True) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "edge", "relay", "--config", str(self.config)]
        environment = {**os.environ, **self.environment}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
        if ready:
            assert self.until(self.answers), "the relay process does not answer"
        return self.process

    def gate(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command; `relay` itself, and what runs in another environment, in a process of its own."""
        if words[0] in AT_ONCE and not self.environment:
            return in_this_process(*words, config=self.config)
        command = [sys.executable, "-m", "edge", *words, "--config", str(self.config)]
        environment = {**os.environ, **self.environment}
        return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False, env=environment)

    def answers(self) -> bool:
        try:
            return self.client.status().pid == (self.process.pid if self.process else -1)
        except RelayAbsent:
            return False

    def status(self) -> Status:
        return self.client.status()

    def open(self, request_id: str | None = None, expires: float | None = None) -> Reply:
        return self.client.open(lane="entry", reason=Reason.CONSOLE, request_id=request_id, expires=expires)

    @staticmethod
    def until(holds: Callable[[], object]) -> bool:
        """Whether it comes to hold: another process needs its time."""
        return bool(comes(holds))

    def idle(self) -> bool:
        return self.status().barriers[0].doing == "idle"

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait; the exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode


@pytest.fixture
def lcus() -> Iterator[LcusEmulator]:
    """A plain LCUS board on a pseudo-terminal."""
    with LcusEmulator() as board:
        yield board


@pytest.fixture
def relay_on(tmp_path: Path) -> Iterator[Callable[..., Relay]]:
    """Makes a `Relay` whose `[[barrier]]` has these lines; ended by force after the test."""
    made: list[Relay] = []

    def make(barrier: str, *, more: str = "", environment: Mapping[str, str] | None = None) -> Relay:
        state_dir = tmp_path / f"state{len(made)}"
        config = tmp_path / f"gate{len(made)}.toml"
        config.write_text(CONFIG.format(state_dir=state_dir, barrier=barrier, more=more), encoding="utf-8")
        made.append(Relay(config, state_dir, environment or {}))
        return made[-1]

    yield make
    for relay in made:
        if relay.process is not None and relay.process.poll() is None:
            relay.process.kill()
            relay.process.communicate(timeout=PATIENCE_S)
