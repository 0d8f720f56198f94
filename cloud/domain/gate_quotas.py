"""Daily quotas of gates, counted in the transaction that stores what is counted, so that all workers share them (ADR 208).

A quota holds a day's worth and refills evenly. What is left of it is kept as the time at which it will be whole again:
using a tenth of it moves that time by a tenth of a day, and nothing has to be written while it refills.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, case, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from cloud.db.leases import SKEW
from cloud.db.quotas import GateQuota

DAY_S = 86_400.0
MOST_OWED_S = 2 * DAY_S
"""Pictures on their way at the same moment may use more than is left. It is owed, but never more than another day's worth."""
NEAR_S = 0.001
"""A whole day's worth fits into a whole quota, whatever rounding does to seconds since 1970."""
_ROWS = GateQuota.__table__


class CountUnknown(RuntimeError):
    """A quota could not be read or counted. Its transaction must be rolled back."""


def take_events(session: Session, told: Mapping[int, int], *, most: int, now: float) -> dict[int, float]:
    """Takes each gate's number of events: all of it, or nothing if too little is left.

    `told`: numbers of events by gate. `now`: seconds of Unix time. Returns the gates with too little left, and the seconds
    until there is enough. Raises CountUnknown.
    """
    costs = {gate: _cost(number, most) for gate, number in sorted(told.items())}  # sorted, to avoid deadlocks
    rows = [{"gate_id": gate, "events_full_at": now + cost, "pictures_full_at": now} for gate, cost in costs.items()]
    if not rows:
        return {}
    try:
        let_in = set(session.connection().execute(_taking(_dialect(session)), rows).scalars())
        refused = [gate for gate in costs if gate not in let_in]
        if not refused:
            return {}
        full = select(GateQuota.gate_id, GateQuota.events_full_at).where(GateQuota.gate_id.in_(refused))
        return {gate: full_at + costs[gate] - (now + DAY_S) for gate, full_at in session.execute(full)}
    except DBAPIError as error:
        raise CountUnknown from error


def picture_wait_s(full_at: float | None, size: int, *, most: int, now: float) -> float:
    """Seconds until a picture of `size` bytes may be stored; 0.0 = now. `full_at`: the gate's `pictures_full_at`, if any."""
    known = full_at is not None and now < full_at <= now + MOST_OWED_S + SKEW.total_seconds()
    wait_s = (full_at if known and full_at is not None else now) + _cost(size, most) - (now + DAY_S)
    return wait_s if wait_s > NEAR_S else 0.0


def count_picture(session: Session, gate_id: int, size: int, *, most: int, now: float) -> None:
    """Counts a picture that the session stores. Raises CountUnknown."""
    row = {"gate_id": gate_id, "events_full_at": now, "pictures_full_at": now + _cost(size, most)}
    try:
        session.connection().execute(_owing(_dialect(session)), row)
    except DBAPIError as error:
        raise CountUnknown from error


def _cost(amount: int, most: int) -> float:
    """Seconds in which `amount` is refilled. More than a day's worth costs a whole quota: otherwise it could never pass."""
    return min(amount / most, 1.0) * DAY_S


@cache
def _taking(dialect: str) -> Any:
    statement, now, used = _counting(dialect, "events_full_at", untouched="pictures_full_at")
    fits = used <= now + (DAY_S + NEAR_S)
    return statement.on_conflict_do_update(
        index_elements=["gate_id"], set_={"events_full_at": used}, where=fits
    ).returning(_ROWS.c.gate_id)


@cache
def _owing(dialect: str) -> Any:
    statement, now, used = _counting(dialect, "pictures_full_at", untouched="events_full_at")
    owed = case((used > now + MOST_OWED_S, now + MOST_OWED_S), else_=used)
    return statement.on_conflict_do_update(index_elements=["gate_id"], set_={"pictures_full_at": owed})


def _counting(dialect: str, counted: str, *, untouched: str) -> tuple[Any, ColumnElement[float], ColumnElement[float]]:
    """An INSERT of rows that use up a part of `counted`; the time of it; and `counted` of a row that is there already.

    A new row has the time of the count as its `untouched`: that quota is whole. A time farther ahead than any count can
    bring it was written before a clock was set back, and says nothing.
    """
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(_ROWS)
    now, fresh, kept = statement.excluded[untouched], statement.excluded[counted], _ROWS.c[counted]
    known = (kept > now) & (kept <= now + (MOST_OWED_S + SKEW.total_seconds()))
    return statement, now, case((known, kept + (fresh - now)), else_=fresh)


def _dialect(session: Session) -> str:
    return session.get_bind().dialect.name
