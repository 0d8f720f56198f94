"""`gate run` as a user has it: a real process with a relay process of its own, asked over its sockets."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge.cli import main
from edge.runtime.control import ControlClient
from relay.client import RelayClient

START_S = 60
STOP_S = 20


def in_a_process(*arguments: str, config: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge", *arguments, "--config", str(config)]
    return subprocess.run(command, capture_output=True, text=True, timeout=START_S, check=False)


Gate = Callable[..., tuple[object, str]]


@pytest.fixture
def gate(capsys: pytest.CaptureFixture[str]) -> Gate:
    """Runs one `gate` command here; answers its exit code and what it printed."""

    def run(*arguments: str, config: Path) -> tuple[object, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--config", str(config)])
        return ended.value.code, capsys.readouterr().out

    return run


class Running:
    """A gate that has said READY."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.state_dir = config.parent / "state"
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(config.parent / "notify"))
        self._notify.settimeout(START_S)
        with (config.parent / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--json", "--config", str(config)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "NOTIFY_SOCKET": str(config.parent / "notify")},
            )

    def wait_for(self, word: str) -> None:
        """Until the service manager has heard `word`."""
        while self._notify.recv(200).decode() != word:
            pass

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(STOP_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._notify.close()
        return status


def all_begun(control: ControlClient) -> bool:
    """Whether every part that works on its own has done its first work: each thread begins when the machine lets it.

    A frame is counted when it is captured, and is a picture to be asked for only once vision has looked at it.
    """
    status = control.status()
    frames_or_why = all(camera.frames or camera.error for camera in status.cameras)
    return status.relay_pid is not None and frames_or_why and control.picture("entry").jpeg is not None


@pytest.fixture
def running(config_file: Path) -> Iterator[Running]:
    gate_process = Running(config_file)
    gate_process.wait_for("READY=1")
    yield gate_process
    gate_process.stop()


def test_a_day_at_the_gate(running: Running, gate: Gate) -> None:
    """READY with one camera dead; watchdog fed; passes reload; the barrier by hand is journalled; a clean end."""
    running.wait_for("WATCHDOG=1")
    control = ControlClient(running.state_dir)
    relay = RelayClient(running.state_dir)
    while not all_begun(control):
        running.wait_for("WATCHDOG=1")

    cameras = {camera.lane: camera for camera in control.status().cameras}
    assert cameras["entry"].alive
    assert not cameras["exit"].alive
    assert "gone.mp4" in cameras["exit"].error
    assert (control.picture("entry").jpeg or b"").startswith(b"\xff\xd8")

    second = in_a_process("run", config=running.config)
    assert (1, 1) == (second.returncode, len(second.stderr.strip().splitlines()))
    assert str(running.process.pid) in second.stderr

    assert 0 == gate("passes", "add", "а 123 вс 77", config=running.config)[0]
    while control.status().passes != 1:
        running.wait_for("WATCHDOG=1")

    assert 0 == gate("open", "entry", config=running.config)[0]
    assert running.process.stdout is not None
    visit = json.loads(running.process.stdout.readline())
    assert ("open", "console", "entry") == (visit["decision"], visit["reason"], visit["lane"])
    assert [{"reason": "console", "outcome": "done", "detail": ""}] == visit["openings"]

    status = json.loads(gate("status", "--json", config=running.config)[1])
    assert (running.process.pid, 1) == (status["pid"], status["passes"])
    assert status["memory_mb"] < 300
    relay_pid = relay.status().pid

    assert 0 == running.stop()
    assert not Path(f"/proc/{relay_pid}").exists()
    assert not (running.state_dir / "gate.sock").exists()

    _, events = gate("events", "--json", config=running.config)
    assert [visit["id"]] == [json.loads(line)["id"] for line in events.splitlines()]
    assert "Шлагбаум открыт: открыто рукой" in gate("why", visit["id"][:8], config=running.config)[1]
    assert 1 == gate("status", config=running.config)[0]


def test_nothing_moves_nothing_is_read(running: Running) -> None:
    """An empty road costs no inference, however long the camera looks at it."""
    control = ControlClient(running.state_dir)
    while control.status().cameras[0].frames < 30:
        running.wait_for("WATCHDOG=1")
    camera = control.status().cameras[0]
    assert camera.frames_read <= 10  # the first frames, while the background is not known yet


def test_killed_outright_leaves_the_barrier_working(running: Running, gate: Gate) -> None:
    """After SIGKILL the relay process goes on; the next gate takes it over, journals what happened, and ends it."""
    relay = RelayClient(running.state_dir)
    while ControlClient(running.state_dir).status().relay_pid is None:
        running.wait_for("WATCHDOG=1")
    relay_pid = relay.status().pid
    relay_process = os.pidfd_open(relay_pid)  # readable at its end, also while nobody has reaped it yet
    running.process.kill()
    running.process.wait(STOP_S)
    assert 0 == gate("open", "exit", config=running.config)[0]

    (running.config.parent / "notify").unlink()
    again = Running(running.config)
    again.wait_for("READY=1")
    assert again.process.stdout is not None
    visit = json.loads(again.process.stdout.readline())
    assert ("exit", "console") == (visit["lane"], visit["reason"])
    assert relay_pid == relay.status().pid
    assert 0 == again.stop()
    assert select.select([relay_process], [], [], STOP_S)[0]
    os.close(relay_process)
