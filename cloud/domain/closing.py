"""Closing and deleting a territory: a closed one accepts no requests or passes; a deleted one leaves nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud import push
from cloud.db.models import Gate, Territory
from cloud.domain import gone


def close(territory: Territory, *, now: datetime) -> None:
    """Accept no new requests and passes. Existing passes hold until they end, and the gates go on working."""
    territory.closed_at = territory.closed_at or now


def reopen(territory: Territory) -> None:
    territory.closed_at = None


def delete(session: Session, territory: Territory, *, now: datetime) -> list[int]:
    """Delete a territory with everything in it; its gates lose access at once.

    Returns the ids of its gates. The caller deletes their pictures after the commit; if it cannot, the hourly chores do.
    """
    gates = list(session.scalars(select(Gate.id).where(Gate.territory_id == territory.id)))
    for gate_id in gates:
        push.gate_revoked(session, gate_id)
    gone.note_gates(session, gates, now=now)
    gone.note_territory(session, territory.code, now=now)
    session.flush()
    session.delete(session.merge(territory))
    return gates
