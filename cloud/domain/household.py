"""Households: accounts of one object that have chosen, each for themselves, to see each other's passes."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Membership, MemberState


def mates(session: Session, member: Membership) -> list[Membership]:
    """The others of the same object who share theirs as `member` does; nobody, unless both have chosen it."""
    if not member.household or not member.object_key:
        return []
    return list(
        session.scalars(
            select(Membership)
            .options(joinedload(Membership.account))
            .where(
                Membership.territory_id == member.territory_id,
                Membership.state == MemberState.ACCEPTED,
                Membership.object_key == member.object_key,
                Membership.household,
                Membership.id != member.id,
            )
            .order_by(Membership.id)
        )
    )
