"""Retention: deletes old visits with their pictures, expired passes, used-up links and rate-limit windows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from cloud import outbox
from cloud.calls import desk as calls
from cloud.db.engine import Database
from cloud.db.models import (
    AuditEntry,
    Command,
    Device,
    FootPass,
    Gate,
    GateEvent,
    MailToken,
    PairingCode,
    Pass,
    Registration,
    Territory,
)
from cloud.domain import day_counts, foot_passes, held, invitations, limits, passes, visit_order
from cloud.pictures import Pictures, PicturesAway, PicturesNotAsked, thumbnail_key
from cloud.pictures.seam import key_of
from cloud.telegram import links

log = logging.getLogger(__name__)
BATCH = 500
"""With two pictures each, no more than one S3 call can delete."""
ACTS_LAST = timedelta(days=365)
COMMANDS_LAST = timedelta(days=30)
TOMBSTONES_LAST = timedelta(days=90)
"""How long a gate may be offline and still receive deletions one by one; after that it fetches the whole list."""


def sweep(
    database: Database,
    pictures: Pictures,
    *,
    now: datetime,
    told: Callable[[], object] = lambda: None,
    moving: Collection[int] = (),
) -> None:
    """Do everything that is due, in small transactions so that gates and people are not blocked.

    `told` is called between them and may raise to end the sweep. Territories that are `moving` are not touched: their
    new cell does it.
    """

    def due(has: Callable[[datetime], ColumnElement[bool]]) -> list[tuple[int, datetime]]:
        return [found for found in having(database, has, now=now) if found[0] not in moving]

    for territory_id, before in due(has_old_visits):
        try:
            while forget_events(database, pictures, territory_id, before=before) == BATCH:
                told()
            told()
        except PicturesNotAsked as error:  # already reported, and the same for all that follow
            log.warning("old visits stay until the next hour, from territory %d on: %s", territory_id, error)
            break
        except PicturesAway as error:
            log.error("visits of territory %d stay until the next hour: %s", territory_id, error)  # noqa: TRY400
    for territory_id, before in due(has_ended_passes):
        told()
        with database.write() as session:
            bury_passes(session, territory_id, before=before, now=now)
    for territory_id, before in due(has_old_guests_on_foot):
        told()
        with database.write() as session:
            foot_passes.forget(session, territory_id, before=before)
    for territory_id, before in due(calls.has_old):
        told()
        with database.write() as session:
            calls.forget(session, territory_id, before=before)
    tombstones = now - TOMBSTONES_LAST
    for territory_id, _ in due(lambda _: has_tombstones(tombstones)):
        told()
        with database.write() as session:
            forget_tombstones(session, territory_id, before=tombstones)
    with database.write() as session:
        limits.sweep(session, now=now)
        session.execute(delete(Device).where(Device.expires_at <= now))
        session.execute(delete(MailToken).where(MailToken.expires_at <= now))
        session.execute(delete(Registration).where(Registration.expires_at <= now))
        outbox.sweep(session, now=now)
        links.sweep(session, now=now)
        held.sweep(session, now=now, moving=moving)
        session.execute(
            delete(PairingCode).where(PairingCode.expires_at <= now, PairingCode.territory_id.not_in(moving))
        )
        leaving = select(Gate.id).where(Gate.territory_id.in_(moving))
        old = Command.created_at < now - COMMANDS_LAST, Command.call_id.is_(None), Command.gate_id.not_in(leaving)
        session.execute(delete(Command).where(*old))
        nobodys_or_here = or_(AuditEntry.territory_id.is_(None), AuditEntry.territory_id.not_in(moving))
        session.execute(delete(AuditEntry).where(AuditEntry.at < now - ACTS_LAST, nobodys_or_here))
        calls.wipe(session, now=now, moving=moving)
        invitations.sweep(session, now=now, moving=moving)


def having(
    database: Database, has: Callable[[datetime], ColumnElement[bool]], *, now: datetime
) -> list[tuple[int, datetime]]:
    """The territories with something to delete, and from before when. One index look-up, however many there are.

    `has` is called with the moment at which a territory's retention begins.
    """
    with database.read() as session:
        found = []
        for days in session.scalars(select(Territory.retention_days).distinct()):
            before = now - timedelta(days=days)
            rows = session.scalars(select(Territory.id).where(Territory.retention_days == days, has(before)))
            found += [(territory_id, before) for territory_id in rows]
    return found


def has_old_visits(before: datetime) -> ColumnElement[bool]:
    return exists().where(GateEvent.territory_id == Territory.id, GateEvent.placed_at < before)


def has_ended_passes(before: datetime) -> ColumnElement[bool]:
    return exists().where(Pass.territory_id == Territory.id, ended_before(before))


def has_old_guests_on_foot(before: datetime) -> ColumnElement[bool]:
    return exists().where(FootPass.territory_id == Territory.id, FootPass.valid_until < before)


def has_tombstones(before: datetime) -> ColumnElement[bool]:
    return exists().where(Pass.territory_id == Territory.id, Pass.deleted_at < before)


def ended_before(before: datetime) -> ColumnElement[bool]:
    """Passes, not yet tombstones, that expired or were used up before that moment."""
    return Pass.deleted_at.is_(None) & ((Pass.valid_until < before) | (Pass.used_at < before))


def forget_events(database: Database, pictures: Pictures, territory_id: int, *, before: datetime) -> int:
    """Delete a batch of visits older than `before`. Pictures go first: if that fails, the visits stay for a retry."""
    with database.read() as session:
        rows = session.execute(
            select(GateEvent.id, GateEvent.gate_id, GateEvent.event_id, GateEvent.snapshot_path)
            .where(GateEvent.territory_id == territory_id, GateEvent.placed_at < before)
            .order_by(GateEvent.placed_at)
            .limit(BATCH)
        ).all()
    if not rows:
        return 0
    # Also those that no row names: a process may have been killed after it had stored a picture.
    kept = [row.snapshot_path or key_of(row.gate_id, row.event_id) for row in rows]
    names = [name for key in kept for name in (key, thumbnail_key(key))]
    pictures.drop(names)
    with database.write() as session:
        visit_order.hold(session, [territory_id])
        old = delete(GateEvent).where(GateEvent.id.in_([row.id for row in rows]))
        gone = session.execute(old.returning(GateEvent.gate_id, GateEvent.placed_at, GateEvent.decision)).all()
        for zone in day_counts.zones(session, [territory_id]).values():
            day_counts.take(session, [day_counts.Standing(*row) for row in gone], zone)
    pictures.drop(names)  # again: a thumbnail made in between would have no row left that names it
    return len(rows)


def forget_gates(pictures: Pictures, gate_ids: Iterable[int]) -> None:
    """Delete the pictures of gates that have just been deleted. What fails here is done by `gone.forget_pictures`."""
    for gate_id in gate_ids:
        try:
            pictures.drop_gate(gate_id)
        except PicturesAway as error:
            log.warning("pictures below snapshots/%d/ stay until the next hour: %s", gate_id, error)


def bury_passes(session: Session, territory_id: int, *, before: datetime, now: datetime) -> None:
    """Turn passes that expired (or were used up) long ago into tombstones."""
    rows = list(
        session.scalars(select(Pass).where(Pass.territory_id == territory_id, ended_before(before)).limit(BATCH))
    )
    passes.bury(session, territory_id, rows, now=now)


def forget_tombstones(session: Session, territory_id: int, *, before: datetime) -> None:
    """Delete tombstones that are old enough; an older cursor is then answered with the whole list."""
    old = Pass.territory_id == territory_id, Pass.deleted_at < before
    newest = session.scalar(select(func.max(Pass.rev)).where(*old))
    if newest is None:
        return
    session.execute(delete(Pass).where(*old, Pass.rev <= newest))
    session.execute(
        update(Territory).where(Territory.id == territory_id, Territory.pass_floor < newest).values(pass_floor=newest)
    )
