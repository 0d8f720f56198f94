"""The table of jobs: what is long and done after the answer, how far it is, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cloud.db.base import Base, utc_now
from cloud.db.gates import BigKey


class JobState(StrEnum):
    """`FAILED` is final: it was tried as often as it may be."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Base):
    """One thing to do. `lease` names the worker that does it: what another writes about it is not taken."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_state_next_at", "state", "next_at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(32))
    # Whose it is, where it is somebody's: it goes with either.
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territories.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"), index=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(16), default=JobState.WAITING)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
    next_at: Mapped[datetime] = mapped_column(default=utc_now)
    lease: Mapped[str | None] = mapped_column(String(32))
    leased_until: Mapped[datetime | None]  # after that its worker is taken for dead, and it is anybody's again
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)  # how far it is, in what it counts
    error: Mapped[str] = mapped_column(String(200), default="")
    ended_at: Mapped[datetime | None]


class JobFile(Base):
    """A piece of the file that a job has made: in the database, where every host finds it."""

    __tablename__ = "job_files"

    job_id: Mapped[int] = mapped_column(BigKey, ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
