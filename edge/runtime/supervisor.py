"""The main thread of `gate run`: starts the workers, watches their heartbeats, stops all of them when one dies.

The service manager's watchdog is fed only while every heartbeat is fresh: a deadlock must not look alive. If this
thread itself slept far longer than it asked for, the whole process was paused (SIGSTOP, a suspended machine, a card
that blocked all I/O). No thread could send a heartbeat then, so none is blamed.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from collections.abc import Callable, Sequence

from edge.runtime.worker import Worker, WorkerStuck

LOOK_S = 0.5
JOIN_S = 3.0
PAUSE_S = 2.0
"""A wake-up this late means that the process was paused, not merely busy."""

log = logging.getLogger(__name__)


class Supervisor:
    """Starts the workers in the order of `add` and stops them stage by stage (see `run`)."""

    def __init__(
        self,
        *,
        ready: Callable[[], None],
        alive: Callable[[], None],
        stopping: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._ready = ready
        self._alive = alive
        self._stopping = stopping
        self._workers: list[Worker] = []
        self._wake = threading.Event()
        self._wanted = False
        self.dead: Worker | None = None

    def add(self, worker: Worker) -> None:
        self._workers.append(worker)

    def died(self, worker: Worker) -> None:
        """A worker ended without being asked. Called on its thread."""
        if self.dead is None:
            self.dead = worker
        self._wake.set()

    def ask_to_stop(self) -> None:
        """Shut down in order. May be called from a signal handler or any thread."""
        self._wanted = True
        self._wake.set()

    def catch_signals(self) -> None:
        """SIGTERM and SIGINT end the run; only the main thread may call this."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.ask_to_stop())

    def run(self, *, each_look: Callable[[], None], stop_order: Sequence[Sequence[str]]) -> int:
        """Run until asked to stop (returns 0), or until a worker dies or hangs (returns 1).

        Workers of one stage of `stop_order` stop together; those it does not name stop first. `capture` covers
        `capture:entry` too.
        """
        for worker in self._workers:
            worker.start()
        self._ready()
        turned = self._clock()
        while not self._wanted and self.dead is None:
            self._wake.wait(LOOK_S)
            each_look()
            now = self._clock()
            self._pardon(now - turned - LOOK_S)
            turned = now
            late = [worker for worker in self._workers if worker.overdue_s() > 0]
            if not late:
                self._alive()
                continue
            log.error("поток %s молчит, всё останавливается", late[0].name)
            self.dead = late[0]
        self._stopping()
        return self._end(stop_order)

    def _pardon(self, late_s: float) -> None:
        if late_s < PAUSE_S:
            return
        log.warning("процесс стоял %.0f с (остановлен или не получал процессора)", late_s)
        for worker in self._workers:
            worker.pardon(late_s)

    def _end(self, stop_order: Sequence[Sequence[str]]) -> int:
        if self.dead is not None:
            log.error("поток %s закончился, поэтому заканчивается и gate run", self.dead.name)
        ranks = {name: rank for rank, names in enumerate(stop_order) for name in names}
        for rank in range(-1, len(stop_order)):
            stage = [worker for worker in self._workers if ranks.get(worker.name.partition(":")[0], -1) == rank]
            for worker in stage:
                worker.stop.set()
            for worker in stage:
                try:
                    worker.join(JOIN_S)
                except WorkerStuck as error:
                    log.error("%s", error)  # noqa: TRY400 - the stack would be ours, not that thread's
        return 0 if self.dead is None else 1
