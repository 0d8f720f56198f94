"""The queue itself: rows of `jobs`, on SQLite and PostgreSQL alike. Every step is a short transaction of its own.

A job is claimed by a lease, which its worker renews by telling how far it is. A worker that was killed renews nothing, and
when its lease has run out the job is anybody's again; one that only slept that long finds its lease gone and stops.
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
from cloud.db.jobs import Job, JobState
from cloud.db.leases import free

LEASE = timedelta(minutes=2)
"""How soon the job of a killed worker is taken up; a task tells how far it is more often than that."""
MOST_ATTEMPTS = 8
MOST_LISTED = 1000
FIRST_DELAY, LONGEST_DELAY = timedelta(seconds=30), timedelta(hours=1)
DONE_KEPT, FAILED_KEPT = timedelta(days=1), timedelta(days=30)
log = logging.getLogger(__name__)


class LeaseLost(RuntimeError):
    """The job is another worker's by now: this one has been taken for dead."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job in the hands of one worker."""

    id: int
    kind: str
    body: dict[str, Any]
    attempts: int
    """This one counts."""
    lease: str


@dataclass(frozen=True, slots=True)
class JobsStanding:
    """How the jobs are: what is due and waits, since when, what runs, what was given up."""

    waiting: int
    oldest_s: float
    running: int
    failed: int


class Queue:
    """`put` is called in any transaction; the rest belongs to `JobWorker`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    def put(session: Session, kind: str, body: dict[str, Any] | None = None, *, now: datetime) -> Job:
        """Have a job done if, and only if, the session's transaction commits. It may be done twice: after a worker's death."""
        job = Job(kind=kind, body=body or {}, created_at=now, next_at=now)
        session.add(job)
        return job

    def claim(self, kinds: Collection[str], *, now: datetime) -> Claimed | None:
        """The next job of these kinds, leased; None when nothing is due. What killed its workers too often has failed."""
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
                    continue
                job.state, job.lease, job.leased_until = JobState.RUNNING, uuid4().hex, now + LEASE
                job.attempts += 1
                return Claimed(job.id, job.kind, job.body, job.attempts, job.lease)

    def told(self, job: Claimed, done: int, *, now: datetime) -> None:
        """How far it is; the lease lasts anew from here. Raises `LeaseLost`."""
        self._write(job, {"done": done, "leased_until": now + LEASE})

    def finish(self, job: Claimed, *, now: datetime) -> None:
        """It is done. Raises `LeaseLost`."""
        self._write(job, {**_ended(JobState.DONE, now), "error": ""})

    def fail(self, job: Claimed, error: str, *, now: datetime) -> None:
        """It could not be done this time. Raises `LeaseLost`."""
        if job.attempts >= MOST_ATTEMPTS:
            log.error("job %s %s is given up after %d tries: %s", job.id, job.kind, job.attempts, error)
            self._write(job, {**_ended(JobState.FAILED, now), "error": error[:200]})
            return
        delay = min(FIRST_DELAY * 2 ** (job.attempts - 1), LONGEST_DELAY)
        self._write(job, {**_waiting(now + delay), "error": error[:200]})

    def give_back(self, job: Claimed, *, now: datetime) -> None:
        """Its worker ends in order: another begins at once, and this try does not count. Raises `LeaseLost`."""
        self._write(job, {**_waiting(now), "attempts": job.attempts - 1})

    def _write(self, job: Claimed, values: dict[str, Any]) -> None:
        with self._database.write() as session:
            mine = update(Job).where(Job.id == job.id, Job.lease == job.lease).values(values).returning(Job.id)
            if session.execute(mine).first() is None:
                raise LeaseLost(f"job {job.id} {job.kind} is another worker's")


def _ended(state: JobState, now: datetime) -> dict[str, Any]:
    return {"state": state, "ended_at": now, "lease": None, "leased_until": None}


def _waiting(next_at: datetime) -> dict[str, Any]:
    return {"state": JobState.WAITING, "next_at": next_at, "lease": None, "leased_until": None}


def _close(job: Job, state: JobState, error: str, *, now: datetime) -> None:
    job.state, job.ended_at, job.lease, job.leased_until, job.error = state, now, None, None, error


def standing(session: Session, *, now: datetime) -> JobsStanding:
    """How the jobs are."""
    counts = {row[0]: row[1] for row in session.execute(select(Job.state, func.count()).group_by(Job.state))}
    due = Job.state == JobState.WAITING, Job.next_at <= now
    oldest = session.scalar(select(func.min(Job.next_at)).where(*due))
    waited = 0.0 if oldest is None else (now - oldest).total_seconds()
    return JobsStanding(
        counts.get(JobState.WAITING, 0), waited, counts.get(JobState.RUNNING, 0), counts.get(JobState.FAILED, 0)
    )


def listed(session: Session) -> list[Job]:
    """What waits, runs, or was given up, in the order of being put; what is done is not worth a line."""
    return list(session.scalars(select(Job).where(Job.state != JobState.DONE).order_by(Job.id).limit(MOST_LISTED)))


def again(session: Session, *, now: datetime) -> None:
    """Have what waits for its turn, or was given up, done now, with all its tries."""
    idle = Job.state.in_([JobState.WAITING, JobState.FAILED])
    session.execute(update(Job).where(idle).values({**_waiting(now), "attempts": 0, "ended_at": None}))


def sweep(session: Session, *, now: datetime) -> None:
    """Forget jobs that ended long ago."""
    for state, kept in ((JobState.DONE, DONE_KEPT), (JobState.FAILED, FAILED_KEPT)):
        session.execute(delete(Job).where(Job.state == state, Job.ended_at < now - kept))
