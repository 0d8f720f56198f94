"""The audit log: who did what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from cloud.db.models import Account, AuditEntry, Membership, Territory

NAMELESS = "—"
PAGE = 100


def record(
    session: Session,
    action: str,
    *,
    actor: Account | None,
    territory: Territory | None = None,
    subject: str = "",
    address: str = "",
) -> None:
    """Add an entry within the transaction that makes the change, so that there is never one without the other."""
    session.add(
        AuditEntry(
            action=action,
            account_id=None if actor is None else actor.id,
            actor="" if actor is None else actor.name,
            territory_id=None if territory is None else territory.id,
            subject=subject[:200],
            address=address[:64],
        )
    )


@dataclass(frozen=True, slots=True)
class ActSearch:
    """Search criteria; empty = anything. `before` = id of the last row of the previous page."""

    text: str = ""
    action: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = None


def find_entries(session: Session, territory: Territory, search: ActSearch) -> tuple[list[AuditEntry], bool]:
    """One page of acts, newest first, and whether there are more."""
    zone = ZoneInfo(territory.timezone)
    query = (
        select(AuditEntry)
        .where(AuditEntry.territory_id == territory.id)
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(PAGE + 1)
    )
    if search.text:
        columns = (AuditEntry.actor, AuditEntry.subject)
        query = query.where(or_(*(column.icontains(search.text, autoescape=True) for column in columns)))
    if search.action:
        query = query.where(AuditEntry.action == search.action)
    if search.first is not None:
        query = query.where(AuditEntry.at >= datetime.combine(search.first, time(), zone))
    if search.last is not None:
        query = query.where(AuditEntry.at < datetime.combine(search.last + timedelta(days=1), time(), zone))
    if search.before is not None:
        row = session.get(AuditEntry, search.before)
        if row is not None and row.territory_id == territory.id:
            query = query.where(tuple_(AuditEntry.at, AuditEntry.id) < (row.at, row.id))
    rows = list(session.scalars(query))
    return rows[:PAGE], len(rows) > PAGE


def rename(session: Session, account: Account, name: str) -> None:
    """Use the person's new name in entries about them («Подтвердил запрос: Иванов Иван: …»)."""
    theirs = select(Membership.territory_id).where(Membership.account_id == account.id)
    subject, before = AuditEntry.subject, account.name
    session.execute(
        update(AuditEntry)
        .where(
            AuditEntry.territory_id.in_(theirs),
            or_(subject == before, subject.startswith(f"{before}: ", autoescape=True)),
        )
        .values(subject=func.substr(func.replace(subject, before, name), 1, 200))
        .execution_options(synchronize_session=False)
    )
