"""What is claimed for a while, by a clock that may be set back: a claim that reaches further than claims do is nobody's.

Else what was claimed an hour before a clock was set back by that hour, by a worker that died since, would stay its own until the clock has
caught up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_

SKEW = timedelta(minutes=5)
"""How far the clocks of a portal's hosts may be apart without taking each other's claims for such."""


def free(until: Any, lasts: timedelta, now: datetime) -> ColumnElement[bool]:
    """SQL: whether a lease, the column `until`, that is given for `lasts` at a time is over, or was given by another clock."""
    return or_(until.is_(None), until <= now, until > now + lasts + SKEW)


def due(begun: Any, every: timedelta, now: datetime) -> ColumnElement[bool]:
    """SQL: whether what was begun at the column `begun` is to be begun again: by its time, or by a clock that was set back."""
    return or_(begun <= now - every, begun > now + SKEW)
