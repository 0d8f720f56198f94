"""Households: accounts of one object that have each chosen to share their passes with one another."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Membership, MemberState


def mates(session: Session, member: Membership) -> list[Membership]:
    """Other members of the same object who share their passes, provided that `member` does too."""
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
