"""Threads that go round: at once when a commit has brought work, and every so often without one.

What waits is a row in the database, so nothing is lost when a process ends or another one has brought it.
"""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

POLL_S = 15.0
"""How soon work of another process, or such that waits for its turn, is looked for."""
STOP_S = 2.0
log = logging.getLogger(__name__)


class Rounds(ABC):
    """`wake_after` is called in any transaction that brings work; `start` and `stop` belong to the server's lifespan."""

    def __init__(self, name: str, *, threads: int) -> None:
        self.name = name
        """Of the threads, in the log and in what tells how they are."""
        self._count = threads
        self._threads: list[threading.Thread] = []
        self._told = threading.Condition()
        self._news = 0
        self._stopped = threading.Event()

    @abstractmethod
    def go_round(self) -> object:
        """Do what is due; end soon when `stopping`. SQLAlchemyError: the database is away, the next round tries again."""

    def wake_after(self, session: Session) -> None:
        """Go round at once when the session's transaction commits."""
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
        """End soon; what is just being done is left to its lease."""
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
        """It was started, was not stopped, and a thread of it is no more."""
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
        """Until there is more news than the round before has `seen`, or for `POLL_S`."""
        with self._told:
            self._told.wait_for(lambda: self._news != seen or self.stopping, POLL_S)
