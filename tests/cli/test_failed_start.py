"""What a service says when it cannot start, to systemd and in the pace at which it comes back."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.cli import failed_start, main
from edge.cli.failed_start import LOOK_S, REST_S, SETTINGS_REST_S, report_and_pause
from tests.configs import write_config


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Resting gives them back to the system."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A service manager that listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield heard


class Time:
    """A clock that goes on only while somebody rests."""

    def __init__(self) -> None:
        self.s = 0.0

    def clock(self) -> float:
        return self.s

    def rest(self, duration_s: float) -> None:
        self.s += duration_s


def test_a_mistake_in_the_settings_is_told_and_waited_for(tmp_path: Path, manager: socket.socket) -> None:
    """The manager has the first mistake as the unit's status, and the process stays for five seconds."""
    file, time = write_config(tmp_path), Time()
    words = ["relay", "--config", str(file)]
    report_and_pause(
        "gate.toml:3: a: wrong\ngate.toml:4: b: wrong", words, settings=True, clock=time.clock, rest=time.rest
    )
    assert manager.recv(1000).decode() == "STATUS=gate.toml:3: a: wrong (+1)"
    assert SETTINGS_REST_S <= time.s <= SETTINGS_REST_S + LOOK_S


def test_the_off_after_an_end_does_not_wait(tmp_path: Path, manager: socket.socket) -> None:
    """A unit that is being stopped has seconds: what opens the contacts says its error, and ends."""
    time = Time()
    words = ["relay", "--off", "--config", str(write_config(tmp_path))]
    report_and_pause("gate.toml:3: a: wrong", words, settings=True, clock=time.clock, rest=time.rest)
    assert time.s == 0.0


def test_settings_that_were_mended_are_not_waited_for(tmp_path: Path, manager: socket.socket) -> None:
    """The next start is at most a look away when somebody has written the file."""
    file, time = write_config(tmp_path), Time()

    def rest(duration_s: float) -> None:
        time.rest(duration_s)
        if time.s > 1:
            file.write_text(file.read_text(encoding="utf-8") + "\n# mended\n", encoding="utf-8")

    report_and_pause("wrong", ["run", "--config", str(file)], settings=True, clock=time.clock, rest=rest)
    assert time.s <= 1 + 2 * LOOK_S
    assert manager.recv(1000)


def test_any_other_end_rests_for_less_than_the_relays_watchdog(manager: socket.socket) -> None:
    """Long enough for the journal to learn whose words these are, too short to be taken for a hang."""
    time = Time()
    report_and_pause("gate: busy", ["relay"], settings=False, clock=time.clock, rest=time.rest)
    assert manager.recv(1000).decode() == "STATUS=gate: busy"
    assert REST_S <= time.s <= REST_S + LOOK_S < 2


def test_nobody_waits_outside_of_a_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A technician at a prompt has his line and the prompt."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    report_and_pause("wrong", [], settings=True, rest=lambda _s: pytest.fail("rested"))


def test_every_service_ends_that_way(
    tmp_path: Path, manager: socket.socket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same line on the log and in the status, exit code 2: it stands where all commands end."""
    monkeypatch.setattr(failed_start, "SETTINGS_REST_S", 0.0)
    file = write_config(tmp_path)
    file.write_text(file.read_text(encoding="utf-8") + "\nnonsense = 1\n", encoding="utf-8")
    for command in ("relay", "console", "call"):
        with pytest.raises(SystemExit) as ended:
            main([command, "--config", str(file)])
        (line,) = capsys.readouterr().err.splitlines()
        assert ended.value.code == 2
        assert "nonsense" in line
        assert manager.recv(1000).decode() == f"STATUS={line}"
