"""GPIO outputs and contacts: real processes on a chip in a folder, whose levels outlive them."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from core.words.reasons import Reason
from relay.boards.pins import Pins
from relay.input_settings import InputSettings
from relay.inputs.contacts import ContactSampled, WatchedContacts
from relay.protocol import EventKind
from tests.patience import PATIENCE_S

OUT, BUTTON = 17, 5
CHIP = Path(__file__).parent / "fake_chip"
INPUT = f"""
[[input]]
name = "button"
kind = "guard_button"
barrier = "main"
pin = {BUTTON}
"""


class Site:
    """A relay process on a chip in a folder."""

    def __init__(self, relay_on: Callable[..., Any], folder: Path, *, active: str) -> None:
        path = os.pathsep.join([str(CHIP), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.folder = folder
        self.systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.systemd.bind(str(folder / "notify"))
        self.systemd.setblocking(False)
        self.on = "1" if active == "high" else "0"
        self.relay = relay_on(
            f'driver = "gpio"\npin = {OUT}\nactive = "{active}"\npulse_s = 5',
            more=INPUT,
            environment={
                "PYTHONPATH": path,
                "FAKE_CHIP": str(folder),
                "GPIOZERO_PIN_FACTORY": "lgpio",
                "NOTIFY_SOCKET": str(folder / "notify"),
            },
        )

    def closed(self) -> bool:
        line = self.folder / f"line{OUT}"
        return line.exists() and line.read_text() == self.on

    def levels(self) -> list[str]:
        """Every level the output was given, oldest first."""
        lines = (self.folder / "log").read_text().splitlines()
        return [level for _, _, gpio, level in map(str.split, lines) if gpio == str(OUT)]

    def press(self, *, pressed: bool) -> None:
        (self.folder / f"line{BUTTON}").write_text("0" if pressed else "1")

    def feeds(self) -> bool:
        """Whether the watchdog is fed: told within ten turns of the main loop, what was told before apart."""
        with contextlib.suppress(BlockingIOError):
            while self.systemd.recv(100):
                pass
        return bool(select.select([self.systemd], [], [], 1.0)[0])

    def deaf(self) -> bool:
        return "input_deaf" in self.relay.status().inputs[0].alarms


@pytest.fixture(params=["high", "low"])
def site(request: pytest.FixtureRequest, relay_on: Callable[..., Any], tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "chip"
    folder.mkdir()
    made = Site(relay_on, folder, active=request.param)
    yield made
    made.systemd.close()


def test_start_and_end_never_blink(site: Site) -> None:
    """From the first claim to the end of the process the output has no level but OFF, on active-low boards too."""
    site.relay.start()
    assert site.relay.until(lambda: site.relay.status().barriers[0].contact == "off")
    site.relay.end()

    assert site.on not in site.levels()


def test_a_level_that_outlived_a_kill_is_mended(site: Site) -> None:
    """`kill -9` in the pulse leaves the pin closed; the next start opens it first thing and adds no pulse."""
    site.relay.start()
    site.relay.open()
    assert site.relay.until(site.closed)
    site.relay.end(signal.SIGKILL)
    assert site.closed()
    site.relay.start()

    assert site.relay.until(lambda: not site.closed())
    assert site.levels().count(site.on) == 1


@pytest.mark.parametrize("site", ["high"], indirect=True)
def test_the_button_opens_with_nobody_listening(site: Site) -> None:
    """A press opens with vision, disk and network dead, and is told to whoever comes back and asks."""
    site.press(pressed=False)
    site.relay.start()
    assert site.relay.until(lambda: site.relay.status().inputs[0].level == "off")
    site.press(pressed=True)
    assert site.relay.until(site.closed)
    site.press(pressed=False)
    with site.relay.client.subscribe() as events:
        told = list(iter(lambda: events.next(0.3), None))

    acted = [event for event in told if event.kind == EventKind.ACTED]
    assert [(Reason.GUARD_BUTTON, "done", "main")] == [(item.reason, item.outcome, item.barrier) for item in acted]


@pytest.mark.parametrize("site", ["high"], indirect=True)
def test_a_pin_that_hangs_is_no_silent_button(site: Site) -> None:
    """While reading a pin never comes back its input is told as deaf and the watchdog is not fed; then all is well."""
    site.press(pressed=False)
    site.relay.start()
    assert site.relay.until(lambda: site.relay.status().inputs[0].level == "off")
    assert site.feeds()
    stuck = site.folder / f"line{BUTTON}"
    stuck.unlink()
    os.mkfifo(stuck)  # whoever reads it waits for a writer

    assert site.relay.until(site.deaf)
    assert site.relay.status().inputs[0].level == "unknown"
    assert site.relay.until(lambda: not site.feeds())
    assert site.relay.open().outcome == "done"
    with stuck.open("w") as released:
        stuck.unlink()
        site.press(pressed=False)
        released.write("1")

    assert site.relay.until(lambda: not site.deaf())
    assert site.relay.until(site.feeds)
    assert site.relay.until(lambda: not site.relay.status().inputs[0].alarms)


def test_a_thread_that_died_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error nobody expected in the thread of the contacts: unknown at once, not alive, and another after a rest."""
    heard: list[ContactSampled] = []
    faults = [RuntimeError("broken")]
    line = SimpleNamespace(read=lambda: True)

    class Broken:
        def contact(self, _number: int, *, pull: str) -> object:
            if faults:
                raise faults.pop()
            return line

    button = InputSettings(name="button", kind="guard_button", barrier="main", pin=BUTTON)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    contacts = WatchedContacts((button,), pins=cast("Pins", Broken()), report=heard.append)

    def comes(holds: Callable[[], object]) -> bool:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and not holds():
            contacts.watch(time.monotonic())
            time.sleep(0.005)
        return bool(holds())

    assert comes(lambda: ContactSampled("button", None) in heard)
    assert not contacts.alive(time.monotonic())
    assert comes(lambda: ContactSampled("button", False) in heard)
    assert comes(lambda: contacts.alive(time.monotonic()))
    contacts.stop()
