"""Counting the journal: by day, by object, by reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from cloud.db.models import GateEvent, Territory
from cloud.domain import day_counts

MOST_DAYS, DAYS_AT_FIRST = 366, 30
MOST_ROWS = 2000


class By(StrEnum):
    """What the rows of a report stand for."""

    DAY = "day"
    OBJECT = "object"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Row:
    """`name` is a day (ISO), an object's label, or a reason; empty = none given."""

    name: str
    opened: int
    refused: int

    @property
    def total(self) -> int:
        return self.opened + self.refused


def bounds(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The days of a report: as requested, in order, at most a year; by default the last thirty."""
    last = last or today
    first = first or last - timedelta(days=DAYS_AT_FIRST - 1)
    first, last = min(first, last), max(first, last)
    return max(first, last - timedelta(days=MOST_DAYS - 1)), last


def known_days(session: Session, territory: Territory, *, now: datetime) -> tuple[date, date]:
    """The first and last day of which the journal can tell: begun, none of it deleted yet, and not to come."""
    zone = ZoneInfo(territory.timezone)
    today, begun = now.astimezone(zone).date(), territory.created_at.astimezone(zone).date()
    begun = min(begun, day_counts.earliest(session, territory) or begun)
    return max(begun, today - timedelta(days=territory.retention_days - 1)), today


def report(
    session: Session, territory: Territory, by: By, first: date, last: date, *, known: tuple[date, date]
) -> list[Row]:
    """The rows of a report: the known days in order, other rows by number of visits. A day without a row is no zero."""
    if by is By.DAY:
        first, last = max(first, known[0]), min(last, known[1])
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        found = day_counts.of(session, territory, first, last)
        return [_row(day.isoformat(), found.get(day, {})) for day in days]
    column = GateEvent.object_label if by is By.OBJECT else GateEvent.reason
    counts = _counts(session, territory, first, last, column)
    rows = [_row(name or "", found) for name, found in counts.items()]
    return sorted((row for row in rows if row.total), key=lambda row: (-row.total, row.name))[:MOST_ROWS]


def _counts(
    session: Session, territory: Territory, first: date, last: date, column: InstrumentedAttribute[str | None]
) -> dict[str | None, dict[str, int]]:
    zone = ZoneInfo(territory.timezone)
    where = (
        GateEvent.territory_id == territory.id,
        GateEvent.placed_at >= datetime.combine(first, time(), zone),
        GateEvent.placed_at < datetime.combine(last + timedelta(days=1), time(), zone),
    )
    found: dict[str | None, dict[str, int]] = {}
    grouped = select(column, GateEvent.decision, func.count()).where(*where).group_by(column, GateEvent.decision)
    for name, decision, count in session.execute(grouped):
        found.setdefault(name, {})[decision or ""] = count
    return found


def _row(name: str, counts: dict[str, int]) -> Row:
    return Row(name, counts.get("open", 0), counts.get("refuse", 0))
