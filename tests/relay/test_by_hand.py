"""`gate open`, `hold`, `release`, `relay-test` as somebody at the gate types them, with a relay process and without."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from relay.process.lock import StateLock
from relay.tools.emulators import LcusEmulator
from tests.patience import PATIENCE_S

MakeRelay = Callable[..., Any]


def wired_to(board: LcusEmulator, pulse_s: float) -> str:
    return f'driver = "lcus"\nport = "{board.port}"\npulse_s = {pulse_s}'


def test_commands_without_a_relay_say_so(relay_on: MakeRelay) -> None:
    """`gate open` with no relay process is one line and exit code 1."""
    relay = relay_on('driver = "simulated"')
    done = relay.gate("open", "entry")

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "не запущен" in done.stderr


def test_the_barrier_by_hand(relay_on: MakeRelay) -> None:
    """`gate open`, `hold`, `release` do what they say; an unknown lane is one line that names the lanes there are."""
    relay = relay_on('driver = "simulated"\npulse_s = 0.2')
    relay.start()

    opened = relay.gate("open", "entry")
    assert opened.returncode == 0
    assert "плата подтвердила" in opened.stdout  # the simulated board reads back
    assert relay.until(relay.idle)
    assert relay.gate("hold", "exit", "--minutes", "1").returncode == 0
    assert relay.status().barriers[0].doing == "hold"
    assert relay.gate("release", "exit").returncode == 0
    assert relay.until(relay.idle)
    unknown = relay.gate("open", "nowhere")
    assert (unknown.returncode, len(unknown.stderr.splitlines())) == (2, 1)
    assert "нет проезда nowhere; есть: entry, exit" in unknown.stderr


@pytest.mark.parametrize("running", [False, True])
def test_relay_test_shows_the_conversation(relay_on: MakeRelay, lcus: LcusEmulator, *, running: bool) -> None:
    """`gate relay-test` opens once and shows what was said, through a running relay process or without one."""
    relay = relay_on(wired_to(lcus, pulse_s=0.2))
    if running:
        relay.start()
    done = relay.gate("relay-test")

    assert done.returncode == 0, done.stderr
    assert "ХОРОШО main: lcus" in done.stdout
    assert "→ A0 01 01 A2" in done.stdout
    assert "→ A0 01 00 A1" in done.stdout
    assert len(lcus.on_times()) == 1


def _as_from_a_terminal() -> None:
    """Whoever runs the tests in the background ignores hang-ups and interrupts, and so would what they start."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL])
def test_relay_test_that_is_cut_short_closes_nothing(relay_on: MakeRelay, lcus: LcusEmulator, number: int) -> None:
    """However `gate relay-test` ends in its pulse, a dropped SSH session too, the contact opens and all is free again."""
    relay = relay_on(wired_to(lcus, pulse_s=5))
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "relay-test", "--config", str(relay.config)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        preexec_fn=_as_from_a_terminal,  # noqa: PLW1509
    )
    assert relay.until(lambda: lcus.levels.get(1))
    signalled = time.monotonic()
    process.send_signal(number)
    process.wait(PATIENCE_S)

    assert relay.until(lambda: not lcus.levels.get(1, True))
    _, ended = lcus.on_times()[0]
    assert ended is not None
    assert ended - signalled < 2
    assert relay.until(lambda: relay.gate("relay", "--off").returncode == 0)


def test_relay_test_whose_relay_dies_sends_off(relay_on: MakeRelay, lcus: LcusEmulator) -> None:
    """`kill -9` of the relay process behind `gate relay-test` is one line, exit code 1 and OFF."""
    relay = relay_on(wired_to(lcus, pulse_s=5))
    process = subprocess.Popen(
        [sys.executable, "-m", "edge", "relay-test", "--config", str(relay.config)], stderr=subprocess.PIPE, text=True
    )
    assert relay.until(lambda: lcus.levels.get(1))
    os.kill(relay.status().pid, signal.SIGKILL)
    _, told = process.communicate(timeout=PATIENCE_S)

    assert not lcus.levels[1]
    assert (process.returncode, len(told.splitlines())) == (1, 1), told


@pytest.mark.parametrize("way", ["no socket", "no directory"])
def test_relay_test_that_cannot_be(relay_on: MakeRelay, way: str) -> None:
    """Where another relay process lives out of reach, or the state_dir is none, relay-test says so in one line."""
    relay = relay_on('driver = "simulated"')
    lock = None
    if way == "no socket":
        lock = StateLock(relay.state_dir)
    else:
        relay.state_dir.write_text("a file")
    done = relay.gate("relay-test")
    if lock is not None:
        lock.close()

    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert {"no socket": "уже работает", "no directory": str(relay.state_dir)}[way] in done.stderr
