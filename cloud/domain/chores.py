"""Who does what is due: the worker that claims it first, whatever host it is on. No leader is elected, and none can die."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from cloud.db.chores import Chore
from cloud.db.engine import Database


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
            .where(Chore.name == name, Chore.begun_at <= now - every)
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
