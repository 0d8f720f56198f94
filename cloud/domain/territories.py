"""Territories and who belongs to them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from cloud import push
from cloud.db.models import Account, Departure, Membership, MemberState, Role, Territory, utc_now
from cloud.domain import day_counts, quiet, visit_order
from cloud.domain.errors import Invalid
from cloud.domain.objects import object_key
from cloud.domain.passes import end_passes_of

DEFAULT_ZONE = "Europe/Moscow"
MOST_ACCOUNTS_PER_OBJECT = 10
MOST_LISTED = 500
DEFAULT_PASSES_PER_OBJECT, DEFAULT_LONGEST_DAYS, DEFAULT_FILINGS_PER_HOUR = 30, 366, 60
"""What a new territory begins with; its manager may set any of them otherwise, or none."""
MOST_TERRITORIES = 50
"""Territories one account may manage: a bound against abuse, not a business rule."""


def read_code(typed: str) -> str:
    """A territory code as it is stored, `123-456`, from what a person typed or pasted."""
    digits = re.sub(r"[\s\-\u2010-\u2015.]", "", typed)
    if not re.fullmatch("[0-9]{6}", digits):
        raise Invalid("code", "Код территории состоит из шести цифр, например 123-456.")
    return f"{digits[:3]}-{digits[3:]}"


def read_territory_name(typed: str) -> str:
    name = " ".join(typed.split())
    if not 2 <= len(name) <= 120 or not name.isprintable():
        raise Invalid("name", "Введите название территории.")
    return name


def read_zone(typed: str) -> str:
    try:
        ZoneInfo(typed)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("timezone", "Выберите часовой пояс.") from None
    return typed


def change_zone(session: Session, territory: Territory, zone: str) -> None:
    """The days of a territory begin at other moments from here on: its visits are counted anew."""
    if zone != territory.timezone:
        visit_order.hold(session, [territory.id])
        territory.timezone = zone
        day_counts.recount(session, territory)
        quiet.look_anew(session, territory=territory, now=utc_now())


def by_code(session: Session, code: str) -> Territory:
    territory = session.scalar(select(Territory).where(Territory.code == code))
    if territory is None:
        raise Invalid("code", "Территории с таким кодом нет. Уточните код у управляющего.")
    if territory.closed_at is not None:
        raise Invalid("code", "Эта территория закрыта, подключиться к ней нельзя.")
    return territory


def demand_room(session: Session, account: Account) -> None:
    """Raises `Invalid` when somebody manages as many territories as they may."""
    managed = session.scalar(
        select(func.count()).where(
            Membership.account_id == account.id,
            Membership.role == Role.MANAGER,
            Membership.state == MemberState.ACCEPTED,
        )
    )
    if (managed or 0) >= MOST_TERRITORIES:
        raise Invalid("", "Вы управляете слишком многими территориями.")


def create(session: Session, *, name: str, zone: str, account: Account, now: datetime, code: str = "") -> Territory:
    """A new territory whose manager is `account`; `code`: one that was claimed for it, else any that is free here."""
    demand_room(session, account)
    territory = Territory(
        code=code or _free_code(session),
        name=name,
        timezone=zone,
        created_at=now,
        pass_epoch=push.new_epoch(),
        passes_per_object=DEFAULT_PASSES_PER_OBJECT,
        longest_period_days=DEFAULT_LONGEST_DAYS,
        filings_per_hour=DEFAULT_FILINGS_PER_HOUR,
    )
    session.add(territory)
    session.flush()
    session.add(
        Membership(
            account_id=account.id,
            territory_id=territory.id,
            role=Role.MANAGER,
            state=MemberState.ACCEPTED,
            requested_at=now,
            decided_at=now,
        )
    )
    return territory


def draw_code() -> str:
    """Any code, whether somebody has it or not."""
    number = secrets.randbelow(1_000_000)
    return f"{number // 1000:03}-{number % 1000:03}"


def is_here(session: Session, code: str) -> bool:
    """Whether this cell has a territory of that code, open or closed."""
    return session.scalar(select(Territory.id).where(Territory.code == code)) is not None


def _free_code(session: Session) -> str:
    while True:
        code = draw_code()
        if not is_here(session, code) and session.get(Departure, code) is None:
            return code


def membership(session: Session, account: Account, territory: Territory) -> Membership | None:
    return session.scalar(
        select(Membership).where(Membership.account_id == account.id, Membership.territory_id == territory.id)
    )


def memberships_of(session: Session, account: Account) -> list[Membership]:
    """Where an account belongs or asked to belong, by the name of the territory."""
    return list(
        session.scalars(
            select(Membership)
            .join(Membership.territory)
            .options(joinedload(Membership.territory))
            .where(
                Membership.account_id == account.id,
                Membership.state.in_((MemberState.ACCEPTED, MemberState.REQUESTED, MemberState.ANNULLED)),
            )
            .order_by(Territory.name, Territory.id)
        )
    )


def members(
    session: Session,
    territory: Territory,
    state: MemberState,
    *,
    text: str = "",
    skip: int = 0,
    most: int = MOST_LISTED,
) -> list[Membership]:
    """Memberships in `state` by object and name; `text` is part of a name, an object or an address."""
    query = (
        select(Membership)
        .join(Membership.account)
        .options(joinedload(Membership.account))
        .where(Membership.territory_id == territory.id, Membership.state == state)
        .order_by(Membership.object_key, Account.name, Membership.id)
        .offset(skip)
        .limit(most)
    )
    if text:
        columns = (Account.name, Account.email, Membership.object_label)
        query = query.where(or_(*(column.icontains(text, autoescape=True) for column in columns)))
    return list(session.scalars(query))


def count_members(session: Session, territory: Territory) -> int:
    query = select(func.count()).where(
        Membership.territory_id == territory.id, Membership.state == MemberState.ACCEPTED
    )
    return session.scalar(query) or 0


def request(session: Session, account: Account, territory: Territory, label: str, *, now: datetime) -> Membership:
    """Ask to join; asking again changes what was asked."""
    row = membership(session, account, territory)
    if row is not None and row.state == MemberState.ACCEPTED:
        raise Invalid("code", "Вы уже подключены к этой территории.")
    if row is None:
        row = Membership(account_id=account.id, territory_id=territory.id)
        session.add(row)
    row.state, row.role, row.decided_at, row.requested_at = MemberState.REQUESTED, Role.RESIDENT, None, now
    row.object_label, row.object_key, row.household = label, object_key(label), False
    return row


def accept(session: Session, row: Membership, *, role: Role, label: str, now: datetime) -> None:
    """Let a person in as `role` of an object, or change both for one who is in."""
    if row.state not in {MemberState.REQUESTED, MemberState.ACCEPTED}:
        raise Invalid("", "Этот запрос уже закрыт.")
    if row.role == Role.MANAGER:
        role = Role.MANAGER  # managing is handed over, not edited away
    elif role == Role.MANAGER:
        raise Invalid("role", "Выберите роль: Резидент или Оператор.")
    if row.object_key != object_key(label):
        row.household = False  # it was chosen for the people of another object
    key = object_key(label)
    # The territory row is the lock: two managers accepting at once must not both see nine.
    session.execute(select(Territory.id).where(Territory.id == row.territory_id).with_for_update())
    others = session.scalar(
        select(func.count()).where(
            Membership.territory_id == row.territory_id,
            Membership.object_key == key,
            Membership.state == MemberState.ACCEPTED,
            Membership.id != row.id,
        )
    )
    if key and (others or 0) >= MOST_ACCOUNTS_PER_OBJECT:
        raise Invalid(
            "object",
            "Идентификатор объекта уже назначен {n} пользователям, больше нельзя.",
            n=MOST_ACCOUNTS_PER_OBJECT,
        )
    row.state, row.role, row.decided_at = MemberState.ACCEPTED, role, now
    row.object_label, row.object_key = label, key


def annul(row: Membership, *, now: datetime) -> None:
    if row.state != MemberState.REQUESTED:
        raise Invalid("", "Этот запрос уже закрыт.")
    row.state, row.decided_at = MemberState.ANNULLED, now


def managers(session: Session, territory_id: int) -> int:
    return (
        session.scalar(
            select(func.count()).where(
                Membership.territory_id == territory_id,
                Membership.role == Role.MANAGER,
                Membership.state == MemberState.ACCEPTED,
            )
        )
        or 0
    )


def keep_managers(session: Session, territory_ids: Iterable[int]) -> None:
    """Until the commit nobody else ends a manager there: two who go at once must not both count the other."""
    for territory_id in sorted(territory_ids):
        session.execute(select(Territory.id).where(Territory.id == territory_id).with_for_update())


def managers_of(session: Session, territory: Territory) -> list[Membership]:
    """The managers, with whom they are."""
    return list(
        session.scalars(
            select(Membership)
            .options(joinedload(Membership.account), joinedload(Membership.territory))
            .where(
                Membership.territory_id == territory.id,
                Membership.role == Role.MANAGER,
                Membership.state == MemberState.ACCEPTED,
            )
        )
    )


def managers_to_tell(session: Session, territory: Territory) -> list[Membership]:
    """Those who want to hear of requests to join."""
    return [row for row in managers_of(session, territory) if row.tell_joining]


def end(session: Session, row: Membership, state: MemberState, *, now: datetime) -> None:
    """End a membership (left or removed) and the person's passes with it; the last manager stays."""
    keep_managers(session, [row.territory_id])
    if row.role == Role.MANAGER and row.state == MemberState.ACCEPTED and managers(session, row.territory_id) < 2:
        raise Invalid("", "Сначала передайте управление территорией другому участнику.")
    row.state, row.decided_at, row.role = state, now, Role.RESIDENT
    end_passes_of(session, row.territory_id, row.account_id, now=now)


def promote(row: Membership) -> None:
    """Make a member one more manager."""
    if row.state != MemberState.ACCEPTED:
        raise Invalid("", "Управление можно передать только участнику территории.")
    row.role = Role.MANAGER


def demote(session: Session, row: Membership) -> None:
    """Make a manager a resident again; the last one stays."""
    keep_managers(session, [row.territory_id])
    if row.role == Role.MANAGER and managers(session, row.territory_id) < 2:
        raise Invalid("", "Сначала передайте управление территорией другому участнику.")
    row.role = Role.RESIDENT


def hand_over(old: Membership, new: Membership) -> None:
    """Make `new` the manager; `old` stays a resident."""
    if new.state != MemberState.ACCEPTED or new.territory_id != old.territory_id or new.id == old.id:
        raise Invalid("", "Управление можно передать только участнику территории.")
    new.role, old.role = Role.MANAGER, Role.RESIDENT
