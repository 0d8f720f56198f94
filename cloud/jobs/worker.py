"""The threads that do jobs. Each process has two by default; all of them, on all hosts, share the queue."""

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
    """The process is stopping: raised from a task's next progress report; the job goes back to the queue."""


Facts = dict[str, Any]


class Work:
    """One job as its task sees it."""

    def __init__(
        self, job: Claimed, report: Callable[[Claimed, int], None], settle: Callable[[Session, Claimed, Facts], None]
    ) -> None:
        self.id = job.id
        self.body = job.body
        self._job = job
        self._report = report
        self._settle = settle

    def report(self, done: int) -> None:
        """Report progress: at least every two minutes, between transactions. Let its exceptions end the task."""
        self._report(self._job, done)

    def settle(self, session: Session, facts: Facts) -> None:
        """Add `facts` to the body within a transaction of the task; raises `LeaseLost` if the job is no longer this worker's.

        What the transaction writes then happens at most once, however many workers begin the job.
        """
        self._settle(session, self._job, facts)
        self.body.update(facts)


Task = Callable[[Work], None]
"""Does a job of one kind. It must be repeatable: another worker may start it again, with part of it already done."""


class JobWorker(Rounds):
    """`put` may be called in any transaction.

    On stop, a running job goes back to the queue at its next progress report, or else when its lease expires.
    """

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
        """Like `Queue.put`; the threads are woken when the transaction commits."""
        assert kind in self._tasks, kind
        self.wake_after(session)
        return self._queue.put(session, kind, body, now=self._clock())

    def go_round(self) -> int:
        return self.do_due()

    def do_due(self) -> int:
        """Do due jobs, oldest first, until none is left. Returns how many were done."""
        done = 0
        while not self.stopping:
            job = self._queue.claim(self._tasks, now=self._clock())
            if job is None:
                break
            done += self._do(job)
        return done

    def _do(self, job: Claimed) -> bool:
        """Do one job. Returns whether it was done."""
        try:
            return self._attempt(job)
        except LeaseLost as error:
            log.warning("jobs: %s; what was done here is left", error)
            return False

    def _attempt(self, job: Claimed) -> bool:
        try:
            self._tasks[job.kind](Work(job, self._progress, self._settle))
        except LeaseLost:
            raise
        except Stopping:
            self._queue.give_back(job, now=self._clock())
            return False
        except Exception as error:
            log.exception("job %s %s failed", job.id, job.kind)
            # Store only the type of error: its text may be confidential, and the log has all of it.
            self._queue.fail(job, type(error).__name__, now=self._clock())
            return False
        self._queue.finish(job, now=self._clock())
        return True

    def _settle(self, session: Session, job: Claimed, facts: Facts) -> None:
        self._queue.settle(session, job, facts, now=self._clock())

    def _progress(self, job: Claimed, done: int) -> None:
        if self.stopping:
            raise Stopping
        self._queue.report(job, done, now=self._clock())
