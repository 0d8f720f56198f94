"""«Не пускать ко мне»: a resident refuses a car. It ends their passes for it and prevents new ones.

It is not a ban: others may still have the same car as a guest. Only the manager can ban a plate for everybody.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, Membership, MemberState, Pass, Territory, Unwelcome
from cloud.domain.errors import Invalid
from cloud.domain.passes import bury, is_live
from cloud.plates import TypedPlate

MOST_UNWELCOME = 100


def of(session: Session, territory: Territory, account: Account) -> list[Unwelcome]:
    mine = (Unwelcome.territory_id == territory.id) & (Unwelcome.account_id == account.id)
    return list(session.scalars(select(Unwelcome).where(mine).order_by(Unwelcome.id.desc())))


def find(session: Session, territory: Territory, account: Account, number: str) -> Unwelcome | None:
    """A person's own refusal, by id."""
    row = session.get(Unwelcome, int(number)) if number.isdecimal() and len(number) < 10 else None
    return row if row is not None and (row.territory_id, row.account_id) == (territory.id, account.id) else None


def declare(
    session: Session, territory: Territory, account: Account, plate: TypedPlate, note: str, *, now: datetime
) -> None:
    """Refuse a car; the person's passes for it end. Repeating it changes nothing."""
    mine = (Unwelcome.territory_id == territory.id) & (Unwelcome.account_id == account.id)
    if (session.scalar(select(func.count()).select_from(Unwelcome).where(mine)) or 0) >= MOST_UNWELCOME:
        raise Invalid("", "Таких автомобилей может быть не больше {n}.", n=MOST_UNWELCOME)
    row = session.scalar(select(Unwelcome).where(mine, Unwelcome.plate == plate.canonical))
    if row is None:
        row = Unwelcome(territory_id=territory.id, account_id=account.id, plate=plate.canonical, created_at=now)
        session.add(row)
    row.plate_display, row.note = plate.display, note
    theirs = select(Pass).where(
        Pass.territory_id == territory.id, Pass.owner_id == account.id, Pass.plate == plate.canonical, is_live(now)
    )
    bury(session, territory.id, list(session.scalars(theirs)), now=now)


def who_refuses(session: Session, territory: Territory, plate: str) -> list[Membership]:
    """The members who refuse this car as a visitor: for the guard."""
    return list(
        session.scalars(
            select(Membership)
            .join(
                Unwelcome,
                (Unwelcome.account_id == Membership.account_id) & (Unwelcome.territory_id == Membership.territory_id),
            )
            .options(joinedload(Membership.account))
            .where(
                Membership.territory_id == territory.id,
                Membership.state == MemberState.ACCEPTED,
                Unwelcome.plate == plate,
            )
            .order_by(Membership.id)
            .limit(5)
        )
    )
