"""Who is expected today and who is on the territory now, as far as the portal can know."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Gate, GateEvent, Pass, Territory
from cloud.domain.answers import let_through
from cloud.domain.gates import lanes
from cloud.domain.hosts import way
from cloud.domain.passes import is_live

PAGE = 200
"""Rows of one page; the figures count all."""
SHORT = timedelta(days=8)
"""A longer pass belongs to a resident's car rather than to a guest."""
LOOKED_BACK = timedelta(days=7)
"""A car that came in earlier and was not seen leaving may have left unread."""
MOST_EVENTS = 5000


@dataclass(frozen=True, slots=True)
class Inside:
    """A car whose last passage was an entry."""

    plate: str
    event: GateEvent


@dataclass(frozen=True, slots=True)
class InsideNow:
    """The cars inside, the latest first. `whole` False: there were too many events to look at, it may be more."""

    cars: tuple[Inside, ...]
    whole: bool


def expected(session: Session, territory: Territory, inside: Collection[str], *, now: datetime) -> list[str]:
    """Ids of the passes of guests who may come today and are not in: short or one-time, by object. `inside`: plates."""
    zone = ZoneInfo(territory.timezone)
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    rows = session.execute(
        select(Pass.id, Pass.plate, Pass.one_time, Pass.valid_from, Pass.valid_until, Pass.created_at)
        .where(
            Pass.territory_id == territory.id,
            Pass.blocked.is_(False),
            is_live(now),
            or_(Pass.valid_from.is_(None), Pass.valid_from < midnight),
            or_(Pass.one_time, Pass.valid_until < now + SHORT),
        )
        .order_by(Pass.object_key, Pass.created_at.desc(), Pass.id)
    )
    return [
        id_
        for id_, plate, one_time, start, end, created in rows
        if (one_time or (end is not None and end - (start or created) < SHORT)) and plate not in inside
    ]


def passes_by_id(session: Session, ids: Iterable[str]) -> list[Pass]:
    """The passes with these ids, with their owners, in the same order."""
    wanted = list(ids)
    found = {
        row.id: row for row in session.scalars(select(Pass).options(joinedload(Pass.owner)).where(Pass.id.in_(wanted)))
    }
    return [found[id_] for id_ in wanted if id_ in found]


def inside(session: Session, territory: Territory, *, now: datetime) -> InsideNow:
    """Cars that were let in, by the gate or by hand, and not seen leaving, the latest first.

    Visits whose direction is unknown are ignored, and cars for which the barrier is known not to have opened.
    """
    read = session.scalars(
        select(GateEvent)
        .options(joinedload(GateEvent.gate))
        .where(
            GateEvent.territory_id == territory.id,
            GateEvent.placed_at > now - LOOKED_BACK,
            or_(GateEvent.decision == "open", GateEvent.body["opened"].as_string().in_(["yes", "unconfirmed"])),
            GateEvent.plate.is_not(None),
        )
        .order_by(GateEvent.placed_at.desc(), GateEvent.id.desc())
        .limit(MOST_EVENTS)
    )
    events = read.all()
    last: dict[str, str] = {}
    found = []
    for event in events:
        went = way(event)
        if event.plate is None or event.plate in last or went not in {"entry", "exit"} or not let_through(event):
            continue
        last[event.plate] = went
        if went == "entry":
            found.append(Inside(event.plate, event))
    return InsideNow(tuple(found), whole=len(events) < MOST_EVENTS)


def is_told(session: Session, territory: Territory) -> bool:
    """Whether any gate has told of a lane by which cars come in: without one, who is inside is unknown and not nobody."""
    found = session.scalars(select(Gate).where(Gate.territory_id == territory.id))
    return any(lane.direction == "entry" for gate in found for lane in lanes(gate))
