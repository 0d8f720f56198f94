"""Whom a call rings: the guards at once, and the guest's host a little later if the territory has that enabled."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cloud import push
from cloud.calls import course, desk
from cloud.calls.course import Phase
from cloud.db.models import Call, GateEvent, Membership, MemberState, Role, Territory
from cloud.domain.hosts import host_of

MOST_TOLD = 50


class TellCall(Protocol):
    """Queues a notification of a ringing call for `member` in the transaction of `session`."""

    def __call__(self, session: Session, member: Membership, call: Call) -> None: ...


def rung(session: Session, call: Call, tell: TellCall, *, now: datetime) -> None:
    """Called when a call begins. Notifies the guards (the managers if there are none) and stores whose guest it is."""
    call.host_id = _host_id(session, call, now=now)
    guards = _members(session, call.territory_id, Role.OPERATOR) or _members(session, call.territory_id, Role.MANAGER)
    for member in guards:
        tell(session, member, call)


def host_due(session: Session, call: Call, tell: TellCall, *, now: datetime) -> None:
    """Notifies the host, once, if nobody has answered for `HOST_AFTER`."""
    if call.host_id is None or call.host_rung_at is not None or now < call.rang_at + course.HOST_AFTER:
        return
    if desk.course_of(call, now).phase is not Phase.RINGING:
        return
    territory = session.get_one(Territory, call.territory_id)
    host = session.scalar(
        select(Membership)
        .options(joinedload(Membership.account), joinedload(Membership.territory))
        .where(
            Membership.territory_id == call.territory_id,
            Membership.account_id == call.host_id,
            Membership.state == MemberState.ACCEPTED,
        )
    )
    if not territory.calls_host or host is None:
        return
    call.host_rung_at = now
    call.version += 1
    push.announce(session, push.CallChanged(call.territory_id, call.gate_id))
    tell(session, host, call)


def _host_id(session: Session, call: Call, *, now: datetime) -> int | None:
    """The account whose guest the car is, found as for a refused car: by the last pass filed for its plate."""
    if call.plate is None:
        return None
    seen = GateEvent(  # only the argument of the query, never stored
        gate_id=call.gate_id, territory_id=call.territory_id, plate=call.plate, decision="refuse", placed_at=now
    )
    found = host_of(session, seen)
    return None if found is None else found.host.account_id


def _members(session: Session, territory_id: int, role: Role) -> list[Membership]:
    return list(
        session.scalars(
            select(Membership)
            .options(joinedload(Membership.account), joinedload(Membership.territory))
            .where(
                Membership.territory_id == territory_id,
                Membership.role == role,
                Membership.state == MemberState.ACCEPTED,
            )
            .limit(MOST_TOLD)
        )
    )
