"""Whose guest is at the gate: hosts are told, and can let in a guest refused by the gate with one press (ADR 86)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.orm import Session, joinedload

from cloud import push
from cloud.db.models import Account, GateEvent, Membership, Pass, Territory
from cloud.domain import limits, passes
from cloud.domain.answers import let_through
from cloud.domain.check import check_plate
from cloud.domain.errors import Invalid
from cloud.domain.hosts import REMEMBERED, host_of, nearly, way
from cloud.domain.limits import Limit
from cloud.domain.periods import Period
from cloud.plates import read_plate, show_plate

WAITS = timedelta(hours=2)
"""How long a refused guest can be let in with one press."""
FRESH = timedelta(minutes=15)
"""A visit reported later is no longer news: the gate was offline."""
MOST_LOOKED_AT = 200
"""Number of recent refusals searched for a person's guests."""
LETTERS = Limit("guest-letters", 20, timedelta(hours=1))


_HAS_LISTENER = (
    exists()
    .where(
        Pass.territory_id == GateEvent.territory_id,
        Membership.territory_id == GateEvent.territory_id,
        Membership.account_id == Pass.owner_id,
        or_(Membership.tell_arrived, Membership.tell_left),
    )
    .correlate(GateEvent)
)
_MAY_BE_TOLD = select(GateEvent.id).where(
    GateEvent.id.in_(bindparam("ids", expanding=True)),
    GateEvent.placed_at > bindparam("since"),
    GateEvent.plate.is_not(None),
    GateEvent.decision.is_not(None),
    or_(
        GateEvent.decision != "open",
        _HAS_LISTENER.where(Pass.id == GateEvent.pass_id),
        and_(GateEvent.pass_id.is_(None), _HAS_LISTENER.where(Pass.plate == GateEvent.plate)),
    ),
)
"""Built once: the statement of `_may_be_told`."""


class Tell(Protocol):
    """Puts a message about a visit into the outbox, in the transaction of `session`."""

    def __call__(self, session: Session, host: Membership, event: GateEvent) -> None: ...


@dataclass(frozen=True, slots=True)
class Refused:
    """A guest refused by the gate, the host's last pass for the car, and whether the plate is only similar."""

    event: GateEvent
    last: Pass
    near: bool = False


def tell_hosts(session: Session, event_ids: Sequence[int], tell: Tell, *, now: datetime) -> None:
    """Tell the hosts of visits that were just reported, as each of them wishes."""
    asked = _may_be_told(session, event_ids, now=now)
    if not asked:
        return
    events = session.scalars(
        select(GateEvent).options(joinedload(GateEvent.gate)).where(GateEvent.id.in_(asked)).order_by(GateEvent.id)
    )
    for event in events:
        if (found := host_of(session, event)) is None:
            continue
        if wants(found.host, event) and limits.use(session, LETTERS, str(found.host.id), now=now):
            tell(session, found.host, event)


def _may_be_told(session: Session, event_ids: Sequence[int], *, now: datetime) -> Sequence[int]:
    """The visits that are news and that a host may want to hear of: all refusals, and openings for a pass of such a host.

    Nearly all visits are openings whose host does not want to hear of them: one statement finds them, for all visits.
    """
    if not event_ids:
        return []
    return session.scalars(_MAY_BE_TOLD, {"ids": event_ids, "since": now - FRESH}).all()


def wants(host: Membership, event: GateEvent) -> bool:
    """Whether a host wants to be told of such a visit. Bans concern the manager, not the host.

    A car that passed a lane of unknown direction is told, as that, to whoever wants to hear of arrivals.
    """
    if event.decision != "open":
        return host.tell_refused and event.reason != "blocked"
    if not let_through(event):  # the gate decided to open, and the barrier did not: nobody has arrived
        return False
    return host.tell_left if way(event) == "exit" else host.tell_arrived


def refused_of(session: Session, territory: Territory, account: Account, *, now: datetime) -> list[Refused]:
    """The person's guests who were refused recently and still would be, newest first, each car once."""
    query = select(Pass.plate).where(
        Pass.territory_id == territory.id,
        Pass.owner_id == account.id,
        Pass.blocked.is_(False),
        Pass.created_at > now - REMEMBERED,
    )
    mine = set(session.scalars(query))
    if not mine:
        return []
    events = session.scalars(
        select(GateEvent)
        .where(
            GateEvent.territory_id == territory.id,
            GateEvent.decision == "refuse",
            GateEvent.placed_at > now - WAITS,
            GateEvent.plate.is_not(None),
        )
        .order_by(GateEvent.placed_at.desc(), GateEvent.id.desc())
        .limit(MOST_LOOKED_AT)
    )
    found: dict[str, Refused] = {}
    for event in events:
        plate = event.plate or ""
        if plate in found or not (plate in mine or any(nearly(plate, one) for one in mine)):
            continue
        hosted = host_of(session, event)
        if hosted is None or hosted.host.account_id != account.id:
            continue
        verdict = check_plate(session, territory, plate, now=now)
        if not verdict.allowed and verdict.reason != "blocked":
            found[plate] = Refused(event, hosted.last, hosted.near)
    return list(found.values())


def admit(session: Session, territory: Territory, refused: Refused, *, by: Account, now: datetime) -> Pass:
    """Let a refused guest in once: makes a pass for the plate that was read, valid for `WAITS`.

    Raises:
        Invalid: it is too late, or the territory's limits are reached.
    """
    if now - refused.event.placed_at > WAITS:
        raise Invalid("", "Прошло слишком много времени. Подайте заявку.")
    last, read = refused.last, refused.event.plate or ""
    plate = read_plate(show_plate(read) if refused.near else last.plate_display)
    period = Period(now.replace(second=0, microsecond=0), now + WAITS)
    wanted = passes.PassRequest(plate, period, True, last.object_label, last.note)
    row = passes.file(session, territory, wanted, owner=by, filed_by=by, limited=True, now=now)
    push.event_arrived(session, territory.id, refused.event.id)  # the guard's page shows it
    return row
