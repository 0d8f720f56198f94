"""Worker threads that run in rounds: at once when a commit has added work, and otherwise at a regular interval.

Pending work is a row in the database, so none is lost if a process ends, and any process can do what another one added.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

POLL_S = 15.0
"""Interval of rounds without a wake-up. It bounds the delay of work added by other processes or due later."""
STOP_S = 2.0
log = logging.getLogger(__name__)


class Rounds(ABC):
    """Call `wake_after` in any transaction that adds work. The server's lifespan calls `start` and `stop`."""

    def __init__(self, name: str, *, threads: int) -> None:
        self.name = name
        """Name of the threads, in the log and in health reports."""
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._told = threading.Condition()
        self._news = 0
        self._stopped = threading.Event()

    @abstractmethod
    def go_round(self) -> object:
        """Does what is due; must return soon when `stopping`. After SQLAlchemyError (no database) the next round retries."""

    def wake_after(self, session: Session) -> None:
        """Starts a round at once when the session's transaction commits."""
        event.listen(session, "after_commit", lambda _session: self._wake(), once=True)

    def start(self) -> None:
        self._stopped.clear()
        self._threads = [
            threading.Thread(target=self._run, name=f"{self.name}:{number}", daemon=True)
            for number in range(self._count)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the threads, waiting `STOP_S` for each. Work cut off is taken up again when its lease expires."""
        self._stopped.set()
        self._wake()
        for thread in self._threads:
            thread.join(STOP_S)

    @property
    def stopping(self) -> bool:
        return self._stopped.is_set()

    @property
    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    @property
    def dead(self) -> bool:
        """Whether a thread has died although the rounds were started and not stopped."""
        return not self.stopping and any(not thread.is_alive() for thread in self._threads)

    def _wake(self) -> None:
        with self._told:
            self._news += 1
            self._told.notify_all()

    def _run(self) -> None:
        while not self.stopping:
            seen = self._news
            try:
                self.go_round()
            except SQLAlchemyError as error:
                log.warning("%s: the database is away (%s); next try in %s s", self.name, type(error).__name__, POLL_S)
            self._pause(seen)

    def _pause(self, seen: int) -> None:
        """Waits until there is news since `seen`, the rounds are stopped, or `POLL_S` has passed."""
        with self._told:
            self._told.wait_for(lambda: self._news != seen or self.stopping, POLL_S)
