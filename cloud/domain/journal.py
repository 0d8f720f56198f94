"""Searching the journal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, or_, select, tuple_
from sqlalchemy.orm import Session, joinedload

from cloud.db.engine import Database
from cloud.db.models import EventNote, GateEvent, Pass, Territory
from cloud.domain import day_counts
from cloud.plates import MAX_TYPED, PlateInvalid, read_plate

PAGE = 50
LIKE_SIGNS = re.compile("[%_/]")
EXPORT_PAGE = 500
CHART_DAYS = 30


@dataclass(frozen=True, slots=True)
class Search:
    """Search criteria; empty = anything. `before` = id and time of the last row of the previous page."""

    plate: str = ""
    object_text: str = ""
    reason: str = ""
    decision: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """One column of the chart."""

    day: date
    opened: int
    refused: int


def _query(territory: Territory, search: Search, zone: ZoneInfo) -> Select[Any]:
    query = (
        select(GateEvent)
        .options(joinedload(GateEvent.gate))
        .where(GateEvent.territory_id == territory.id)
        .order_by(GateEvent.placed_at.desc(), GateEvent.id.desc())
    )
    if search.plate:
        query = query.where(GateEvent.plate.contains(_plate_part(search.plate), autoescape=True))
    if search.object_text:
        # ILIKE can use the trigram index; `icontains` compares the result of lower(), which cannot.
        part = LIKE_SIGNS.sub(r"/\g<0>", search.object_text)
        query = query.where(GateEvent.object_label.ilike(f"%{part}%", escape="/"))
    if search.reason:
        query = query.where(GateEvent.reason == search.reason)
    if search.decision:
        query = query.where(GateEvent.decision == search.decision)
    if search.first is not None:
        query = query.where(GateEvent.placed_at >= datetime.combine(search.first, time(), zone))
    if search.last is not None:
        query = query.where(GateEvent.placed_at < datetime.combine(search.last + timedelta(days=1), time(), zone))
    return query


def _plate_part(typed: str) -> str:
    """Part of a plate in its comparable form; text that occurs on no plate finds nothing."""
    try:
        return read_plate(typed[:MAX_TYPED]).canonical
    except PlateInvalid:
        return typed[:MAX_TYPED].upper() if typed.isalnum() else "\N{REPLACEMENT CHARACTER}"


def find_events(
    session: Session, territory: Territory, search: Search, zone: ZoneInfo, *, most: int = PAGE
) -> tuple[list[GateEvent], bool]:
    """One page of the journal, newest first, and whether there are more rows."""
    query = _query(territory, search, zone).limit(most + 1)
    if search.before is not None and (last := find(session, territory, str(search.before))) is not None:
        query = query.where(
            or_(
                GateEvent.placed_at < last.placed_at, (GateEvent.placed_at == last.placed_at) & (GateEvent.id < last.id)
            )
        )
    rows = list(session.scalars(query))
    return rows[:most], len(rows) > most


def finds_more_than(session: Session, territory: Territory, search: Search, zone: ZoneInfo, rows: int) -> bool:
    """Whether a search finds more than `rows`; it reads no more rows than needed to tell."""
    found = _query(territory, search, zone).with_only_columns(GateEvent.id).limit(rows + 1)
    return (session.scalar(select(func.count()).select_from(found.subquery())) or 0) > rows


def all_events(database: Database, territory: Territory, search: Search, zone: ZoneInfo) -> Iterator[list[GateEvent]]:
    """Everything that a search finds, newest first, page by page, each page in its own transaction.

    However long the client takes, no transaction stays open and only one page is in memory.
    """
    last: GateEvent | None = None
    while True:
        query = _query(territory, search, zone).limit(EXPORT_PAGE)
        if last is not None:
            query = query.where(tuple_(GateEvent.placed_at, GateEvent.id) < (last.placed_at, last.id))
        with database.read() as session:
            rows = list(session.scalars(query))
        if rows:
            yield rows
        if len(rows) < EXPORT_PAGE:
            return
        last = rows[-1]


def newest(session: Session, territory: Territory, *, most: int) -> list[GateEvent]:
    return list(
        session.scalars(
            select(GateEvent)
            .options(joinedload(GateEvent.gate))
            .where(GateEvent.territory_id == territory.id)
            .order_by(GateEvent.placed_at.desc(), GateEvent.id.desc())
            .limit(most)
        )
    )


def last_refused(session: Session, territory: Territory) -> GateEvent | None:
    """The last car that was refused: the one that stands at the barrier now."""
    return session.scalar(
        select(GateEvent)
        .where(GateEvent.territory_id == territory.id, GateEvent.decision == "refuse")
        .order_by(GateEvent.placed_at.desc(), GateEvent.id.desc())
        .limit(1)
    )


def find(session: Session, territory: Territory, event_id: str) -> GateEvent | None:
    row = session.get(GateEvent, int(event_id)) if event_id.isdecimal() and len(event_id) < 19 else None
    return row if row is not None and row.territory_id == territory.id else None


def notes(session: Session, event: GateEvent) -> list[EventNote]:
    return list(session.scalars(select(EventNote).where(EventNote.event_id == event.id).order_by(EventNote.id)))


def passes_of(session: Session, events: Sequence[GateEvent]) -> dict[str, Pass]:
    """The passes that the events refer to, by id, with their owners."""
    wanted = {event.pass_id for event in events if event.pass_id is not None}
    if not wanted:
        return {}
    territory_ids = {event.territory_id for event in events}
    rows = session.scalars(
        select(Pass).options(joinedload(Pass.owner)).where(Pass.id.in_(wanted), Pass.territory_id.in_(territory_ids))
    )
    return {row.id: row for row in rows}


def per_day(session: Session, territory: Territory, zone: ZoneInfo, *, now: datetime) -> list[Day]:
    """Openings and refusals of the last days."""
    today = now.astimezone(zone).date()
    days = [today - timedelta(days=back) for back in range(CHART_DAYS - 1, -1, -1)]
    counts = day_counts.of(session, territory, days[0], days[-1])
    return [Day(day, counts.get(day, {}).get("open", 0), counts.get(day, {}).get("refuse", 0)) for day in days]
