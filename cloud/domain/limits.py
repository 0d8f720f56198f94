"""Rate limits, counted in the database so that all workers share them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cloud.db.models import Attempt
from cloud.domain.errors import Invalid


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` uses in a window of `window`."""

    name: str
    most: int
    window: timedelta


LOGIN_FAILURES = Limit("login-email", 10, timedelta(minutes=15))
LOGIN_ADDRESS = Limit("login-address", 200, timedelta(minutes=15))
REGISTRATIONS = Limit("register", 60, timedelta(hours=1))
MAILS_TO_ONE = Limit("mail", 6, timedelta(hours=1))
JOIN_REQUESTS = Limit("join", 20, timedelta(hours=1))
COMMANDS = Limit("command", 30, timedelta(minutes=1))


def _key(limit: Limit, subject: str) -> str:
    return hashlib.sha256(f"{limit.name}:{subject}".encode()).hexdigest()


def use(session: Session, limit: Limit, subject: str, *, now: datetime) -> bool:
    """Count one use; False when the window was full already."""
    key = _key(limit, subject)
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    fresh = {"key": key, "window_ends_at": now + limit.window, "count": 0}
    session.execute(insert(Attempt).values(fresh).on_conflict_do_nothing())  # two at once must not collide
    row = session.scalars(select(Attempt).where(Attempt.key == key).with_for_update()).one()
    if row.window_ends_at <= now:
        row.window_ends_at, row.count = now + limit.window, 0
    row.count += 1
    return row.count <= limit.most


def demand(session: Session, limit: Limit, subject: str, *, now: datetime) -> None:
    """As `use`, told to a person when the window is full."""
    if not use(session, limit, subject, now=now):
        raise Invalid("", "Слишком много попыток. Попробуйте позже.")


def forget(session: Session, limit: Limit, subject: str) -> None:
    """Start the window afresh (a log-in that was right)."""
    session.execute(delete(Attempt).where(Attempt.key == _key(limit, subject)))


def sweep(session: Session, *, now: datetime) -> None:
    """Drop the windows that have ended."""
    session.execute(delete(Attempt).where(Attempt.window_ends_at <= now))
