"""What waits in the outboxes for somebody as a member of a territory, and whether they may still hear it (ADR 184)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypedDict

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from cloud.db.couriers import Addressed
from cloud.db.models import (
    HeldNotice,
    Kind,
    Letter,
    LetterState,
    Membership,
    MemberState,
    PushMessage,
    Role,
    TelegramMessage,
)
from cloud.domain import quiet

PARCELS = (PushMessage, TelegramMessage)
TABLES: tuple[type[Any], ...] = (Letter, *PARCELS)
FOR_MANAGERS = frozenset({Kind.JOINING, Kind.WEBHOOK})
"""Kinds that name what only a manager may see."""
_KINDS = frozenset(Kind)


class Columns(TypedDict):
    """Values of the columns of `Addressed`."""

    member_id: int | None
    kind: str | None
    loud: bool


def columns(member: Membership | None, kind: Kind | None) -> Columns:
    """To whom a message is addressed. Without a member it concerns the account; without a kind it is a summary."""
    if member is None:
        return Columns(member_id=None, kind=None, loud=True)
    return Columns(member_id=member.id, kind=kind, loud=kind is not None and quiet.is_loud(member, kind))


def hearing(session: Session, waiting: Addressed, now: datetime) -> tuple[bool, datetime | None]:
    """Whether the member may still get the waiting message, and until when it must wait (None: not at all)."""
    if waiting.member_id is None:
        return True, None
    member = session.get(Membership, waiting.member_id)
    if member is None or member.state != MemberState.ACCEPTED:
        return False, None
    kind = Kind(waiting.kind) if waiting.kind in _KINDS else None
    if kind in FOR_MANAGERS and member.role != Role.MANAGER:
        return False, None
    if kind in quiet.WISHES and not getattr(member, quiet.WISHES[kind]):
        return False, None
    # A row without a kind is a summary, or an older or newer program's: what that program found holds.
    loud = waiting.loud if kind is None else quiet.is_loud(member, kind)
    return True, None if loud else quiet.ends(member, now)


def look_anew(session: Session, whose: ColumnElement[bool], *, now: datetime) -> None:
    """Quiet hours or the time zone have changed: the next round judges again what waits, held back or on its way.

    `whose`: a condition on `Membership`.
    """
    members = select(Membership.id).where(whose)
    held_back = HeldNotice.member_id.in_(members), HeldNotice.closed_at.is_(None)
    session.execute(update(HeldNotice).where(*held_back).values(due_at=now))
    for parcels in PARCELS:
        session.execute(
            update(parcels).where(parcels.member_id.in_(members), parcels.not_before > now).values(not_before=now)
        )
    # A letter's `next_at` may also be the pause after a refusal: cut short, it costs the server one question.
    session.execute(
        update(Letter)
        .where(Letter.member_id.in_(members), Letter.state == LetterState.WAITING, Letter.next_at > now)
        .values(next_at=now)
    )


def let_go(session: Session, territory_id: int, *, now: datetime) -> None:
    """What these members may still hear no longer depends on their memberships, which are about to move to another cell."""
    members = select(Membership.id).where(Membership.territory_id == territory_id)
    for table in TABLES:
        for row in session.scalars(select(table).where(table.member_id.in_(members))):
            if hearing(session, row, now)[0]:
                row.member_id = None
    session.flush()
