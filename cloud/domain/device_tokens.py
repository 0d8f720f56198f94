"""When a gate's token must be replaced: because of its age or on request. The gate itself replaces it (ADR 143)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cloud.db.models import Gate, Territory

LASTS = timedelta(days=30)
SPREAD = timedelta(days=5)
"""Gates enrolled on one day must not all rotate on one day."""


def rotation_due(
    *, gate_id: int, token_at: datetime | None, wanted_at: datetime | None, now: datetime, lasts: timedelta = LASTS
) -> bool:
    """Whether the current token must be replaced. One of unknown age must: it is older than the record of ages."""
    if token_at is None:
        return True
    if wanted_at is not None and token_at <= wanted_at:
        return True
    return now - token_at >= lasts + SPREAD * (gate_id % 100 / 100)


def want_rotation(
    session: Session, *, now: datetime, gate_id: int | None = None, territory: Territory | None = None
) -> int:
    """Have the tokens of one gate, one territory or all gates replaced at their next report. Returns how many gates.

    The current token stays valid until the new one is used. After a theft, close the gate's access instead.
    """
    query = select(Gate.id).where(Gate.token_hash.is_not(None), Gate.revoked_at.is_(None))
    if gate_id is not None:
        query = query.where(Gate.id == gate_id)
    if territory is not None:
        query = query.where(Gate.territory_id == territory.id)
    changed = session.execute(
        update(Gate)
        .where(Gate.id.in_(query))
        .values(token_wanted_at=now)
        .returning(Gate.id)
        .execution_options(synchronize_session=False)
    )
    return len(changed.all())
