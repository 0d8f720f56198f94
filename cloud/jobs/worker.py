"""The threads that do jobs. Each process has two; all share the queue, on however many hosts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.jobs import Job
from cloud.db.models import utc_now
from cloud.jobs.queue import Claimed, LeaseLost, Queue

POLL_S = 15.0
"""How soon a job of another process, or one that waits for its turn, is looked for."""
STOP_S = 2.0
log = logging.getLogger(__name__)


class Stopping(Exception):
    """The process ends: whatever task asks next is ended by this, and the job goes back."""


class Work:
    """One job as its task sees it."""

    def __init__(self, job: Claimed, told: Callable[[Claimed, int], None]) -> None:
        self.id = job.id
        self.body = job.body
        self._job = job
        self._told = told

    def told(self, done: int) -> None:
        """How far it is: said more often than every two minutes, between transactions. What it raises ends the task."""
        self._told(self._job, done)


Task = Callable[[Work], None]
"""Does a job of one kind. It may be begun anew by another worker: what it has done already is then found done."""


class JobWorker:
    """`put` is called in any transaction; `start` and `stop` belong to the server's lifespan."""

    name = "jobs"

    def __init__(
        self,
        database: Database,
        tasks: Mapping[str, Task],
        *,
        threads: int = 2,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._queue = Queue(database)
        self._tasks = tasks
        self._clock = clock
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._count = threads
        self._threads: list[threading.Thread] = []

    def put(self, session: Session, kind: str, body: dict[str, Any] | None = None) -> Job:
        """As `Queue.put`; looked for at once when the transaction commits."""
        assert kind in self._tasks, kind
        event.listen(session, "after_commit", self._committed, once=True)
        return self._queue.put(session, kind, body, now=self._clock())

    def _committed(self, _session: Session) -> None:
        self._wake.set()

    def start(self) -> None:
        self._stopped.clear()
        self._threads = [
            threading.Thread(target=self._run, name=f"{self.name}:{number}", daemon=True)
            for number in range(self._count)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End soon: a job under way goes back to the queue at its next word, or is left to its lease."""
        self._stopped.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(STOP_S)

    @property
    def alive(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    @property
    def dead(self) -> bool:
        """It was started, was not stopped, and a thread of it is no more."""
        return not self._stopped.is_set() and any(not thread.is_alive() for thread in self._threads)

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            try:
                self.do_due()
            except SQLAlchemyError as error:
                log.warning("jobs: the database is away (%s); next try in %s s", type(error).__name__, POLL_S)
            self._wake.wait(POLL_S)

    def do_due(self) -> int:
        """Do what is due, oldest first, until nothing is; how many were done."""
        done = 0
        while not self._stopped.is_set():
            job = self._queue.claim(self._tasks, now=self._clock())
            if job is None:
                break
            done += self._do(job)
        return done

    def _do(self, job: Claimed) -> bool:
        """Whether it was done."""
        try:
            return self._attempt(job)
        except LeaseLost as error:
            log.warning("jobs: %s; what was done here is left", error)
            return False

    def _attempt(self, job: Claimed) -> bool:
        try:
            self._tasks[job.kind](Work(job, self._told))
        except LeaseLost:
            raise
        except Stopping:
            self._queue.give_back(job, now=self._clock())
            return False
        except Exception as error:
            log.exception("job %s %s failed", job.id, job.kind)
            # Only what kind of error: its text may hold what not everybody may read, and the log has it all.
            self._queue.fail(job, type(error).__name__, now=self._clock())
            return False
        self._queue.finish(job, now=self._clock())
        return True

    def _told(self, job: Claimed, done: int) -> None:
        if self._stopped.is_set():
            raise Stopping
        self._queue.told(job, done, now=self._clock())
