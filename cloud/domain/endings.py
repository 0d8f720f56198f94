"""Passes that end soon: owners who want it are told once, the day before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Exists, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from cloud.db.models import Membership, MemberState, Pass
from cloud.domain.passes import is_live

AHEAD = timedelta(hours=24)
LASTING = timedelta(days=2)
"""Owners know the end of shorter passes."""
BATCH = 200


class TellEnding(Protocol):
    """Puts a message about a pass into the outbox, in the transaction of `session`."""

    def __call__(self, session: Session, host: Membership, pass_: Pass) -> None: ...


def tell_endings(session: Session, tell: TellEnding, *, now: datetime, moving: Collection[int] = ()) -> int:
    """Announce one batch of endings at most; returns how many. A pass outlasted by another of its car is skipped.

    Owners in territories that are `moving` are told by the new cell.
    """
    rows = session.execute(
        select(Membership, Pass)
        .join(Pass, (Pass.owner_id == Membership.account_id) & (Pass.territory_id == Membership.territory_id))
        .options(joinedload(Membership.account), joinedload(Membership.territory))
        .where(
            Membership.state == MemberState.ACCEPTED,
            Membership.tell_ending,
            is_live(now),
            Pass.valid_until > now,  # repeats `is_live`, so that the index is used from here
            Pass.valid_until <= now + AHEAD,
            Pass.created_at < now - LASTING,
            Pass.blocked.is_(False),
            Pass.one_time.is_(False),
            Pass.ending_told_at.is_(None),
            Pass.territory_id.not_in(moving),
            ~_outlasted(),
        )
        .order_by(Pass.valid_until)
        .limit(BATCH)
    ).all()
    for host, pass_ in rows:
        tell(session, host, pass_)
        pass_.ending_told_at = now
    return len(rows)


def still_ends(session: Session, pass_: Pass, *, now: datetime) -> bool:
    """Whether a pass of which its owner was to hear still ends within `AHEAD`, and with it the car's way in."""
    query = select(Pass.id).where(
        Pass.id == pass_.id, is_live(now), Pass.valid_until <= now + AHEAD, Pass.blocked.is_(False), ~_outlasted()
    )
    return session.scalar(query) is not None


def _outlasted() -> Exists:
    """SQL: whether another pass of the same car and owner ends later."""
    later = aliased(Pass)
    return (
        select(later.id)
        .where(
            later.territory_id == Pass.territory_id,
            later.plate == Pass.plate,
            later.owner_id == Pass.owner_id,
            later.id != Pass.id,
            later.deleted_at.is_(None),
            later.blocked.is_(False),
            or_(later.valid_until.is_(None), later.valid_until > Pass.valid_until),
        )
        .exists()
    )
