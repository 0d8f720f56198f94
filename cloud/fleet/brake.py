"""A manager's own brake on updates: while it is on, a release on its way is given to no gate of their territories (ADR 90).

It steers no rollout, which concerns all territories and belongs to whoever keeps the portal; it only says no for one's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, Gate, Membership, Rollout, RolloutGate, Territory
from cloud.domain import audit
from cloud.fleet.overview import managed_by
from cloud.fleet.rings import Course, Verdict, verdict
from cloud.fleet.rollouts import LIVE, course_of, rings_of, rules_of, seen_as

MOST_SHOWN = 5
"""Live rollouts on the page, the newest; there is one for each Python and machine."""


@dataclass(frozen=True, slots=True)
class RolloutShown:
    """One release on its way, as the manager of some of its gates sees it. Other people's gates are only in its course."""

    id: int
    release: str
    machine: str
    course: Course
    rings: int
    changed_at: datetime
    verdicts: Mapping[Verdict, int]
    """On the manager's own gates that were given it; what a person has forgiven counts as it was."""


@dataclass(frozen=True, slots=True)
class Updates:
    """What is on its way, and of how many of the manager's territories the brake is on."""

    rollouts: tuple[RolloutShown, ...]
    stopped: int
    territories: int


def look(session: Session, account_id: int, *, now: datetime) -> Updates:
    """As an account sees it. Nothing is decided here: a course is as old as its `changed_at`."""
    places = _places(session, account_id)
    rows = session.scalars(
        select(Rollout)
        .options(joinedload(Rollout.release))
        .where(Rollout.phase.in_(LIVE))
        .order_by(Rollout.id.desc())
        .limit(MOST_SHOWN)
    )
    shown = tuple(_shown(session, row, account_id, now=now) for row in rows) if places else ()
    return Updates(shown, sum(place.updates_stopped_at is not None for place in places), len(places))


@dataclass(frozen=True, slots=True)
class Held:
    """One territory whose gates get no updates while its managers' brake is on."""

    code: str
    since: datetime
    gates: int


def held(session: Session) -> tuple[Held, ...]:
    """Every territory with a brake on that has gates, by its code."""
    rows = session.execute(
        select(Territory.code, Territory.updates_stopped_at, func.count(Gate.id))
        .join(Gate, Gate.territory_id == Territory.id)
        .where(Territory.updates_stopped_at.is_not(None))
        .group_by(Territory.id)
        .order_by(Territory.code)
    )
    return tuple(Held(code, since, gates) for code, since, gates in rows if since is not None)


def stop(session: Session, account: Account, *, now: datetime, address: str = "") -> int:
    """Give nothing more to the gates of every territory that the account manages; of how many that is new.

    What is being fetched or waits for a quiet minute is dropped by the gate; what is tried at this moment ends by itself.
    """
    found = [place for place in _places(session, account.id) if place.updates_stopped_at is None]
    for place in found:
        place.updates_stopped_at = now
        audit.record(session, "updates-stopped", actor=account, territory=place, address=address)
    return len(found)


def let_go(session: Session, account: Account, *, address: str = "") -> int:
    """Updates may come again; of how many territories that is new."""
    found = [place for place in _places(session, account.id) if place.updates_stopped_at is not None]
    for place in found:
        place.updates_stopped_at = None
        audit.record(session, "updates-let-go", actor=account, territory=place, address=address)
    return len(found)


def _places(session: Session, account_id: int) -> list[Territory]:
    query = select(Territory).join(Membership, Membership.territory_id == Territory.id).where(*managed_by(account_id))
    return list(session.scalars(query.order_by(Territory.id)))


def _shown(session: Session, row: Rollout, account_id: int, *, now: datetime) -> RolloutShown:
    own = session.scalars(
        select(RolloutGate)
        .join(Gate, Gate.id == RolloutGate.gate_id)
        .join(Membership, Membership.territory_id == Gate.territory_id)
        .where(RolloutGate.rollout_id == row.id, *managed_by(account_id))
    )
    rules = rules_of(row)
    counted = Counter(verdict(seen_as(one), rules, now=now) for one in own)
    return RolloutShown(
        id=row.id,
        release=row.release.name,
        machine=row.release.machine,
        course=course_of(row),
        rings=len(rings_of(row)),
        changed_at=row.changed_at,
        verdicts={one: counted[one] for one in Verdict if counted[one]},
    )
