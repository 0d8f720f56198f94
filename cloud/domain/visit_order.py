"""The order of a territory's visits: their ids grow in the order in which they become visible (ADR 137).

A sequence assigns ids when they are requested, but transactions commit in another order. A reader that continues from
the last id it saw would miss a visit with a lower id that was committed later. So a territory's visits are stored by
one transaction at a time. Different territories do not wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer

CLASS = 0x6F6B
"""Distinguishes these locks from all others in the database."""
HOLD = text("SELECT pg_advisory_xact_lock(:class, id) FROM unnest(:ids) AS id").bindparams(
    bindparam("ids", type_=ARRAY(Integer)), bindparam("class", CLASS)
)


def hold(session: Session, territory_ids: Iterable[int]) -> None:
    """Until the session's transaction ends, nobody else can store or delete visits of these territories.

    SQLite has only one writer anyway. PostgreSQL releases the lock after the commit has become visible.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(HOLD, {"ids": sorted(set(territory_ids))})  # sorted, to avoid deadlocks
