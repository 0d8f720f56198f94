"""The owner of a pass added by a manager: found by name or object, never guessed among several."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, Membership, MemberState, Territory
from cloud.domain import territories
from cloud.domain.errors import Invalid

MOST_CANDIDATES = 20
BETWEEN = " · "


def label_of(row: Membership) -> str:
    """A member's label in the search field: name and object."""
    return f"{row.account.name}{BETWEEN}{row.object_label}" if row.object_label else row.account.name


def candidates(session: Session, territory: Territory, text: str) -> list[Membership]:
    """The members that `text` may mean, at most one more than are shown. A complete label means exactly its members."""
    text = " ".join(text.split())
    name, between, label = text.rpartition(BETWEEN)
    exact = select(Membership).join(Membership.account).options(joinedload(Membership.account))
    exact = exact.where(Membership.territory_id == territory.id, Membership.state == MemberState.ACCEPTED)
    if between:
        exact = exact.where(Account.name == name, Membership.object_label == label)
    else:
        exact = exact.where(Account.name == text)
    if rows := list(session.scalars(exact.order_by(Membership.id).limit(MOST_CANDIDATES + 1))):
        return rows
    return territories.members(session, territory, MemberState.ACCEPTED, text=text, most=MOST_CANDIDATES + 1)


def resolve(session: Session, territory: Territory, text: str, chosen: str) -> Membership:
    """The one member that `text` means, or the `chosen` one (an account's id) of several.

    Raises:
        Invalid: there is none, or there are several and none of them was chosen.
    """
    if not text.strip():
        row = _by_id(session, territory, chosen)
        if row is None:
            raise Invalid("owner_text", "Такого участника нет. Введите имя или объект.")
        return row
    rows = candidates(session, territory, text)
    if not rows:
        raise Invalid("owner_text", "Такого участника нет. Введите имя или объект.")
    for row in rows:
        if len(rows) == 1 or str(row.account_id) == chosen:
            return row
    if len(rows) > MOST_CANDIDATES:
        raise Invalid("owner_text", "Нашлось больше {n} участников. Уточните имя или объект.", n=MOST_CANDIDATES)
    raise Invalid("owner_text", "Нашлось несколько участников. Выберите, для кого заявка.")


def _by_id(session: Session, territory: Territory, chosen: str) -> Membership | None:
    if not chosen.isdecimal() or len(chosen) > 9:
        return None
    return session.scalar(
        select(Membership)
        .options(joinedload(Membership.account))
        .where(
            Membership.territory_id == territory.id,
            Membership.account_id == int(chosen),
            Membership.state == MemberState.ACCEPTED,
        )
    )
