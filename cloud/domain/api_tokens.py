"""Tokens for other programs: made by a manager, for one territory, scoped, for a year, revocable at once (ADR 99)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from cloud.db.models import Account, ApiToken, Membership, MemberState, Role, Scope, Territory
from cloud.domain.errors import Invalid
from cloud.domain.tokens import new_token, token_hash

LASTS = timedelta(days=365)
MOST_TOKENS = 20
SEEN_EVERY = timedelta(minutes=5)


def of(session: Session, territory: Territory) -> list[ApiToken]:
    query = select(ApiToken).options(joinedload(ApiToken.made_by)).where(ApiToken.territory_id == territory.id)
    return list(session.scalars(query.order_by(ApiToken.id.desc()).limit(2 * MOST_TOKENS)))


def find(session: Session, territory: Territory, number: str) -> ApiToken | None:
    row = session.get(ApiToken, int(number)) if number.isdecimal() and len(number) < 10 else None
    return row if row is not None and row.territory_id == territory.id else None


def issue(
    session: Session, territory: Territory, name: str, scopes: Collection[Scope], *, by: Account, now: datetime
) -> tuple[ApiToken, str]:
    """A new token; its text is shown only this once."""
    name = " ".join(name.split())
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise Invalid("name", "Введите название: чья это программа.")
    if not scopes:
        raise Invalid("", "Выберите, что программе можно.")
    live = (ApiToken.territory_id == territory.id) & ApiToken.revoked_at.is_(None) & (ApiToken.expires_at > now)
    if (session.scalar(select(func.count()).select_from(ApiToken).where(live)) or 0) >= MOST_TOKENS:
        raise Invalid("", "Ключей может быть не больше {n}. Отзовите лишние.", n=MOST_TOKENS)
    token = new_token()
    row = ApiToken(
        territory_id=territory.id, made_by_id=by.id, name=name, token_hash=token_hash(token),
        scopes=" ".join(scope for scope in Scope if scope in scopes), created_at=now, expires_at=now + LASTS,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row, token


def revoke(row: ApiToken, *, now: datetime) -> None:
    row.revoked_at = row.revoked_at or now


def holder(session: Session, token: str, *, now: datetime) -> ApiToken | None:
    """The token if it is valid: not revoked, not expired, and its maker still manages the territory."""
    return session.scalar(
        select(ApiToken)
        .join(
            Membership,
            (Membership.account_id == ApiToken.made_by_id) & (Membership.territory_id == ApiToken.territory_id),
        )
        .options(joinedload(ApiToken.territory), joinedload(ApiToken.made_by))
        .where(
            ApiToken.token_hash == token_hash(token),
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
            Membership.state == MemberState.ACCEPTED,
            Membership.role == Role.MANAGER,
        )
    )


def seen(session: Session, token_id: int, *, now: datetime) -> None:
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=now))
