"""Delivery to one neighbour: a bounded queue, two threads, and a count of losses. It never delays the sender."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import get_args

from edge.neighbours.seam import Neighbour, NeighbourFailed, Refusing, StatusNow, Told

MOST_WAITING = 100
FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0

_LISTENING = "listening"

log = logging.getLogger(__name__)


class Delivery:
    """Threads `neighbour:NAME` and `neighbour:NAME:listen`. Both are daemons, so a stuck one cannot delay our exit."""

    def __init__(
        self, name: str, neighbour: Neighbour, *, most: int = MOST_WAITING, rest_s: float = FIRST_REST_S
    ) -> None:
        self.name = name
        self.lost = 0
        """Messages dropped because the neighbour could not keep up."""
        self._troubles = dict.fromkeys((_LISTENING, *(kind.__name__ for kind in get_args(Told))), "")
        """By what failed: listening, or the kind of message. One kind taken says nothing about another."""
        self._taking = StatusNow.__name__
        """Kind of the message that is being delivered."""
        self._neighbour = neighbour
        self._most = most
        self._rest_s = rest_s
        self._waiting: deque[Told] = deque()
        self._lock = threading.Condition()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(self._deliver,), name=f"neighbour:{name}", daemon=True),
            threading.Thread(target=self._run, args=(self._listen,), name=f"neighbour:{name}:listen", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def give(self, told: Told) -> None:
        """Queue a message, at once and from any thread. If full, the oldest is lost. Only the newest status waits."""
        with self._lock:
            if isinstance(told, StatusNow):
                self._waiting = deque(one for one in self._waiting if not isinstance(one, StatusNow))
            self._waiting.append(told)
            while len(self._waiting) > self._most:
                self._waiting.popleft()
                self.lost += 1
                if self.lost & (self.lost - 1) == 0:  # log at 1, 2, 4, 8…: no flood
                    log.warning("%s не успевает, пропущено известий: %s", self.name, self.lost)
            self._lock.notify()

    @property
    def neighbour(self) -> Neighbour:
        return self._neighbour

    def inherit(self, before: Delivery) -> None:
        """Take over what another delivery of this name, already closed, has not delivered, and its count of losses."""
        with before._lock:
            left, before._waiting = before._waiting, deque()
            lost, before.lost = before.lost, 0
        with self._lock:
            self._waiting.extendleft(reversed(left))
            self.lost += lost
            self._lock.notify()

    def close(self, within_s: float = 1.0) -> None:
        """Ask both threads to end, and wait at most `within_s` for the two together."""
        self._stop.set()
        with self._lock:
            self._lock.notify_all()
        try:
            self._neighbour.close()
        except Exception as error:  # noqa: BLE001 - it may be a plug-in
            log.warning("%s: %s", self.name, error)
        deadline = time.monotonic() + within_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))

    @property
    def refused(self) -> int:
        """Visits that its receiver refused for good."""
        return self._neighbour.refused if isinstance(self._neighbour, Refusing) else 0

    @property
    def trouble(self) -> str:
        """What fails now; empty while all is well."""
        return next((told for told in self._troubles.values() if told), "")

    def _run(self, work: Callable[[], bool]) -> None:
        rest, told = self._rest_s, ""
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                if not work():
                    return
                rest, self._troubles[self._taking] = self._rest_s, ""
            except Exception as error:  # noqa: BLE001 - it may be a plug-in: the gate goes on without it
                if self._stop.is_set():
                    return
                why = (str(error) if isinstance(error, NeighbourFailed) else f"{type(error).__name__}: {error}")[:200]
                if why != told:  # logged once, not at every attempt
                    log.warning("%s: %s", self.name, why)
                told = self._troubles[self._taking if work == self._deliver else _LISTENING] = why
                if time.monotonic() - began > LONGEST_REST_S:  # it worked for a while
                    rest = self._rest_s
                self._stop.wait(rest)
                rest = min(LONGEST_REST_S, rest * 2)

    def _deliver(self) -> bool:
        with self._lock:
            while not self._waiting:
                if self._stop.is_set():
                    return False
                self._lock.wait()
            told = self._waiting.popleft()
        self._taking = type(told).__name__
        self._neighbour.take(told)
        return True

    def _listen(self) -> bool:
        self._troubles[_LISTENING] = ""
        self._neighbour.listen(self._stop)
        return False
