"""Watches that `gate call` is alive where calls are enabled. If it falls silent, the only effect is an alarm."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from edge.runtime.alarms import Alarms, Fault

SILENT_S = 60.0
"""`gate call` reports every ten seconds. It gets the same time to start up."""
LOOK_S = 2.0


class CallWatch:
    """`heard` from any thread; `run` is the work of the thread "call-watch"."""

    def __init__(
        self,
        alarms: Alarms,
        *,
        wanted: bool,
        now: Callable[[], float] = time.monotonic,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        self._alarms = alarms
        self._wanted = wanted
        self._now = now
        self._beat = beat
        self._heard = now()

    def heard(self) -> None:
        """`gate call` has reported that it is alive."""
        self._heard = self._now()

    def look(self) -> None:
        """Raise or clear the alarm according to the last report."""
        if self._wanted and self._now() - self._heard > SILENT_S:
            self._alarms.set(Fault.CALL_DEAD)
        else:
            self._alarms.clear(Fault.CALL_DEAD)

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self._beat()
            self.look()
            stop.wait(LOOK_S)
