"""Contacts wired to GPIO pins: one thread looks at all of them a hundred times a second and tells the desk.

Polling, not edges: bounce filters of pin libraries lose or invent presses (hardware-and-runtime.md, 2.2). The desk
debounces; here nothing is decided. A pin that cannot be read is told as None, once, and tried again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from relay.errors import BoardError
from relay.pins import Line, Pins
from relay.settings import InputSettings

log = logging.getLogger(__name__)

POLL_S = 0.01
REOPEN_TURNS = 100
QUIET_TURNS = 5
"""A contact is told for its debounce time and so many turns more, then only now and then."""

Told = Callable[[str, bool | None], None]


class GpioContacts(threading.Thread):
    """`told(name, closed)` is called from this thread; `closed` is None while the pin cannot be read."""

    def __init__(self, inputs: tuple[InputSettings, ...], *, pins: Pins, told: Told) -> None:
        super().__init__(name="inputs", daemon=True)
        self._inputs = inputs
        self._pins = pins
        self._told = told
        self._over = threading.Event()
        self._lines: dict[str, Line] = {}
        self._last: dict[str, tuple[bool | None, int]] = {}

    def stop(self) -> None:
        """Ask the thread to end."""
        self._over.set()

    def run(self) -> None:
        turn = 0
        while not self._over.wait(POLL_S):
            for settings in self._inputs:
                self._look(settings, turn)
            turn += 1

    def _look(self, settings: InputSettings, turn: int) -> None:
        name = settings.name
        closed: bool | None = None
        try:
            if name not in self._lines and turn % REOPEN_TURNS == 0:
                assert settings.pin is not None
                self._lines[name] = self._pins.contact(settings.pin, pull=settings.pull)
            if name in self._lines:
                # A closed contact connects the pin with ground where it is pulled up.
                closed = self._lines[name].read() is (settings.pull == "down")
        except BoardError as error:
            self._lines.pop(name, None)
            if self._last.get(name, (False, 0))[0] is not None:
                log.warning("input %s: %s", name, error)
        before, steady = self._last.get(name, (None, -1))
        steady = steady + 1 if closed is before and steady >= 0 else 0
        self._last[name] = (closed, steady)
        busy_turns = settings.debounce_s / POLL_S + QUIET_TURNS
        if steady < busy_turns or steady % REOPEN_TURNS == 0:
            self._told(name, closed)
