"""The threads that do jobs. Each process has two; all share the queue, on however many hosts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.jobs import Job
from cloud.db.models import utc_now
from cloud.jobs.queue import Claimed, LeaseLost, Queue
from cloud.rounds import Rounds

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


class JobWorker(Rounds):
    """`put` is called in any transaction. Stopped, a job under way goes back to the queue at its next word, or is left to its lease."""

    def __init__(
        self,
        database: Database,
        tasks: Mapping[str, Task],
        *,
        threads: int = 2,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__("jobs", threads=threads)
        self._queue = Queue(database)
        self._tasks = tasks
        self._clock = clock

    def put(self, session: Session, kind: str, body: dict[str, Any] | None = None) -> Job:
        """As `Queue.put`; looked for at once when the transaction commits."""
        assert kind in self._tasks, kind
        self.wake_after(session)
        return self._queue.put(session, kind, body, now=self._clock())

    def go_round(self) -> int:
        return self.do_due()

    def do_due(self) -> int:
        """Do what is due, oldest first, until nothing is; how many were done."""
        done = 0
        while not self.stopping:
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
            self._tasks[job.kind](Work(job, self._progress))
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

    def _progress(self, job: Claimed, done: int) -> None:
        if self.stopping:
            raise Stopping
        self._queue.told(job, done, now=self._clock())
