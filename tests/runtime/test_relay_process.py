"""The relay process of `gate run` itself: killed at any moment, it leaves no contact closed."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.events import Reason
from edge.runtime.relay_process import RelayProcess
from relay.client import RelayClient
from relay.errors import RelayError
from relay.tools.emulators import LcusEmulator
from tests.patience import PATIENCE_S

CONFIG = """
[site]
name = "КПП"
state_dir = "{state_dir}"
[[lane]]
name = "entry"
direction = "entry"
camera = "/dev/video9"
barrier = "main"
[[barrier]]
name = "main"
min_gap_s = 0.5
driver = "lcus"
port = "{port}"
pulse_s = 5
"""


class Kept:
    """A relay process under the eyes of `gate run`, and its board."""

    def __init__(self, folder: Path, board: LcusEmulator) -> None:
        self.board = board
        self.client = RelayClient(folder, timeout_s=5)
        config = folder / "gate.toml"
        config.write_text(CONFIG.format(state_dir=folder, port=board.port), encoding="utf-8")
        self.now = 0.0
        self.process = RelayProcess(config, folder, clock=lambda: self.now)
        self._seen: list[int] = []

    def until(self, holds: Callable[[], object], *, keep: bool = True) -> bool:
        """Whether it comes to hold while `gate run` looks after the relay process (or no longer does)."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > deadline:
                return False
            if keep:
                self.process.keep()
            time.sleep(0.01)
        return True

    def started(self) -> int:
        """How many were started so far."""
        child = self.process._process
        if child is not None and child.pid not in self._seen:
            self._seen.append(child.pid)
        return len(self._seen)

    def pid(self) -> int | None:
        try:
            return self.client.status().pid
        except RelayError:
            return None

    def kill_in_a_pulse(self) -> None:
        """As soon as it answers."""
        assert self.until(self.pid)
        self.started()
        self.client.open(lane="entry", reason=Reason.CONSOLE)
        assert self.until(lambda: self.board.levels.get(1))
        pid = self.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    with LcusEmulator() as board:
        made = Kept(tmp_path, board)
        yield made
        made.process.stop()


def test_each_kill_is_mended_as_soon_as_the_first(kept: Kept) -> None:
    """However often it is killed in a pulse, the next look starts the next one: its first word is OFF."""
    for kills in range(1, 4):
        kept.kill_in_a_pulse()
        kept.now += 1
        assert kept.until(lambda kills=kills: kept.started() > kills)
        assert kept.until(lambda: not kept.board.levels.get(1, True))


def test_killed_just_before_the_end(kept: Kept) -> None:
    """A relay process that dies in a pulse when `gate run` is about to end leaves nothing closed behind."""
    kept.kill_in_a_pulse()
    kept.process.stop()

    assert not kept.board.levels[1]


def test_the_end_during_a_restart(kept: Kept) -> None:
    """SIGTERM that meets the next relay process in its imports still leaves nothing closed behind."""
    kept.kill_in_a_pulse()
    kept.now += 1
    assert kept.until(lambda: kept.started() > 1)
    kept.process.stop()

    assert not kept.board.levels[1]
