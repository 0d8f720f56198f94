"""The table of background jobs: long work done after the response, its progress and its result."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base, utc_now
from cloud.db.gates import BigKey


class JobState(StrEnum):
    """`FAILED` is final: all attempts are used up."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One job. `lease` names the worker that does it; results from any other worker are rejected."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state_next_at", "state", "next_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))
    # Its territory and account, if it belongs to any; it is deleted with either.
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16), default=JobState.WAITING)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    next_at: Mapped[datetime] = mapped_column(default=utc_now)
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None]  # after that its worker counts as dead and any other may take the job
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)  # progress, in the job's own unit
    error: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None]


class JobFile(Base):
    """A piece of the file that a job has made; in the database, so that every host finds it."""

    __tablename__ = "job_files"

    job_id: Mapped[int] = mapped_column(BigKey, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
