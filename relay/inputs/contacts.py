"""Contacts wired to GPIO pins: one thread polls all of them a hundred times a second and reports to the controller.

It polls instead of using edges, because the bounce filters of pin libraries lose or invent presses. The controller
debounces; nothing is decided here. A pin that cannot be read is reported as None and retried. If the thread hangs or
dies, all pins are reported as None, and another thread takes its place.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from relay.boards.pins import Line, Pins
from relay.errors import BoardError
from relay.input_settings import InputSettings

log = logging.getLogger(__name__)

POLL_S = 0.01
REOPEN_TURNS = 100
QUIET_TURNS = 5
"""A contact is reported for its debounce time plus this many turns, then only now and then."""
HANG_S = 2.0
FIRST_TURN_S = 6.0
"""The first turn opens the chip and, after boot, loads its library from a slow SD card."""
REST_S = 1.0
"""Pause after a thread that died."""


@dataclass(frozen=True, slots=True)
class ContactSampled:
    """One look at the contact of the input `name`; `closed` is None while the pin cannot be read."""

    name: str
    closed: bool | None


Report = Callable[[ContactSampled], None]


class GpioContacts(threading.Thread):
    """Calls `report` from this thread."""

    def __init__(
        self,
        inputs: tuple[InputSettings, ...],
        *,
        pins: Pins,
        report: Report,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(name="inputs", daemon=True)
        self.beat: float | None = None
        """When it last finished looking at all of them."""
        self._inputs = inputs
        self._pins = pins
        self._report = report
        self._now = now
        self._over = threading.Event()
        self._turn = 0
        self._lines: dict[str, Line] = {}
        self._last: dict[str, tuple[bool | None, int]] = {}

    def stop(self) -> None:
        """Ask the thread to end."""
        self._over.set()

    def run(self) -> None:
        while not self._over.wait(POLL_S):
            self.turn()

    def turn(self) -> None:
        """Looks once at each contact, and reports those that have changed or whose repetition is due."""
        for settings in self._inputs:
            self._look(settings)
        self._turn += 1
        self.beat = self._now()

    def _look(self, settings: InputSettings) -> None:
        name = settings.name
        closed: bool | None = None
        try:
            if name not in self._lines and self._turn % REOPEN_TURNS == 0:
                assert settings.pin is not None
                self._lines[name] = self._pins.contact(settings.pin, pull=settings.pull)
            if name in self._lines:
                # With a pull-up, a closed contact connects the pin to ground.
                closed = self._lines[name].read() is (settings.pull == "down")
        except BoardError as error:
            self._lines.pop(name, None)
            if self._last.get(name, (False, 0))[0] is not None:
                log.warning("вход %s: %s", name, error)
        if self._over.is_set():  # it hung, and another thread has taken over
            return
        before, steady = self._last.get(name, (None, -1))
        steady = steady + 1 if closed is before and steady >= 0 else 0
        self._last[name] = (closed, steady)
        busy_turns = settings.debounce_s / POLL_S + QUIET_TURNS
        if steady < busy_turns or steady % REOPEN_TURNS == 0:
            self._report(ContactSampled(name, closed))


class WatchedContacts:
    """Keeps one `GpioContacts` running. Main thread only; `report` is called from that thread and from this one."""

    def __init__(
        self,
        inputs: tuple[InputSettings, ...],
        *,
        pins: Pins,
        report: Report,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inputs = tuple(item for item in inputs if item.pin is not None)
        self._pins = pins
        self._report = report
        self._now = now
        self._thread: GpioContacts | None = None
        self._started = 0.0
        self._start_at = 0.0
        self._lost = 0
        """Threads lost in a row. A hung one stays behind, so each successor gets more time."""

    def watch(self, now: float) -> None:
        """Starts the thread, and replaces it if it hangs or has died. Called at every turn."""
        thread = self._thread
        if not self._inputs:
            return
        if thread is None:
            if now >= self._start_at:
                self._start(now)
        elif not thread.is_alive() or self._hangs(thread, now):
            self._lost += 1
            log.error(
                "входы: поток завис; его место занимает другой"
                if thread.is_alive()
                else "входы: поток умер; его место занимает другой"
            )
            thread.stop()
            self._thread, self._start_at = None, now + (0.0 if thread.is_alive() else REST_S)
            for item in self._inputs:
                self._report(ContactSampled(item.name, None))
        elif thread.beat is not None:
            self._lost = 0

    def alive(self, now: float) -> bool:
        """Whether somebody looks at the contacts. A successor counts once it has looked."""
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
        self._thread = GpioContacts(self._inputs, pins=self._pins, report=self._report, now=self._now)
        self._started = now
        self._thread.start()
