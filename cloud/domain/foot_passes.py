"""Guests on foot: announced by residents; the guard marks arrivals (ADR 121). None of it reaches a gate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, FootPass, Membership, MemberState, Territory
from cloud.domain import passes
from cloud.domain.errors import Invalid
from cloud.domain.invitations import read_days
from cloud.domain.objects import object_key
from cloud.domain.periods import Period

LONGEST_NAMES = 300
MOST_PEOPLE = 100
MOST_OPEN = 30
"""How many one person may have open in a territory."""
PAGE = 200
"""Rows of one page; the figures count all."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked form."""

    names: str
    people: int
    period: Period
    note: str
    digits: str = ""
    """Of a car whose plate is not known; empty = on foot."""


def read_form(
    territory: Territory, *, names: str, people: str, day: str, days: str, note: str, now: datetime
) -> Wanted:
    """Parse the form. Raises `Invalid`."""
    who = " ".join(names.split())
    if not 1 <= len(who) <= LONGEST_NAMES or not who.isprintable():
        raise Invalid("names", "Напишите, кто придёт, не длиннее {n} знаков.", n=LONGEST_NAMES)
    period = read_days(territory, day, days, now=now)
    return Wanted(who, read_people(people or "1"), period, passes.read_note(note))


def read_people(typed: str, *, most: int = MOST_PEOPLE) -> int:
    if not typed.strip().isdecimal() or not 1 <= int(typed) <= most:
        raise Invalid("people", "Введите число от {low} до {high}.", low=1, high=most)
    return int(typed)


def file(
    session: Session, territory: Territory, wanted: Wanted, *, owner: Account, label: str, now: datetime
) -> FootPass:
    """Announce guests; the same ones twice (a double click) count once. Raises `Invalid`."""
    assert wanted.period.start is not None
    assert wanted.period.end is not None
    session.execute(select(Territory.id).where(Territory.id == territory.id).with_for_update())
    mine = live(territory, now=now).where(FootPass.owner_id == owner.id)
    rows = list(session.scalars(mine))
    for row in rows:
        told = (row.names, row.people, row.valid_from, row.valid_until)
        if told == (wanted.names, wanted.people, wanted.period.start, wanted.period.end):
            return row
    passes.check_open(territory)
    if len(rows) >= MOST_OPEN:
        raise Invalid("", "Ожидаемых гостей может быть не больше {n} записей. Уберите лишние.", n=MOST_OPEN)
    passes.check_haste(session, territory, owner, now=now)
    row = FootPass(
        territory_id=territory.id, owner_id=owner.id, names=wanted.names, people=wanted.people,
        valid_from=wanted.period.start, valid_until=wanted.period.end, object_label=label,
        object_key=object_key(label), note=wanted.note, digits=wanted.digits, created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def live(territory: Territory, *, now: datetime) -> Select[FootPass]:
    """Those in force or upcoming, of people who still belong to the territory."""
    return (
        select(FootPass)
        .join(
            Membership,
            (Membership.account_id == FootPass.owner_id) & (Membership.territory_id == FootPass.territory_id),
        )
        .options(joinedload(FootPass.owner))
        .where(
            FootPass.territory_id == territory.id,
            FootPass.ended_at.is_(None),
            FootPass.valid_until > now,
            Membership.state == MemberState.ACCEPTED,
        )
    )


def of_owner(session: Session, territory: Territory, owner: Account, *, now: datetime) -> list[FootPass]:
    query = live(territory, now=now).where(FootPass.owner_id == owner.id).order_by(FootPass.valid_from, FootPass.id)
    return list(session.scalars(query))


@dataclass(frozen=True, slots=True)
class Expected:
    """One page of those expected, and how many there are altogether."""

    rows: list[FootPass]
    total: int


def expected(session: Session, territory: Territory, *, now: datetime, text: str = "", start: int = 0) -> Expected:
    """Guests expected today, by object, from row `start` on; with `text`, any in force whose names or object have it."""
    query = live(territory, now=now)
    if text:
        key = object_key(text)
        like = func.lower(FootPass.names).contains(text.lower(), autoescape=True)
        query = query.where(or_(like, FootPass.object_key.contains(key)) if key else like)
    else:
        query = query.where(FootPass.valid_from < day_of(territory, now) + timedelta(days=1))
    total = session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    rows = session.scalars(query.order_by(FootPass.object_key, FootPass.id).offset(start).limit(PAGE))
    return Expected(list(rows), total)


def day_of(territory: Territory, now: datetime) -> datetime:
    """Midnight at the start of the territory's day of `now`."""
    zone = ZoneInfo(territory.timezone)
    return datetime.combine(now.astimezone(zone).date(), time(), zone)


def came_today(row: FootPass, territory: Territory, *, now: datetime) -> int:
    """How many have come today; a pass for three days expects its guests on each of them."""
    return row.came if row.came_at is not None and row.came_at >= day_of(territory, now) else 0


def find(session: Session, territory: Territory, number: str) -> FootPass | None:
    row = session.get(FootPass, int(number)) if number.isdecimal() and len(number) < 10 else None
    return row if row is not None and row.territory_id == territory.id else None


def mark(row: FootPass, territory: Territory, people: int, *, now: datetime) -> None:
    """The guard lets `people` more in. Raises `Invalid`: expired, not yet valid, or more than announced."""
    if row.ended_at is not None or not row.valid_from <= now < row.valid_until:
        raise Invalid("", "Сегодня этих гостей не ждут.")
    here = came_today(row, territory, now=now)
    if here + people > row.people:
        raise Invalid("", "Ожидали {n}, больше отметить нельзя.", n=row.people)
    row.came, row.came_at = here + people, now


def unmark(row: FootPass) -> None:
    row.came, row.came_at = 0, None


def end(row: FootPass, *, now: datetime) -> None:
    row.ended_at = row.ended_at or now


def forget(session: Session, territory_id: int, *, before: datetime) -> None:
    """Delete announcements that ended before `before`."""
    session.execute(delete(FootPass).where(FootPass.territory_id == territory_id, FootPass.valid_until < before))
