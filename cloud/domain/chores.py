"""Recurring chores: the worker that claims a due chore first does it, on whatever host. There is no leader that could die.

A lasting chore is claimed for a limited time and kept: its worker renews the claim in time. If the worker dies, another
takes over when the claim ends.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud.db.chores import Chore
from cloud.db.engine import Database
from cloud.db.leases import due

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def claim(
    database: Database,
    name: str,
    *,
    every: timedelta,
    now: datetime,
    then: Callable[[Session], object] = lambda _: None,
) -> bool:
    """Claim `name`. True if nobody has begun it for `every`, so that the caller must do it now.

    If it fails, it is due again after `every`. `then` runs in the transaction that claims it.
    """
    with database.write() as session:
        taken = session.execute(
            update(Chore)
            .where(Chore.name == name, due(Chore.begun_at, every, now))
            .values(begun_at=now)
            .returning(Chore.name)
        ).first()
        if taken is not None:
            then(session)
            return True
    try:
        with database.write() as session:
            session.execute(insert(Chore).values(name=name, begun_at=now))
            then(session)
    except IntegrityError:  # begun recently, or by another worker at this moment
        return False
    return True


def keep(database: Database, name: str, *, since: datetime, now: datetime) -> bool:
    """Renew a claim made or renewed at `since`, from `now` on. False if the caller no longer holds it."""
    return _move(database, name, since, now)


def give_up(database: Database, name: str, *, since: datetime) -> None:
    """Release a claim made or renewed at `since`: the chore is due at once, for whoever looks next."""
    _move(database, name, since, LONG_AGO)


def _move(database: Database, name: str, since: datetime, to: datetime) -> bool:
    with database.write() as session:
        mine = update(Chore).where(Chore.name == name, Chore.begun_at == since).values(begun_at=to)
        return session.execute(mine.returning(Chore.name)).first() is not None
