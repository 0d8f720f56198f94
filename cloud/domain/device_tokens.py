"""When a gate's token is to be replaced: by its age, or because somebody wants it. The gate does it (ADR 143)."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cloud.db.models import Gate, Territory

LASTS = timedelta(days=30)
SPREAD = timedelta(days=5)
"""Gates that were enrolled on one day do not all come on one day."""


def rotation_due(
    *, gate_id: int, token_at: datetime | None, wanted_at: datetime | None, now: datetime, lasts: timedelta = LASTS
) -> bool:
    """Whether the token in use is to be replaced. One of unknown age is: it is from before ages were kept."""
    if token_at is None:
        return True
    if wanted_at is not None and token_at <= wanted_at:
        return True
    return now - token_at >= lasts + SPREAD * (gate_id % 100 / 100)


def want_rotation(
    session: Session, *, now: datetime, gate_id: int | None = None, territory: Territory | None = None
) -> int:
    """Have the tokens of one gate, of a territory's, or of all be replaced with their next report; how many gates that is.

    The token in use stays good until the new one is used: whose token was stolen has its access closed instead.
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
