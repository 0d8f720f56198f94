"""A manager's brake on updates: while it is on, the gates of the manager's territories are offered no release (ADR 90).

It does not control rollouts: those span all territories and belong to the portal's operator. It only opts a manager's own
territories out.
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
"""The newest live rollouts are shown. At most one is live per Python version and machine type."""


@dataclass(frozen=True, slots=True)
class RolloutShown:
    """A live rollout as a manager of some of its gates sees it. Other people's gates show only through its course."""

    id: int
    release: str
    machine: str
    course: Course
    rings: int
    changed_at: datetime
    verdicts: Mapping[Verdict, int]
    """Number of the manager's own gates per verdict, among those given the release. Forgiven gates are counted as well."""


@dataclass(frozen=True, slots=True)
class Updates:
    """The live rollouts, and how many of the manager's territories have the brake on."""

    rollouts: tuple[RolloutShown, ...]
    stopped: int
    territories: int


def look(session: Session, account_id: int, *, now: datetime) -> Updates:
    """What an account sees. It shows stored courses and decides nothing: a course is as old as its `changed_at`."""
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
    """A territory with the brake on: its gates get no updates."""

    code: str
    since: datetime
    gates: int


def held(session: Session) -> tuple[Held, ...]:
    """Every territory that has gates and the brake on, ordered by code."""
    rows = session.execute(
        select(Territory.code, Territory.updates_stopped_at, func.count(Gate.id))
        .join(Gate, Gate.territory_id == Territory.id)
        .where(Territory.updates_stopped_at.is_not(None))
        .group_by(Territory.id)
        .order_by(Territory.code)
    )
    return tuple(Held(code, since, gates) for code, since, gates in rows if since is not None)


def stop(session: Session, account: Account, *, now: datetime, address: str = "") -> int:
    """Puts the brake on for every territory that the account manages. Returns for how many it was not on before.

    A gate drops an update that it is downloading or holding for a quiet minute. An update on trial runs to its end.
    """
    found = [place for place in _places(session, account.id) if place.updates_stopped_at is None]
    for place in found:
        place.updates_stopped_at = now
        audit.record(session, "updates-stopped", actor=account, territory=place, address=address)
    return len(found)


def let_go(session: Session, account: Account, *, address: str = "") -> int:
    """Releases the brake for every territory that the account manages. Returns for how many it was on."""
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
