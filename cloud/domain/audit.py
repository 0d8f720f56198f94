"""Writing down who did what."""

from __future__ import annotations

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from cloud.db.models import Account, AuditEntry, Membership, Territory

NAMELESS = "—"


def record(
    session: Session,
    action: str,
    *,
    actor: Account | None,
    territory: Territory | None = None,
    subject: str = "",
    address: str = "",
) -> None:
    """Add one entry to the transaction that makes the change, so that neither exists without the other."""
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


def rename(session: Session, account: Account, name: str) -> None:
    """Call the person by `name` in what others did with them («Подтвердил запрос: Иванов Иван: …») from now on."""
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
