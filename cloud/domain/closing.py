"""Closing a territory, and its end: a closed one takes no requests and no passes; a deleted one leaves nothing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cloud import push
from cloud.db.models import Gate, Territory


def close(territory: Territory, *, now: datetime) -> None:
    """No new requests and passes; those that are there hold until they end, and the gates work on."""
    territory.closed_at = territory.closed_at or now


def reopen(territory: Territory) -> None:
    territory.closed_at = None


def delete(session: Session, territory: Territory) -> list[int]:
    """Erase a territory with everything in it; its gates are shut out at once.

    The answer: ids of the gates that went with it. Their pictures are the caller's to erase, after the commit.
    """
    gates = list(session.scalars(select(Gate.id).where(Gate.territory_id == territory.id)))
    for gate_id in gates:
        push.gate_revoked(session, gate_id)
    session.flush()
    session.delete(session.merge(territory))
    return gates
