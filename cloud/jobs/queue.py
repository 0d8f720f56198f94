"""The queue: rows of `jobs`, on both SQLite and PostgreSQL. Every step is a short transaction of its own.

A worker claims a job with a lease and renews it by reporting progress. If the worker is killed, the lease expires and any
worker may take the job. A worker that was only suspended finds its lease lost and stops.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from cloud.db.engine import Database
from cloud.db.jobs import Job, JobFile, JobState
from cloud.db.leases import free

LEASE = timedelta(minutes=2)
"""Time until the job of a killed worker is taken over; a task must report progress more often than this."""
MOST_ATTEMPTS = 8
MOST_LISTED = 1000
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)
DONE_KEPT, FAILED_KEPT = timedelta(days=1), timedelta(days=30)
log = logging.getLogger(__name__)


class LeaseLost(RuntimeError):
    """Another worker holds the job now: this one was taken for dead."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job claimed by one worker."""

    id: int
    kind: str
    body: dict[str, Any]
    attempts: int
    """Including the current one."""
    lease: str


@dataclass(frozen=True, slots=True)
class JobsStanding:
    """State of the jobs: how many wait, how long the oldest has been due, how many run, how many were given up."""

    waiting: int
    oldest_s: float
    running: int
    failed: int


class Queue:
    """`put` may be called in any transaction; the rest is for `JobWorker`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    def put(session: Session, kind: str, body: dict[str, Any] | None = None, *, now: datetime) -> Job:
        """Queue a job; it is done only if the session's transaction commits. After a worker's death it may be done twice."""
        job = Job(kind=kind, body=body or {}, created_at=now, next_at=now)
        session.add(job)
        return job

    def claim(self, kinds: Collection[str], *, now: datetime) -> Claimed | None:
        """The next due job of these kinds, leased; None if none is due. A job whose workers died too often is failed."""
        while True:
            with self._database.write() as session:
                job = session.scalar(
                    select(Job)
                    .where(
                        Job.state.in_([JobState.WAITING, JobState.RUNNING]),
                        Job.kind.in_(kinds),
                        Job.next_at <= now,
                        free(Job.leased_until, LEASE, now),
                    )
                    .order_by(Job.next_at, Job.id)
                    .limit(1)
                    .with_for_update(skip_locked=True)
                )
                if job is None:
                    return None
                if job.attempts >= MOST_ATTEMPTS:
                    log.error("job %s %s is given up: each worker that did it died", job.id, job.kind)
                    _close(job, JobState.FAILED, "its workers died", now=now)
                    session.execute(delete(JobFile).where(JobFile.job_id == job.id))
                    continue
                job.state, job.lease, job.leased_until = JobState.RUNNING, uuid4().hex, now + LEASE
                job.attempts += 1
                return Claimed(job.id, job.kind, job.body, job.attempts, job.lease)

    def report(self, job: Claimed, done: int, *, now: datetime) -> None:
        """Report progress and renew the lease. Raises `LeaseLost`."""
        self._write(job, {"done": done, "leased_until": now + LEASE})

    def finish(self, job: Claimed, *, now: datetime) -> None:
        """Mark the job as done. Raises `LeaseLost`."""
        self._write(job, {**_ended(JobState.DONE, now), "error": ""})

    def fail(self, job: Claimed, error: str, *, now: datetime) -> None:
        """Record a failed try: the job is retried later, or given up after `MOST_ATTEMPTS`. Raises `LeaseLost`.

        A job that is given up loses its file: what it was to read is not read months later, when somebody retries it.
        """
        if job.attempts >= MOST_ATTEMPTS:
            log.error("job %s %s is given up after %d tries: %s", job.id, job.kind, job.attempts, error)
            self._write(job, {**_ended(JobState.FAILED, now), "error": error[:200]})
            return
        delay = min(FIRST_DELAY * 2 ** (job.attempts - 1), LONGEST_DELAY)
        self._write(job, {**_waiting(now + delay), "error": error[:200]})

    def give_back(self, job: Claimed, *, now: datetime) -> None:
        """Return the job because its worker stops: it is due at once, and this try does not count. Raises `LeaseLost`."""
        self._write(job, {**_waiting(now), "attempts": job.attempts - 1})

    def settle(self, session: Session, job: Claimed, facts: dict[str, Any], *, now: datetime) -> None:
        """Add `facts` to the job's body in the task's own transaction, and renew the lease. Raises `LeaseLost`.

        What a task writes in that transaction then happens at most once: a later try finds the facts, and a worker that
        was taken for dead, or whose job was deleted, writes nothing.
        """
        _set(session, job, {"body": {**job.body, **facts}, "leased_until": now + LEASE})

    def _write(self, job: Claimed, values: dict[str, Any]) -> None:
        with self._database.write() as session:
            _set(session, job, values)
            if values.get("state") == JobState.FAILED:
                session.execute(delete(JobFile).where(JobFile.job_id == job.id))


def _set(session: Session, job: Claimed, values: dict[str, Any]) -> None:
    mine = update(Job).where(Job.id == job.id, Job.lease == job.lease).values(values).returning(Job.id)
    if session.execute(mine.execution_options(synchronize_session=False)).first() is None:
        raise LeaseLost(f"job {job.id} {job.kind} is another worker's, or was cancelled")


def _ended(state: JobState, now: datetime) -> dict[str, Any]:
    return {"state": state, "ended_at": now, "lease": None, "leased_until": None}


def _waiting(next_at: datetime) -> dict[str, Any]:
    return {"state": JobState.WAITING, "next_at": next_at, "lease": None, "leased_until": None}


def _close(job: Job, state: JobState, error: str, *, now: datetime) -> None:
    job.state, job.ended_at, job.lease, job.leased_until, job.error = state, now, None, None, error


def standing(session: Session, *, now: datetime) -> JobsStanding:
    """The current state of the jobs."""
    counts = {row[0]: row[1] for row in session.execute(select(Job.state, func.count()).group_by(Job.state))}
    due = Job.state == JobState.WAITING, Job.next_at <= now
    oldest = session.scalar(select(func.min(Job.next_at)).where(*due))
    waited = 0.0 if oldest is None else (now - oldest).total_seconds()
    return JobsStanding(
        counts.get(JobState.WAITING, 0), waited, counts.get(JobState.RUNNING, 0), counts.get(JobState.FAILED, 0)
    )


def listed(session: Session) -> list[Job]:
    """Jobs that wait, run or were given up, in the order they were queued; done jobs are left out."""
    return list(session.scalars(select(Job).where(Job.state != JobState.DONE).order_by(Job.id).limit(MOST_LISTED)))


def again(session: Session, *, now: datetime) -> None:
    """Make all waiting and failed jobs due now, with their tries counted from 0."""
    idle = Job.state.in_([JobState.WAITING, JobState.FAILED])
    session.execute(update(Job).where(idle).values({**_waiting(now), "attempts": 0, "ended_at": None}))


def sweep(session: Session, *, now: datetime) -> None:
    """Delete jobs that ended long ago."""
    for state, kept in ((JobState.DONE, DONE_KEPT), (JobState.FAILED, FAILED_KEPT)):
        session.execute(delete(Job).where(Job.state == state, Job.ended_at < now - kept))
