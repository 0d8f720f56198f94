"""Forgetting in time: old visits with their pictures, dead passes, used-up links and windows."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from cloud import outbox
from cloud.db.engine import Database
from cloud.db.models import (
    AuditEntry,
    Command,
    Device,
    GateEvent,
    MailToken,
    PairingCode,
    Pass,
    Registration,
    Territory,
)
from cloud.domain import foot_passes, invitations, limits, passes
from cloud.thumbnails import thumbnail_path

BATCH = 500
SNAPSHOTS = "snapshots"
ACTS_LAST = timedelta(days=365)
COMMANDS_LAST = timedelta(days=30)
TOMBSTONES_LAST = timedelta(days=90)
"""How long a gate may be out of touch and still be told what ended; after that it fetches the whole list."""


def sweep(database: Database, data_dir: Path, *, now: datetime) -> None:
    """Everything that is due, in small transactions so that gates and people are not kept waiting."""
    with database.read() as session:
        territories = [(row.id, row.retention_days) for row in session.scalars(select(Territory))]
    for territory_id, days in territories:
        while forget_events(database, data_dir, territory_id, before=now - timedelta(days=days)) == BATCH:
            pass
        with database.write() as session:
            bury_passes(session, territory_id, before=now - timedelta(days=days), now=now)
            forget_tombstones(session, territory_id, before=now - TOMBSTONES_LAST)
            foot_passes.forget(session, territory_id, before=now - timedelta(days=days))
    with database.write() as session:
        limits.sweep(session, now=now)
        session.execute(delete(Device).where(Device.expires_at <= now))
        session.execute(delete(MailToken).where(MailToken.expires_at <= now))
        session.execute(delete(PairingCode).where(PairingCode.expires_at <= now))
        session.execute(delete(Command).where(Command.created_at < now - COMMANDS_LAST))
        session.execute(delete(AuditEntry).where(AuditEntry.at < now - ACTS_LAST))
        invitations.sweep(session, now=now)
        outbox.sweep(session, now=now)
        session.execute(delete(Registration).where(Registration.expires_at <= now))


def forget_events(database: Database, data_dir: Path, territory_id: int, *, before: datetime) -> int:
    """One batch of visits older than `before`; their pictures go after the commit, so that no row points nowhere."""
    with database.write() as session:
        rows = session.execute(
            select(GateEvent.id, GateEvent.snapshot_path)
            .where(GateEvent.territory_id == territory_id, GateEvent.placed_at < before)
            .order_by(GateEvent.placed_at)
            .limit(BATCH)
        ).all()
        if rows:
            session.execute(delete(GateEvent).where(GateEvent.id.in_([row.id for row in rows])))
    for row in rows:
        if row.snapshot_path:
            (data_dir / row.snapshot_path).unlink(missing_ok=True)
            (data_dir / thumbnail_path(row.snapshot_path)).unlink(missing_ok=True)
    return len(rows)


def forget_gates(data_dir: Path, gate_ids: Iterable[int]) -> None:
    """The pictures of gates that are no more: no row names them, so that nothing else would ever find them."""
    for gate_id in gate_ids:
        shutil.rmtree(data_dir / SNAPSHOTS / str(gate_id), ignore_errors=True)


def bury_passes(session: Session, territory_id: int, *, before: datetime, now: datetime) -> None:
    """Turn passes that ran out (or were spent) long ago into tombstones."""
    rows = list(
        session.scalars(
            select(Pass)
            .where(
                Pass.territory_id == territory_id,
                Pass.deleted_at.is_(None),
                (Pass.valid_until < before) | (Pass.used_at < before),
            )
            .limit(BATCH)
        )
    )
    passes.bury(session, territory_id, rows, now=now)


def forget_tombstones(session: Session, territory_id: int, *, before: datetime) -> None:
    """Erase tombstones that are old enough; a cursor from before them is answered with the whole list."""
    old = Pass.territory_id == territory_id, Pass.deleted_at < before
    newest = session.scalar(select(func.max(Pass.rev)).where(*old))
    if newest is None:
        return
    session.execute(delete(Pass).where(*old, Pass.rev <= newest))
    session.execute(
        update(Territory).where(Territory.id == territory_id, Territory.pass_floor < newest).values(pass_floor=newest)
    )
