"""Who does what is due: the worker that claims it first, whatever host it is on. No leader is elected, and none can die.

What lasts is claimed for a while and kept: who does it says so again before that while is over, and who died is replaced then.
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
    """Whether the caller is to do `name` now: nobody has begun it for `every`. One that fails is due again by then.

    `then` is done in the transaction that claims it.
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
    except IntegrityError:  # it has been begun: not long ago, or by somebody at this very moment
        return False
    return True


def keep(database: Database, name: str, *, since: datetime, now: datetime) -> bool:
    """Whether what the caller claimed, or kept, at `since` is still theirs; then it is theirs anew from `now` on."""
    return _move(database, name, since, now)


def give_up(database: Database, name: str, *, since: datetime) -> None:
    """Leave what was claimed, or kept, at `since` to whoever looks next: it is due at once."""
    _move(database, name, since, LONG_AGO)


def _move(database: Database, name: str, since: datetime, to: datetime) -> bool:
    with database.write() as session:
        mine = update(Chore).where(Chore.name == name, Chore.begun_at == since).values(begun_at=to)
        return session.execute(mine.returning(Chore.name)).first() is not None
