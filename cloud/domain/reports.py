"""Counting the journal: by day, by object, by reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cloud.db.models import GateEvent, Territory

MOST_DAYS, DAYS_AT_FIRST = 366, 30
MOST_ROWS = 2000


class By(StrEnum):
    """What the rows of a report are."""

    DAY = "day"
    OBJECT = "object"
    REASON = "reason"


@dataclass(frozen=True, slots=True)
class Row:
    """`name` is a day (ISO), an object's label, or a reason; empty = none was told."""

    name: str
    opened: int
    refused: int

    @property
    def total(self) -> int:
        return self.opened + self.refused


def bounds(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """The days of a report: as asked, in order, at most a year; the last thirty without a wish."""
    last = last or today
    first = first or last - timedelta(days=DAYS_AT_FIRST - 1)
    first, last = min(first, last), max(first, last)
    return max(first, last - timedelta(days=MOST_DAYS - 1)), last


def report(session: Session, territory: Territory, by: By, first: date, last: date) -> list[Row]:
    """The rows of a report: days in their order, others by how much there was."""
    zone = ZoneInfo(territory.timezone)
    if by is By.DAY:
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return [_row(day.isoformat(), _counts(session, territory, day, day, zone, None).get(None, {})) for day in days]
    column = GateEvent.object_label if by is By.OBJECT else GateEvent.reason
    counts = _counts(session, territory, first, last, zone, column)
    rows = [_row(name or "", found) for name, found in counts.items()]
    return sorted((row for row in rows if row.total), key=lambda row: (-row.total, row.name))[:MOST_ROWS]


def _counts(
    session: Session, territory: Territory, first: date, last: date, zone: ZoneInfo, column: object | None
) -> dict[str | None, dict[str | None, int]]:
    where = (
        GateEvent.territory_id == territory.id,
        GateEvent.placed_at >= datetime.combine(first, time(), zone),
        GateEvent.placed_at < datetime.combine(last + timedelta(days=1), time(), zone),
    )
    found: dict[str | None, dict[str | None, int]] = {}
    if column is None:
        days = select(GateEvent.decision, func.count()).where(*where).group_by(GateEvent.decision)
        return {None: {row[0]: row[1] for row in session.execute(days)}}
    grouped = select(column, GateEvent.decision, func.count()).where(*where).group_by(column, GateEvent.decision)  # type: ignore[call-overload]
    for name, decision, count in session.execute(grouped):
        found.setdefault(name, {})[decision] = count
    return found


def _row(name: str, counts: dict[str | None, int]) -> Row:
    return Row(name, counts.get("open", 0), counts.get("refuse", 0))
