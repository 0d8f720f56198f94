"""Notices held during quiet hours: when the hours end, each is checked, and only those that still hold true are sent."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from cloud.db.models import FootPass, GateEvent, HeldNotice, Kind, Membership, MemberState, Outcome, Pass, Role
from cloud.domain import endings, guests, quiet

KINDS = frozenset(Kind)
MEANS = timedelta(hours=24)
"""How long an arrival or departure is worth reporting."""
CLOSED_KEPT = timedelta(days=7)
MOST_SHOWN = 20
BATCH = 50


@dataclass(frozen=True, slots=True)
class Morning:
    """What to send to one member after quiet hours: each question in a message of its own, all news together."""

    member: Membership
    questions: Sequence[GateEvent]
    news: Sequence[HeldNotice]


def due(session: Session, *, now: datetime, moving: Collection[int] = ()) -> list[int]:
    """Memberships with held notices that are due, except in territories that are `moving`."""
    query = (
        select(HeldNotice.member_id)
        .join(Membership, Membership.id == HeldNotice.member_id)
        .where(HeldNotice.due_at <= now, HeldNotice.closed_at.is_(None), Membership.territory_id.not_in(moving))
        .distinct()
        .limit(BATCH)
    )
    return list(session.scalars(query))


def take(session: Session, member_id: int, *, now: datetime) -> Morning | None:
    """Close the held notices of a membership, each with its outcome. Returns what to send; None if there is nothing.

    Notices still in quiet hours are put off. Rows locked by another worker are skipped.
    """
    rows = list(
        session.scalars(
            select(HeldNotice)
            .where(HeldNotice.member_id == member_id, HeldNotice.closed_at.is_(None))
            .order_by(HeldNotice.at, HeldNotice.id)
            .with_for_update(skip_locked=True)
        )
    )
    if not rows:
        return None
    member = session.get_one(Membership, member_id)
    waiting = [row for row in rows if (until := _silent_until(member, row, now)) and _put_off(row, until)]
    questions: dict[str | None, GateEvent] = {}
    news = []
    for row in rows:
        if row in waiting:
            continue
        row.closed_at, row.outcome = now, _outcome(session, row, member, now=now)
        if row.outcome != Outcome.TOLD:
            continue
        event = session.get(GateEvent, row.event_id) if row.kind == Kind.REFUSED else None
        if event is not None:
            questions[event.plate] = event  # a plate refused three times is asked about once
        else:
            news.append(row)
    return Morning(member, list(questions.values()), news) if questions or news else None


def _silent_until(member: Membership, row: HeldNotice, now: datetime) -> datetime | None:
    """The end of the hours that hold the row back. A kind that only a newer program knows is not held back any longer."""
    return quiet.silent(member, Kind(row.kind), now) if row.kind in KINDS else None


def _put_off(row: HeldNotice, until: datetime) -> bool:
    row.due_at = until
    return True


def _outcome(session: Session, row: HeldNotice, member: Membership, *, now: datetime) -> Outcome:
    if row.kind not in KINDS:
        return Outcome.STALE
    kind = Kind(row.kind)
    if member.state != MemberState.ACCEPTED or not getattr(member, quiet.WISHES[kind]):
        return Outcome.UNWISHED
    if kind is Kind.REFUSED:
        return _still_refused(session, row, member, now=now)
    if kind is Kind.ENDING:
        pass_ = None if row.pass_id is None else session.get(Pass, row.pass_id)
        return Outcome.TOLD if pass_ is not None and endings.still_ends(session, pass_, now=now) else Outcome.UNTRUE
    if kind is Kind.JOINING:
        asker = None if row.asker_id is None else session.get(Membership, row.asker_id)
        asks = asker is not None and asker.state == MemberState.REQUESTED and member.role == Role.MANAGER
        return Outcome.TOLD if asks else Outcome.UNTRUE
    if kind is Kind.ON_FOOT:
        walker = None if row.foot_id is None else session.get(FootPass, row.foot_id)
        if walker is None or walker.came_at is None:  # the guard took the mark back
            return Outcome.UNTRUE
    return Outcome.TOLD if now - row.at < MEANS else Outcome.STALE


def _still_refused(session: Session, row: HeldNotice, member: Membership, *, now: datetime) -> Outcome:
    event = None if row.event_id is None else session.get(GateEvent, row.event_id)
    if event is None or now - event.placed_at >= guests.WAITS:
        return Outcome.STALE
    waiting = guests.refused_of(session, member.territory, member.account, now=now)
    return Outcome.TOLD if event.plate in {one.event.plate for one in waiting} else Outcome.UNTRUE


def waiting(session: Session, member: Membership) -> int:
    """Number of notices held for this person."""
    query = select(HeldNotice.id).where(HeldNotice.member_id == member.id, HeldNotice.closed_at.is_(None))
    return len(session.scalars(query).all())


def lately(session: Session, member: Membership) -> list[HeldNotice]:
    """Held notices that were closed, with their outcome, newest first."""
    query = (
        select(HeldNotice)
        .where(HeldNotice.member_id == member.id, HeldNotice.closed_at.is_not(None))
        .order_by(HeldNotice.closed_at.desc(), HeldNotice.id.desc())
        .limit(MOST_SHOWN)
    )
    return list(session.scalars(query))


def sweep(session: Session, *, now: datetime, moving: Collection[int] = ()) -> None:
    """Delete notices closed long ago, except in territories that are `moving`."""
    leaving = select(Membership.id).where(Membership.territory_id.in_(moving))
    session.execute(
        delete(HeldNotice).where(HeldNotice.closed_at < now - CLOSED_KEPT, HeldNotice.member_id.not_in(leaving))
    )
