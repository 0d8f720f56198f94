"""Finding passes for the lists: newest first, a page at a time."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Pass, Territory
from cloud.domain.objects import object_key
from cloud.domain.passes import find, is_live
from cloud.plates import PlateInvalid, read_plate

PAGE = 50


class PassState(StrEnum):
    """What a pass is worth now."""

    CURRENT = "current"
    UPCOMING = "upcoming"
    EXPIRED = "expired"
    ENDED = "ended"
    USED = "used"
    BLOCKED = "blocked"
    """It would hold, but the plate is on the block list."""


@dataclass(frozen=True, slots=True)
class PassSearch:
    """What to list. `owner_id` None = everybody's; `after` = id of the last row of the page before."""

    owner_id: int | None = None
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
    if search.owner_id is not None:
        query = query.where(Pass.owner_id == search.owner_id)
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
