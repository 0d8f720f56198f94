"""A named thread with a stop event, a heartbeat and a timed join: the only way this code starts workers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from core.errors import GateError
from edge.language import say

log = logging.getLogger(__name__)


class WorkerStuck(GateError, RuntimeError):
    """A thread did not end in time."""


class Worker:
    """Runs `work(stop)` on a thread called `name`.

    A healthy `work` calls `beat()` at least every `silent_s` seconds. A daemon thread may hang in a native call without
    keeping the process alive. Any exception from `work` ends the thread. `on_death` is called if it ends unasked.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[threading.Event], None],
        *,
        silent_s: float,
        on_death: Callable[[Worker], None],
        clock: Callable[[], float] = time.monotonic,
        daemon: bool = False,
    ) -> None:
        self.name = name
        self.silent_s = silent_s
        self.error: BaseException | None = None
        self.stop = threading.Event()
        self._work = work
        self._on_death = on_death
        self._clock = clock
        self._beaten = clock()
        self._thread = threading.Thread(target=self._run, name=name, daemon=daemon)

    def start(self) -> None:
        self.beat()
        self._thread.start()

    def beat(self) -> None:
        """Heartbeat. Called from the thread itself."""
        self._beaten = self._clock()

    def pardon(self, pause_s: float) -> None:
        """The whole process was paused for `pause_s`, so no heartbeat can have come meanwhile."""
        self._beaten = min(self._clock(), self._beaten + pause_s)

    def overdue_s(self) -> float:
        """How overdue the heartbeat is, in seconds; 0 or less = not overdue."""
        return self._clock() - self._beaten - self.silent_s

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def join(self, timeout_s: float) -> None:
        """Ask the work to stop and wait for it. Raises WorkerStuck."""
        self.stop.set()
        if self._thread.ident is None:
            return
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise WorkerStuck(
                say("поток {name} не остановился за {timeout_s:g} с", name=self.name, timeout_s=timeout_s)
            )

    def _run(self) -> None:
        try:
            self._work(self.stop)
        except BaseException as error:  # the one place that sees every failure: log it and end the thread
            self.error = error
            if isinstance(error, GateError):
                log.error("%s: %s", self.name, error)  # noqa: TRY400 - a GateError needs one line, no stack
            else:
                log.exception("%s: непредвиденная ошибка", self.name)
        finally:
            if not self.stop.is_set():
                self._on_death(self)


class Beats:
    """Heartbeats by thread name, because parts are made before the workers that run them."""

    def __init__(self) -> None:
        self.workers: dict[str, Worker] = {}

    def of(self, name: str) -> Callable[[], None]:
        def beat() -> None:
            self.workers[name].beat()

        return beat
