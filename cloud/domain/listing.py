"""Finds passes for lists: newest first, page by page."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, Pass, Territory
from cloud.domain.objects import object_key
from cloud.domain.passes import find, is_live
from cloud.plates import PlateInvalid, read_plate

PAGE = 50
LOOKED_BACK, MOST_REGULARS = 200, 6


class PassState(StrEnum):
    """State of a pass now."""

    CURRENT = "current"
    UPCOMING = "upcoming"
    EXPIRED = "expired"
    ENDED = "ended"
    USED = "used"
    BLOCKED = "blocked"
    """It would be valid, but the plate is on the block list."""


@dataclass(frozen=True, slots=True)
class PassSearch:
    """What to list. `owner_ids` None = everybody's; `after` = id of the last row of the previous page."""

    owner_ids: frozenset[int] | None = None
    text: str = ""
    ended: bool = False
    blocked: bool = False
    after: str = ""


def state_of(row: Pass, *, now: datetime) -> PassState:
    if row.deleted_at is not None:
        return PassState.ENDED
    if row.used_at is not None:
        return PassState.USED
    if row.valid_until is not None and row.valid_until <= now:
        return PassState.EXPIRED
    if row.valid_from is not None and row.valid_from > now:
        return PassState.UPCOMING
    return PassState.CURRENT


@dataclass(frozen=True, slots=True)
class Regular:
    """A car for which a person has added passes before: their own, or a regular guest's."""

    plate_display: str
    note: str
    times: int


def regulars(session: Session, territory: Territory, account: Account) -> list[Regular]:
    """The cars that a person adds most often, among their recent passes; the most frequent and latest first."""
    rows = session.scalars(
        select(Pass)
        .where(Pass.territory_id == territory.id, Pass.owner_id == account.id, Pass.blocked.is_(False))
        .order_by(Pass.created_at.desc(), Pass.id.desc())
        .limit(LOOKED_BACK)
    )
    found: dict[str, Regular] = {}
    for row in rows:  # newest first: its note is the one shown
        known = found.get(row.plate)
        times = 1 if known is None else known.times + 1
        first = known or Regular(row.plate_display, row.note, 0)
        found[row.plate] = Regular(first.plate_display, first.note, times)
    return sorted(found.values(), key=lambda one: -one.times)[:MOST_REGULARS]


def find_passes(
    session: Session, territory: Territory, search: PassSearch, *, now: datetime
) -> tuple[list[Pass], bool]:
    """One page of passes, and whether there are more."""
    query = (
        select(Pass)
        .options(joinedload(Pass.owner))
        .where(
            Pass.territory_id == territory.id,
            Pass.blocked.is_(search.blocked),
            ~is_live(now) if search.ended else is_live(now),
        )
        .order_by(Pass.created_at.desc(), Pass.id.desc())
        .limit(PAGE + 1)
    )
    if search.owner_ids is not None:
        query = query.where(Pass.owner_id.in_(search.owner_ids))
    if search.text:
        matches = []
        if key := object_key(search.text):
            matches.append(Pass.object_key.contains(key, autoescape=True))
        with suppress(PlateInvalid):
            matches.append(Pass.plate.contains(read_plate(search.text).canonical, autoescape=True))
        query = query.where(or_(False, *matches))
    if search.after and (last := find(session, territory, search.after)) is not None:
        query = query.where(
            or_(Pass.created_at < last.created_at, and_(Pass.created_at == last.created_at, Pass.id < last.id))
        )
    rows = list(session.scalars(query))
    return rows[:PAGE], len(rows) > PAGE
