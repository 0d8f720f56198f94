"""Invitations: the host chooses when, the guest the car (ADR 98). A link is for one car and one period."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, Invitation, Membership, MemberState, Pass, Role, Territory
from cloud.domain import passes, territories
from cloud.domain.errors import Invalid
from cloud.domain.limits import Limit
from cloud.domain.periods import Period
from cloud.domain.tokens import new_token, token_hash
from cloud.plates import TypedPlate

MOST_OPEN = 20
"""How many links one person may have open in a territory."""
LENGTHS = (1, 2, 3, 7, 30)
"""Selectable lengths of an invitation, in days."""
AHEAD = timedelta(days=90)
TRIES = Limit("invitation", 20, timedelta(hours=1))
"""Plates that can be submitted to one link in an hour: people mistype one, not twenty."""
SHOWN = timedelta(days=7)
"""How long a used or revoked invitation stays on its host's page."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked form."""

    period: Period
    one_time: bool
    note: str


def read_offer(territory: Territory, day: str, days: str, *, one_time: bool, note: str, now: datetime) -> Offer:
    return Offer(read_days(territory, day, days, now=now), one_time, passes.read_note(note))


def read_days(territory: Territory, day: str, days: str, *, now: datetime) -> Period:
    """The period of `days` days from `day` on, in the territory's zone; an empty day is today."""
    zone = ZoneInfo(territory.timezone)
    today = now.astimezone(zone).date()
    try:
        first = date.fromisoformat(day.strip()) if day.strip() else today
    except ValueError:
        raise Invalid("day", "Введите дату, например 31.12.2026.") from None
    if not today <= first <= today + AHEAD:
        raise Invalid("day", "Выберите день от сегодняшнего, не дальше {n} дней вперёд.", n=AHEAD.days)
    if days not in {str(length) for length in lengths(territory)}:
        raise Invalid("days", "Выберите, на сколько дней.")
    start = datetime.combine(first, time(), zone)
    end = datetime.combine(first + timedelta(days=int(days)), time(), zone)
    return Period(start, end)


def lengths(territory: Territory) -> tuple[int, ...]:
    longest = territory.longest_period_days
    return tuple(days for days in LENGTHS if longest is None or days <= longest)


def invite(
    session: Session, territory: Territory, host: Account, offer: Offer, *, now: datetime
) -> tuple[Invitation, str]:
    """A new invitation and its token, which is stored as a hash and shown only this once."""
    passes.check_open(territory)
    session.execute(select(Territory.id).where(Territory.id == territory.id).with_for_update())
    waiting = select(func.count()).where(
        Invitation.territory_id == territory.id,
        Invitation.host_id == host.id,
        Invitation.used_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.valid_until > now,
    )
    if (session.scalar(waiting) or 0) >= MOST_OPEN:
        raise Invalid("", "Неиспользованных приглашений может быть не больше {n}. Отзовите лишние.", n=MOST_OPEN)
    assert offer.period.start is not None
    assert offer.period.end is not None
    token = new_token()
    row = Invitation(
        territory_id=territory.id, host_id=host.id, token_hash=token_hash(token), valid_from=offer.period.start,
        valid_until=offer.period.end, one_time=offer.one_time, note=offer.note, created_at=now,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row, token


def find(session: Session, territory: Territory, host: Account, invitation_id: str) -> Invitation | None:
    """An invitation of this host, by id."""
    number = int(invitation_id) if invitation_id.isdecimal() and len(invitation_id) < 10 else 0
    row = session.get(Invitation, number)
    return row if row is not None and (row.territory_id, row.host_id) == (territory.id, host.id) else None


def of_host(
    session: Session, territory: Territory, host: Account, *, now: datetime
) -> list[tuple[Invitation, Pass | None]]:
    """A host's open and recent invitations, newest first, each with its pass."""
    rows = session.execute(
        select(Invitation, Pass)
        .outerjoin(Pass, Pass.id == Invitation.pass_id)
        .where(
            Invitation.territory_id == territory.id,
            Invitation.host_id == host.id,
            Invitation.valid_until > now - SHOWN,
        )
        .order_by(Invitation.id.desc())
        .limit(3 * MOST_OPEN)
    )
    return [(row[0], row[1]) for row in rows]


def revoke(row: Invitation, *, now: datetime) -> None:
    """Revoke an unused link. The pass of a used one is ended like any other."""
    if row.used_at is None and row.revoked_at is None:
        row.revoked_at = now


def open_link(session: Session, token: str, *, now: datetime, lock: bool = False) -> Invitation | None:
    """The invitation of a link, unless it has expired, was revoked, or its host is no longer a member."""
    query = (
        select(Invitation)
        .options(joinedload(Invitation.territory), joinedload(Invitation.host))
        .where(Invitation.token_hash == token_hash(token))
    )
    row = session.scalar(query.with_for_update(of=Invitation) if lock else query)
    if row is None or row.revoked_at is not None or row.valid_until <= now:
        return None
    member = territories.membership(session, row.host, row.territory)
    return row if member is not None and member.state == MemberState.ACCEPTED else None


def accept(session: Session, row: Invitation, plate: TypedPlate, *, now: datetime) -> Pass:
    """Add the guest's car in the host's name and within the host's limits; the link is then used up.

    Raises:
        Invalid: it was used before, or a limit of the host is reached.
    """
    if row.used_at is not None:
        raise Invalid("", "По этой ссылке автомобиль уже внесён.")
    member: Membership | None = territories.membership(session, row.host, row.territory)
    assert member is not None
    wanted = passes.PassRequest(
        plate, Period(row.valid_from, row.valid_until), row.one_time, member.object_label, row.note
    )
    limited = member.role != Role.MANAGER
    filed = passes.file(session, row.territory, wanted, owner=row.host, filed_by=row.host, limited=limited, now=now)
    session.flush()
    row.used_at, row.pass_id = now, filed.id
    return filed


def sweep(session: Session, *, now: datetime, moving: Collection[int] = ()) -> None:
    """Delete expired invitations, except in territories that are `moving`."""
    over = Invitation.valid_until < now - SHOWN, Invitation.territory_id.not_in(moving)
    session.execute(delete(Invitation).where(*over))
