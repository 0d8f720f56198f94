"""Visits counted by day, in the transaction that stores or deletes them, so that counts always match lists (ADR 138).

Whoever changes a territory's visits first holds its order (`visit_order.hold`). So the counts of one day are changed by
one transaction at a time, and nobody counts with a time zone that is being changed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, cast, delete, extract, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from cloud.db.models import GateEvent, Territory, VisitDay

NO_ZONE = ZoneInfo("UTC")
QUARTER_S = 900
"""In every time zone, days begin on a quarter of an hour."""


class Standing(NamedTuple):
    """The values of a visit that are counted."""

    gate_id: int
    placed_at: datetime
    decision: str | None


def zones(session: Session, territory_ids: Iterable[int]) -> dict[int, ZoneInfo]:
    """The zones of territories, by id."""
    rows = session.execute(select(Territory.id, Territory.timezone).where(Territory.id.in_(set(territory_ids))))
    return {number: ZoneInfo(name) for number, name in rows}


def add(session: Session, visits: Iterable[tuple[int, Standing]], zones_of: Mapping[int, ZoneInfo]) -> None:
    """Count visits that have just been stored, each with its territory.

    A territory without a zone is just being deleted, and its visits with it.
    """
    here: dict[int, list[Standing]] = defaultdict(list)
    for territory_id, visit in visits:
        here[territory_id].append(visit)
    _write(session, {place: _by_day(found, zones_of.get(place, NO_ZONE)) for place, found in here.items()})


def take(session: Session, visits: Iterable[Standing], zone: ZoneInfo) -> None:
    """Remove visits that have just been deleted from the counts."""
    for (gate_id, day, decision), count in sorted(_by_day(visits, zone).items()):
        row = VisitDay.gate_id == gate_id, VisitDay.day == day, VisitDay.decision == decision
        session.execute(update(VisitDay).where(*row).values(visits=VisitDay.visits - count))
        session.execute(delete(VisitDay).where(*row, VisitDay.visits <= 0))


def recount(session: Session, territory: Territory) -> None:
    """Count all visits of a territory again, after its time zone and thus its days have changed."""
    session.execute(delete(VisitDay).where(VisitDay.territory_id == territory.id))
    quarter = _quarter(session)
    rows = session.execute(
        select(GateEvent.gate_id, quarter, GateEvent.decision, func.count())
        .where(GateEvent.territory_id == territory.id, GateEvent.decision.is_not(None))
        .group_by(GateEvent.gate_id, quarter, GateEvent.decision)
    )
    counts: Counter[tuple[int, date, str]] = Counter()
    zone = ZoneInfo(territory.timezone)
    for gate_id, number, decision, count in rows:
        begun = datetime.fromtimestamp(int(number) * QUARTER_S, UTC)
        counts[gate_id, begun.astimezone(zone).date(), decision] += count
    _write(session, {territory.id: counts})


def of(session: Session, territory: Territory, first: date, last: date) -> dict[date, dict[str, int]]:
    """Visits by day and decision; days without visits are missing."""
    rows = session.execute(
        select(VisitDay.day, VisitDay.decision, func.sum(VisitDay.visits))
        .where(VisitDay.territory_id == territory.id, VisitDay.day >= first, VisitDay.day <= last)
        .group_by(VisitDay.day, VisitDay.decision)
    )
    found: dict[date, dict[str, int]] = {}
    for day, decision, count in rows:
        found.setdefault(day, {})[decision] = int(count)
    return found


def earliest(session: Session, territory: Territory) -> date | None:
    """The first day with a counted visit."""
    day: date | None = session.scalar(select(func.min(VisitDay.day)).where(VisitDay.territory_id == territory.id))
    return day


def _by_day(visits: Iterable[Standing], zone: ZoneInfo) -> Counter[tuple[int, date, str]]:
    return Counter(
        (visit.gate_id, visit.placed_at.astimezone(zone).date(), visit.decision)
        for visit in visits
        if visit.decision is not None
    )


def _quarter(session: Session) -> ColumnElement[Any]:
    """Number of the visit's quarter hour since 1970."""
    if session.get_bind().dialect.name == "sqlite":  # it rounds to a millisecond, which may give the next day
        return cast(func.strftime("%s", func.substr(GateEvent.placed_at, 1, 19)), Integer) // QUARTER_S
    return func.floor(extract("epoch", GateEvent.placed_at) / QUARTER_S)


def _write(session: Session, counts_of: Mapping[int, Mapping[tuple[int, date, str], int]]) -> None:
    """Add counts, by territory, in one statement; rows in one order for everybody, to avoid deadlocks."""
    rows = [
        {"gate_id": gate_id, "day": day, "decision": decision, "territory_id": territory_id, "visits": count}
        for territory_id, counts in sorted(counts_of.items())
        for (gate_id, day, decision), count in sorted(counts.items())
    ]
    if not rows:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = insert(VisitDay.__table__)  # type: ignore[arg-type]  # a Table it is
    statement = statement.on_conflict_do_update(
        index_elements=["gate_id", "day", "decision"], set_={"visits": VisitDay.visits + statement.excluded.visits}
    )
    session.connection().execute(statement, rows)
