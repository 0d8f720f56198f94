"""Writing down who did what."""

from __future__ import annotations

from sqlalchemy.orm import Session

from cloud.db.models import Account, AuditEntry, Territory


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
