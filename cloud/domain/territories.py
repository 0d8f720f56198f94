"""Territories and their members."""

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
from cloud.domain import addressed, day_counts, visit_order
from cloud.domain.errors import Invalid
from cloud.domain.objects import object_key
from cloud.domain.passes import end_passes_of

DEFAULT_ZONE = "Europe/Moscow"
MOST_ACCOUNTS_PER_OBJECT = 10
MOST_LISTED = 500
DEFAULT_PASSES_PER_OBJECT, DEFAULT_LONGEST_DAYS, DEFAULT_FILINGS_PER_HOUR = 30, 366, 60
"""Limits of a new territory; its manager may change or remove each."""
MOST_TERRITORIES = 50
"""Territories that one account may manage: a bound against abuse, not a business rule."""


def read_code(typed: str) -> str:
    """Parse a territory code, typed or pasted, into its stored form `123-456`."""
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
    """Change the time zone. The territory's days then begin at other moments, so its visits are counted again."""
    if zone != territory.timezone:
        visit_order.hold(session, [territory.id])
        territory.timezone = zone
        day_counts.recount(session, territory)
        addressed.look_anew(session, Membership.territory_id == territory.id, now=utc_now())


def by_code(session: Session, code: str) -> Territory:
    territory = session.scalar(select(Territory).where(Territory.code == code))
    if territory is None:
        raise Invalid("code", "Территории с таким кодом нет. Уточните код у управляющего.")
    if territory.closed_at is not None:
        raise Invalid("code", "Эта территория закрыта, подключиться к ней нельзя.")
    return territory


def demand_room(session: Session, account: Account) -> None:
    """Raises `Invalid` if somebody already manages as many territories as allowed."""
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
    """A new territory managed by `account`. `code`: one reserved for it, otherwise any that is free here."""
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
    """A random code, free or not."""
    number = secrets.randbelow(1_000_000)
    return f"{number // 1000:03}-{number % 1000:03}"


def is_here(session: Session, code: str) -> bool:
    """Whether this cell has a territory with that code, open or closed."""
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
    """The territories an account belongs to or asked to join, ordered by name."""
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
    """Memberships in `state`, ordered by object and name; `text` is part of a name, an object or an address."""
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
    """Ask to join; a repeated request replaces the earlier one."""
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
    """Accept a person as `role` of an object, or change both for a member."""
    if row.state not in {MemberState.REQUESTED, MemberState.ACCEPTED}:
        raise Invalid("", "Этот запрос уже закрыт.")
    if row.role == Role.MANAGER:
        role = Role.MANAGER  # this role can only be handed over, not edited away
    elif role == Role.MANAGER:
        raise Invalid("role", "Выберите роль: Резидент или Оператор.")
    if row.object_key != object_key(label):
        row.household = False  # it was a choice about the people of another object
    key = object_key(label)
    # The territory row is the lock: two managers who accept at once must not both see nine.
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
    """Lock managers until the commit: if two leave at once, neither may count on the other to stay."""
    for territory_id in sorted(territory_ids):
        session.execute(select(Territory.id).where(Territory.id == territory_id).with_for_update())


def managers_of(session: Session, territory: Territory) -> list[Membership]:
    """The managers, with their accounts and territory, in the order in which they came."""
    return list(
        session.scalars(
            select(Membership)
            .options(joinedload(Membership.account), joinedload(Membership.territory))
            .where(
                Membership.territory_id == territory.id,
                Membership.role == Role.MANAGER,
                Membership.state == MemberState.ACCEPTED,
            )
            .order_by(Membership.id)
        )
    )


def managers_to_tell(session: Session, territory: Territory) -> list[Membership]:
    """The managers who want to be told of requests to join."""
    return [row for row in managers_of(session, territory) if row.tell_joining]


def end(session: Session, row: Membership, state: MemberState, *, now: datetime) -> None:
    """End a membership (left or removed) and with it the person's passes. The last manager cannot leave."""
    keep_managers(session, [row.territory_id])
    if row.role == Role.MANAGER and row.state == MemberState.ACCEPTED and managers(session, row.territory_id) < 2:
        raise Invalid("", "Сначала передайте управление территорией другому участнику.")
    row.state, row.decided_at, row.role = state, now, Role.RESIDENT
    end_passes_of(session, row.territory_id, row.account_id, now=now)


def promote(row: Membership) -> None:
    """Make a member an additional manager."""
    if row.state != MemberState.ACCEPTED:
        raise Invalid("", "Управление можно передать только участнику территории.")
    row.role = Role.MANAGER


def demote(session: Session, row: Membership) -> None:
    """Make a manager a resident again, unless it is the last one."""
    keep_managers(session, [row.territory_id])
    if row.role == Role.MANAGER and managers(session, row.territory_id) < 2:
        raise Invalid("", "Сначала передайте управление территорией другому участнику.")
    row.role = Role.RESIDENT


def hand_over(old: Membership, new: Membership) -> None:
    """Make `new` the manager; `old` stays a resident."""
    if new.state != MemberState.ACCEPTED or new.territory_id != old.territory_id or new.id == old.id:
        raise Invalid("", "Управление можно передать только участнику территории.")
    new.role, old.role = Role.MANAGER, Role.RESIDENT
