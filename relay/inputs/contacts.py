"""Contacts wired to GPIO pins: one thread looks at all of them a hundred times a second and tells the controller.

Polling, not edges: bounce filters of pin libraries lose or invent presses (hardware-and-runtime.md, 2.2). The controller
debounces; here nothing is decided. A pin that cannot be read is told as None, once, and tried again; so are all of
them when the thread hangs or dies, and another takes its place.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from relay.boards.pins import Line, Pins
from relay.errors import BoardError
from relay.input_settings import InputSettings

log = logging.getLogger(__name__)

POLL_S = 0.01
REOPEN_TURNS = 100
QUIET_TURNS = 5
"""A contact is told for its debounce time and so many turns more, then only now and then."""
HANG_S = 2.0
FIRST_TURN_S = 6.0
"""The first turn opens the chip, and at the start of the machine loads its library from a slow card."""
REST_S = 1.0
"""After a thread that died."""

Told = Callable[[str, bool | None], None]


class GpioContacts(threading.Thread):
    """`told(name, closed)` is called from this thread; `closed` is None while the pin cannot be read."""

    def __init__(
        self,
        inputs: tuple[InputSettings, ...],
        *,
        pins: Pins,
        told: Told,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name="inputs", daemon=True)
        self.beat: float | None = None
        """When it last had looked at all of them."""
        self._inputs = inputs
        self._pins = pins
        self._told = told
        self._now = now
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
            self.beat = self._now()

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
                log.warning("вход %s: %s", name, error)
        if self._over.is_set():  # it hung, and another has taken over
            return
        before, steady = self._last.get(name, (None, -1))
        steady = steady + 1 if closed is before and steady >= 0 else 0
        self._last[name] = (closed, steady)
        busy_turns = settings.debounce_s / POLL_S + QUIET_TURNS
        if steady < busy_turns or steady % REOPEN_TURNS == 0:
            self._told(name, closed)


class WatchedContacts:
    """Keeps one `GpioContacts` at work. Main thread only; `told` is called from that thread and from this one."""

    def __init__(
        self, inputs: tuple[InputSettings, ...], *, pins: Pins, told: Told, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._inputs = tuple(item for item in inputs if item.pin is not None)
        self._pins = pins
        self._told = told
        self._now = now
        self._thread: GpioContacts | None = None
        self._started = 0.0
        self._start_at = 0.0
        self._lost = 0
        """Threads lost in a row. One that hung stays behind, so that each successor gets more time."""

    def watch(self, now: float) -> None:
        """Start the thread; put another in its place when it hangs or has died. Called at every turn."""
        thread = self._thread
        if not self._inputs:
            return
        if thread is None:
            if now >= self._start_at:
                self._start(now)
        elif not thread.is_alive() or self._hangs(thread, now):
            self._lost += 1
            log.error("входы: поток %s; его место занимает другой", "hangs" if thread.is_alive() else "has died")
            thread.stop()
            self._thread, self._start_at = None, now + (0.0 if thread.is_alive() else REST_S)
            for item in self._inputs:
                self._told(item.name, None)
        elif thread.beat is not None:
            self._lost = 0

    def alive(self, now: float) -> bool:
        """Somebody looks at the contacts; a successor is believed when it has."""
        if not self._inputs:
            return True
        return self._lost == 0 and self._thread is not None and not self._hangs(self._thread, now)

    def stop(self) -> None:
        """Ask the thread to end."""
        if self._thread is not None:
            self._thread.stop()

    def _hangs(self, thread: GpioContacts, now: float) -> bool:
        if thread.beat is None:
            return now - self._started > FIRST_TURN_S * (1 + self._lost)
        return now - thread.beat > HANG_S

    def _start(self, now: float) -> None:
        self._thread = GpioContacts(self._inputs, pins=self._pins, told=self._told, now=self._now)
        self._started = now
        self._thread.start()
