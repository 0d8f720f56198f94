"""GPIO outputs and contacts: real processes on a chip in a folder, whose levels outlive them."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.core.events import Reason
from relay.protocol import EventKind

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
        self.on = "1" if active == "high" else "0"
        self.relay = relay_on(
            f'driver = "gpio"\npin = {OUT}\nactive = "{active}"\npulse_s = 5',
            more=INPUT,
            environment={"PYTHONPATH": path, "FAKE_CHIP": str(folder), "GPIOZERO_PIN_FACTORY": "lgpio"},
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


@pytest.fixture(params=["high", "low"])
def site(request: pytest.FixtureRequest, relay_on: Callable[..., Any], tmp_path: Path) -> Site:
    folder = tmp_path / "chip"
    folder.mkdir()
    return Site(relay_on, folder, active=request.param)


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
