"""Whose guest stands at the gate: hosts hear of them, and let in by one press whom the gate has refused (ADR 86)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cloud import push
from cloud.db.models import Account, GateEvent, Membership, MemberState, Pass, Territory
from cloud.domain import limits, passes
from cloud.domain.check import check_plate
from cloud.domain.errors import Invalid
from cloud.domain.limits import Limit
from cloud.domain.periods import Period
from cloud.odd_plates import read_typed

REMEMBERED = timedelta(days=90)
"""How long after a pass was filed its plate is still the host's guest."""
WAITS = timedelta(hours=2)
"""How long a refused guest may be let in by one press."""
FRESH = timedelta(minutes=15)
"""A visit that was told later is no news: the gate was out of touch."""
LETTERS = Limit("guest-letters", 20, timedelta(hours=1))


class Tell(Protocol):
    """Puts a letter about a visit into the outbox, in the transaction of `session`."""

    def __call__(self, session: Session, host: Membership, event: GateEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class Refused:
    """A guest whom the gate has not let in, and the host's last pass for the car."""

    event: GateEvent
    last: Pass


def host_of(session: Session, event: GateEvent) -> tuple[Membership, Pass] | None:
    """The member whose guest the car is: by the pass that decided, else by the last one filed for its plate."""
    if event.plate is None:
        return None
    mine = Pass.id == event.pass_id if event.decision == "open" else Pass.plate == event.plate
    row = session.execute(
        select(Membership, Pass)
        .join(Pass, (Pass.owner_id == Membership.account_id) & (Pass.territory_id == Membership.territory_id))
        .options(joinedload(Membership.account), joinedload(Membership.territory))
        .where(
            Membership.territory_id == event.territory_id,
            Membership.state == MemberState.ACCEPTED,
            Pass.blocked.is_(False),
            Pass.created_at > event.placed_at - REMEMBERED,
            mine,
        )
        .order_by(Pass.created_at.desc(), Pass.id.desc())
        .limit(1)
    ).first()
    return None if row is None else (row[0], row[1])


def tell_hosts(session: Session, event_ids: Sequence[int], tell: Tell, *, now: datetime) -> None:
    """Have the hosts of visits that were just told hear of them, as each of them wants."""
    if not event_ids:
        return
    events = session.scalars(
        select(GateEvent).where(
            GateEvent.id.in_(event_ids), GateEvent.decision.is_not(None), GateEvent.placed_at > now - FRESH
        )
    )
    for event in events:
        if (found := host_of(session, event)) is None:
            continue
        host = found[0]
        wanted = host.tell_arrived if event.decision == "open" else host.tell_refused and event.reason != "blocked"
        if wanted and limits.use(session, LETTERS, str(host.id), now=now):
            tell(session, host, event)


def refused_of(session: Session, territory: Territory, account: Account, *, now: datetime) -> list[Refused]:
    """The person's guests who were refused lately and still would be, the newest first, each car once."""
    plates = select(Pass.plate).where(
        Pass.territory_id == territory.id,
        Pass.owner_id == account.id,
        Pass.blocked.is_(False),
        Pass.created_at > now - REMEMBERED,
    )
    events = session.scalars(
        select(GateEvent)
        .where(
            GateEvent.territory_id == territory.id,
            GateEvent.decision == "refuse",
            GateEvent.placed_at > now - WAITS,
            GateEvent.plate.in_(plates),
        )
        .order_by(GateEvent.placed_at.desc(), GateEvent.id.desc())
        .limit(20)
    )
    found: dict[str, Refused] = {}
    for event in events:
        if event.plate is None or event.plate in found:
            continue
        host = host_of(session, event)
        verdict = check_plate(session, territory, event.plate, now=now)
        if (
            host is not None
            and host[0].account_id == account.id
            and not verdict.allowed
            and verdict.reason != "blocked"
        ):
            found[event.plate] = Refused(event, host[1])
    return list(found.values())


def admit(session: Session, territory: Territory, refused: Refused, *, by: Account, now: datetime) -> Pass:
    """Let a refused guest in today: a pass from now to the end of the day, at the least for as long as a guest waits.

    Raises:
        Invalid: it is too late, or the territory's limits are reached.
    """
    if now - refused.event.placed_at > WAITS:
        raise Invalid("", "Прошло слишком много времени. Подайте заявку.")
    last, zone = refused.last, ZoneInfo(territory.timezone)
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    period = Period(now.replace(second=0, microsecond=0), max(midnight, now + WAITS))
    wanted = passes.PassRequest(read_typed(last.plate_display), period, False, last.object_label, last.note)
    row = passes.file(session, territory, wanted, owner=by, filed_by=by, limited=True, now=now)
    push.event_arrived(session, territory.id, refused.event.id)  # the guard's page shows it
    return row
