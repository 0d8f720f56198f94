"""Leases that survive a clock set back: a lease that ends later than any valid lease can is treated as free.

Otherwise, if a worker dies and the clock is then set back by an hour, its lease would last until the clock has caught up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

SKEW = timedelta(minutes=5)
"""How far the clocks of a portal's hosts may differ before valid leases of another host look invalid."""


def free(until: Any, lasts: timedelta, now: datetime) -> ColumnElement[bool]:
    """SQL: whether a lease is free. `until`: the column of its end; `lasts`: how long a lease is given for.

    It is free if unset, expired, or so far in the future that it was set before the clock was set back.
    """
    return or_(until.is_(None), until <= now, until > now + lasts + SKEW)


def due(begun: Any, every: timedelta, now: datetime) -> ColumnElement[bool]:
    """SQL: whether a task begun at the column `begun` is due again: after `every`, or because the clock was set back."""
    return or_(begun <= now - every, begun > now + SKEW)
