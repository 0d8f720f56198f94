"""The order of a territory's visits: their ids grow in the order in which they become visible (ADR 137).

A sequence gives ids out when they are asked for, and transactions end in another order: whoever reads on from the last id
that they saw would miss one that was given out before it and committed after. So visits of a territory are kept by one
transaction at a time; different territories wait for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Integer

CLASS = 0x6F6B
"""Keeps these locks apart from any others of the database."""
HOLD = text("SELECT pg_advisory_xact_lock(:class, id) FROM unnest(:ids) AS id").bindparams(
    bindparam("ids", type_=ARRAY(Integer)), bindparam("class", CLASS)
)


def hold(session: Session, territory_ids: Iterable[int]) -> None:
    """Until the session's transaction ends nobody else keeps or forgets visits of these territories.

    SQLite has one writer anyway. PostgreSQL lets go of the lock after what was committed is to be seen.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(HOLD, {"ids": sorted(set(territory_ids))})  # sorted: nobody waits in a circle
