"""The deletion of a person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from cloud.db.models import (
    Account,
    AuditEntry,
    Call,
    EventNote,
    Membership,
    MemberState,
    Pass,
    Role,
)
from cloud.domain import audit, closing
from cloud.domain.errors import Invalid
from cloud.domain.passes import end_passes_of
from cloud.domain.territories import keep_managers, managers


def delete(session: Session, account: Account, *, now: datetime) -> list[int]:
    """Delete a person. Their passes end. A territory with no other members is deleted too. Audit entries lose the name.

    What waits for them as a member goes with the membership; letters about the account itself are still sent.

    Returns the ids of the gates deleted with a territory. The caller deletes their pictures after the commit; if it cannot, the hourly chores do.

    Raises:
        Invalid: they are the only manager of a territory that has other people.
    """
    rows = list(
        session.scalars(
            select(Membership).where(Membership.account_id == account.id, Membership.state == MemberState.ACCEPTED)
        )
    )
    keep_managers(session, [row.territory_id for row in rows if row.role == Role.MANAGER])
    orphans = []
    for row in rows:
        if row.role != Role.MANAGER or managers(session, row.territory_id) > 1:
            continue
        others = session.scalar(
            select(func.count()).where(
                Membership.territory_id == row.territory_id,
                Membership.state == MemberState.ACCEPTED,
                Membership.account_id != account.id,
            )
        )
        if others:
            raise Invalid(
                "", "Сначала передайте управление территорией другому участнику: {name}.", name=row.territory.name
            )
        orphans.append(row.territory)
    for row in rows:
        end_passes_of(session, row.territory_id, account.id, now=now)
    audit.rename(session, account, audit.NAMELESS)
    session.execute(update(AuditEntry).where(AuditEntry.account_id == account.id).values(actor="", address=""))
    session.execute(update(Call).where(Call.answered_by_id == account.id).values(answered_by_name=""))
    session.execute(update(EventNote).where(EventNote.author_id == account.id).values(author_name=""))
    # What a deleted person wrote must not be kept; the gates need only the tombstones.
    session.execute(update(Pass).where(Pass.owner_id == account.id).values(note="", object_label="", object_key=""))
    session.flush()
    gates = [gate for territory in orphans for gate in closing.delete(session, territory, now=now)]
    session.delete(account)
    return gates
